"""README and docs/: their commands compose, their links lead somewhere, their examples run as printed."""

import json
import re
import shlex
import tomllib

import pytest

from lga.config.compose import compose
from lga.config.frozen_run import freeze
from lga.results.scales import MEANINGS
from lga.run.build import build_network
from lga.run.fine_tuning import load_weights
from lga.system.errors import UserError
from tests.run.cells import ROOT, run_py

README = ROOT / "README.md"
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for path in (
        README,
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / name for name in ("CONTRIBUTING.md", "CHANGELOG.md", "experiments/README.md")),
    )
}
CONFIG = re.compile(r"```yaml\n(# conf/(\S+)\n.*?)```", re.DOTALL)
COMMANDS = [
    pytest.param(command, id=f"{name}: {command}")
    for name, text in PAGES.items()
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    for command in re.findall(
        r"^\$ \S*python run\.py (.*?)(?:\s+#.*)?$", block.replace("\\\n", ""), re.MULTILINE
    )
    if "hydra/sweeper=" not in command  # of a plugin that need not be installed
]
LINES, COLUMNS = 150, 120


def fenced(language: str, name: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGES[name], re.DOTALL)


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.*)", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.fixture(scope="module")
def conf(tmp_path_factory):
    """A folder of configs with those that the pages print."""
    folder = tmp_path_factory.mktemp("own") / "conf"
    for text, path in (found for page in PAGES.values() for found in CONFIG.findall(page)):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder


def test_the_readme_is_short():
    assert len(PAGES["README.md"].splitlines()) <= LINES


@pytest.mark.parametrize("name", PAGES)
def test_lines_fit_the_screen(name):
    """But for rows of tables, which cannot be broken."""
    lines = [line for line in PAGES[name].splitlines() if not line.startswith("|")]
    assert [line for line in lines if len(line) > COLUMNS] == []


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name):
    """To a file of the repository and, where they name one, a heading; `../../` is the repository's host."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", PAGES[name], flags=re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    for link in links:
        if link.startswith(("http", "../../actions")):
            continue
        path, _, anchor = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text()), link


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_compose(command, conf):
    words = [word for word in shlex.split(command) if word not in ("-m", "--help", "--json", "--cfg", "job")]
    sweep = command.startswith("-m ")
    split = [
        [word]
        if not sweep or "[" in word
        else [f"{word.split('=')[0]}={one}" for one in word.split("=", 1)[1].split(",")]
        for word in words
    ]
    for turn in range(max(map(len, split), default=1)):
        overrides = [values[turn % len(values)] for values in split]
        compose([f"hydra.searchpath=[file://{conf}]", *overrides])


def test_every_make_target_exists():
    rules = re.findall(r"^([a-z0-9%-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    patterns = [re.compile(rule.replace("%", "[a-z0-9_]+")) for rule in rules]
    for name, text in PAGES.items():
        for target in re.findall(r"(?:^\$ |`)make\s+([a-z][\w-]*\w)(?![-<\w])", text, re.MULTILINE):
            assert any(pattern.fullmatch(target) for pattern in patterns), f"{name}: {target}"


def test_the_block_works_in_a_plain_torch_model():
    names: dict = {}
    for example in fenced("python", "docs/block.md"):
        exec(compile(example, "docs/block.md", "exec"), names)
    assert names["block"](names["features"]).shape == (2, 128, 20, 20)
    assert names["model"](names["torch"].zeros(1, 3, 64, 64)).shape == (1, 1000)
    assert type(names["trainer"].callbacks[0]).__name__ == "InstrumentsCallback"


def test_weights_of_another_attention_are_taken_without_it(tmp_path, monkeypatch):
    (example,) = fenced("python", "docs/your_data.md")
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "docs/your_data.md", "exec"), {})
    whole, heads = f"weights={ROOT}/experiments/weights/digit_scenes", "backbone.lga_heads.classification=6"
    for attention in "se", "lga":
        with pytest.raises(UserError, match="not of this backbone"):
            started(attention, whole)
    names = started("se", "weights=rest.pt")
    assert {name.split(".")[0] for name in names} == {"backbone"}
    assert {name.split(".")[1] for name in started("lga", whole, heads) - names} == {"attention"}


def started(attention: str, *overrides: str) -> set[str]:
    """The names of the weights that a classifier starts from."""
    cfg = freeze(compose(["dataset=digits", f"attention={attention}", *overrides])).cfg
    return set(load_weights(build_network(cfg), cfg))


def test_an_attention_is_added_by_one_file_and_one_yaml(tmp_path, conf):
    """The worked example, written outside of the tree, is described and trained."""
    (module,) = (code for code in fenced("python", "docs/your_block.md") if code.startswith("# mean_gate.py"))
    assert module.split("\n", 1)[1] in (ROOT / "examples" / "mean_gate.py").read_text()
    (tmp_path / "mean_gate.py").write_text(module)
    arguments = [
        "attention=mean_gate",
        f"hydra.searchpath=[file://{conf}]",
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


def test_scales_mean_what_the_code_says():
    written = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGES["docs/verdicts.md"], re.MULTILINE))
    assert written == dict(MEANINGS)


def test_the_badge_names_the_pythons_that_are_supported():
    supported = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    assert supported == ">=3.11,<3.14"
    assert ">3.11 to 3.13<" in (ROOT / "docs" / "pictures" / "python.svg").read_text()
