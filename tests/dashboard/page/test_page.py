"""The page as text and data: nothing to load, nothing to break out of, every number from the records."""

import base64
import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lga.dashboard.page import render
from lga.dashboard.page.judged import read_all_kept
from lga.dashboard.page.payload import payload
from lga.dashboard.page.render import as_inline_json
from lga.results.collect import Collection, collect
from lga.run.folder.record import write_record
from scripts import tables
from tests.dashboard.page.conftest import GENERATED
from tests.results.made_records import leave_grid, leave_run, made_record

ROOT = Path(__file__).parents[3]


def data_of(root):
    return payload(collect(root / "runs"), root, GENERATED)


def test_inline_json_cannot_end_its_element_and_reads_back():
    data = {"</script>": ["<!--", "a & b", "\u2028", "ß"]}
    text = as_inline_json(data)
    assert not set("<>&") & set(text)
    assert json.loads(text) == data


def test_page_names_no_address_and_no_inline_handler(tmp_path):
    leave_grid(tmp_path / "runs", seeds=1)
    text = render(data_of(tmp_path))
    found = set(re.findall(r"https?://[^\s\")`]+", text))
    names = {name for name in found if name.startswith("http://www.w3.org/")}  # of XML, not addresses
    assert found - names == {"https://jfly.uni-koeln.de/color/"}
    assert not re.search(r"<[^>]+\son\w+=", text.split("<script")[0])


def test_policy_allows_exactly_the_inlined_style_and_script(tmp_path):
    leave_grid(tmp_path / "runs", seeds=1)
    text = render(data_of(tmp_path))
    for tag, directive in (("style>", "style-src"), ('script type="module">', "script-src")):
        inlined = text.split(f"<{tag}")[1].split("</")[0]
        expected = base64.b64encode(hashlib.sha256(inlined.encode()).digest()).decode()
        assert f"{directive} 'sha256-{expected}'" in text


def test_links_are_relative_quoted_and_exist(tmp_path):
    record = made_record()
    cell = record.cell.model_copy(update={"dataset": "javascript:alert(1) #?"})
    leave_run(tmp_path / "runs", record.model_copy(update={"cell": cell}))
    data = data_of(tmp_path)
    (run,) = data["runs"]
    assert [name for name, _ in data["files"][run["files"]]] == ["config.yaml", "result.json", "metrics.csv"]
    assert run["path"].startswith("runs/javascript%3Aalert%281%29%20%23%3F/mobilenetv3/none/seed0-")
    assert run["path"].endswith("/")


def test_equal_settings_stand_once(tmp_path):
    leave_grid(tmp_path / "runs", seeds=3)
    data = data_of(tmp_path)
    assert len(data["settings"]) == len({tuple(pair) for pair in data["settings"]})
    shown = dict(data["settings"][position] for position in data["runs"][0]["config"])
    assert (shown["seed"], shown["attention.name"], shown["recipe.setting_1"]) == ("0", "none", "0.125")


def test_attentions_start_with_the_baseline_and_the_paper(tmp_path):
    leave_grid(tmp_path / "runs", seeds=1)
    assert data_of(tmp_path)["attentions"] == ["none", "lga", "lga_as_written", "cbam", "eca", "se"]


def test_a_broken_history_is_reported_and_its_run_stays(tmp_path):
    folder = leave_run(tmp_path / "runs", made_record())
    (folder / "metrics.csv").write_text("epoch,val/top1\n1,high\n")
    data = data_of(tmp_path)
    assert data["runs"][0]["curves"] is None
    assert data["problems"][0]["path"].endswith("metrics.csv")


