"""The README's own examples, run as printed there."""

import json
import re

from tests.run.cells import ROOT, run_py

README = (ROOT / "README.md").read_text()


def fenced(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def test_the_block_works_in_a_plain_torch_model():
    example = next(code for code in fenced("python") if "LocalGlobalAttention" in code)
    names = {}
    exec(compile(example, "README.md", "exec"), names)
    assert names["block"](names["features"]).shape == (2, 128, 20, 20)


def test_an_attention_is_added_by_one_file_and_one_yaml(tmp_path):
    """The worked example, written outside of the tree, is described and trained."""
    module = next(code for code in fenced("python") if code.startswith("# mean_gate.py"))
    config = next(code for code in fenced("yaml") if code.startswith("# conf/attention/mean_gate.yaml"))
    (tmp_path / "mean_gate.py").write_text(module)
    (tmp_path / "conf" / "attention").mkdir(parents=True)
    (tmp_path / "conf" / "attention" / "mean_gate.yaml").write_text(config)
    arguments = [
        "attention=mean_gate",
        f"hydra.searchpath=[file://{tmp_path / 'conf'}]",
        f"paths.output_dir={tmp_path / 'outputs'}",
        "logger=csv",
        "trainer=smoke",
    ]
    environment = {"PYTHONPATH": str(tmp_path)}
    described = run_py("mode=describe", "--json", *arguments, env=environment)
    assert described.returncode == 0, described.stderr
    assert json.loads(described.stdout.splitlines()[-1])["attention_parameters"] == 2 * 24
    trained = run_py(*arguments, env=environment)
    assert trained.returncode == 0, trained.stderr


def test_every_make_target_of_the_readme_exists():
    rules = re.findall(r"^([a-z0-9%-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    patterns = [re.compile(rule.replace("%", "[a-z0-9]+")) for rule in rules]
    for target in set(re.findall(r"make ([a-z][a-z0-9-]+)", README)) - {"sure"}:
        assert any(pattern.fullmatch(target) for pattern in patterns), target