def test_command_line_writes_the_page(tmp_path):
    leave_grid(tmp_path / "runs", seeds=1)
    (tmp_path / "runs" / "broken").mkdir()
    (tmp_path / "runs" / "broken" / "result.json").write_text("{")
    page = tmp_path / "new" / "dashboard.html"
    command = [
        sys.executable,
        "scripts/make_dashboard.py",
        "--runs",
        str(tmp_path / "runs"),
        "--out",
        str(page),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert "6 runs" in done.stdout
    assert "left out: " in done.stderr
    assert page.read_text().startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["make_dashboard.py"], "{folder}/dashboard.html: 1 run,"),
        (["show_table.py"], "digits, elsewhere, scale embedded"),
    ],
)
def test_commands_look_where_runs_were_left(tmp_path, command, message):
    leave_run(tmp_path / "runs", made_record(backbone="elsewhere"))
    done = subprocess.run(
        [sys.executable, f"scripts/{command[0]}", *command[1:]],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "LGA_OUTPUT_DIR": str(tmp_path)},
    )
    assert message.format(folder=tmp_path) in done.stdout


def test_tables_look_where_runs_were_left(tmp_path, monkeypatch, capsys):
    leave_run(tmp_path / "runs", made_record())
    monkeypatch.setenv("LGA_OUTPUT_DIR", str(tmp_path))
    monkeypatch.setattr(tables, "judge_kept", dict)  # of all experiments: minutes
    monkeypatch.setattr(tables, "write_changed", lambda files: ())
    monkeypatch.setattr(sys, "argv", ["tables.py", "table1"])
    assert tables.main() == 0
    assert f"{tmp_path}/tables/table1/README.md" in capsys.readouterr().out


def test_kept_records_join_the_runs_unless_they_are_theirs(tmp_path):
    folder = leave_run(tmp_path / "runs", made_record(seed=1))
    records = tmp_path / "experiments" / "table1" / "records"
    records.mkdir(parents=True)
    (records / "same.json").write_bytes((folder / "result.json").read_bytes())
    write_record(records / "other.json", made_record(seed=2))
    page = tmp_path / "dashboard.html"
    command = [sys.executable, "scripts/make_dashboard.py", "--runs", str(tmp_path / "runs")]
    command += ["--out", str(page), "--kept", str(tmp_path / "experiments")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert "0 runs, 2 kept records" in done.stdout
    assert '"path":"experiments/table1/records/other.json"' in page.read_text()
    assert '"path":"experiments/table1/records/same.json"' not in page.read_text()  # it has its own folder


def test_before_any_run_the_page_opens_on_the_first_kept_study_of_three_seeds(tmp_path):
    kept = {
        "table1_short": ("table1_short", 2),
        "ablations": ("ablation_alpha", 5),
        "embedded": ("embedded", 3),
        "beyond": (None, 5),
    }
    for page, (group, seeds) in kept.items():
        (records := tmp_path / "experiments" / page / "records").mkdir(parents=True)
        for attention, seed in itertools.product(("none", "lga"), range(seeds)):
            record = made_record(attention=attention, seed=seed, backbone=page, group=group)
            write_record(records / f"{attention}{seed}.json", record)
    data = payload(
        Collection(tmp_path, (), ()), tmp_path, GENERATED, kept=read_all_kept(tmp_path / "experiments")
    )
    assert data["sweep"]["group"] == "Ten attentions on the embedded digits"
    assert [data["comparisons"][n]["network"] for n in data["sweep"]["comparisons"]] == ["embedded"]
    command = [sys.executable, ROOT / "scripts" / "make_dashboard.py", "--kept", "experiments"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "outputs/dashboard.html: 0 runs, 30 kept records\n"


@pytest.mark.parametrize("script", ["make_dashboard.py", "show_table.py"])
def test_command_lines_say_in_one_line_that_there_are_no_runs(tmp_path, script):
    command = [sys.executable, f"scripts/{script}", "--runs", str(tmp_path / "none")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_tables_need_no_torch():
    modules = "import sys, lga.dashboard.page, lga.results.reports.terminal"
    code = f"{modules}; sys.exit(not {{'torch', 'scipy'}}.isdisjoint(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_records_of_published_sets_are_judged_without_torch():
    """As `make tables` does; the commands that plan load it only when their arguments are right."""
    code = """
import sys
import scripts.plan, scripts.reproduce
from lga.results.experiments import chosen_pages
from lga.results.reports.committed import read_kept
from lga.results.judging import judge_together
(page,) = chosen_pages("table1_short")
assert any(results.ran for results in judge_together(page.experiments, read_kept(page.folder)))
sys.exit("torch" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
