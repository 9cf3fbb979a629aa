"""The examples of docs/python.md, the README and the notebook, run as printed, in one folder in turn."""

import json
import re
import shutil
import sys

import cv2
import numpy as np
import pytest

import lga
from lga.library import frames, reproduction
from lga.run.folder.record import read_record
from tests.run.cells import ROOT

DOCUMENT = (ROOT / "docs" / "python.md").read_text()
EXAMPLES = dict(re.findall(r"^## ([^\n]+)\n+```python\n(.*?)```", DOCUMENT, re.DOTALL | re.MULTILINE))


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("documents")
    shutil.copy(ROOT / "examples" / "mean_gate.py", folder)
    (folder / "outputs").mkdir()
    cv2.imwrite(str(folder / "digit.png"), np.zeros((8, 8), np.uint8))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(frames, "find_spec", lambda _: None)  # with pandas or without, dicts
        patch.syspath_prepend(str(folder))
        patch.setenv("LGA_OUTPUT_DIR", str(folder / "outputs"))
        yield folder
        sys.modules.pop("mean_gate", None)


def run(heading: str) -> dict:
    lines = [line for line in EXAMPLES[heading].splitlines() if line.strip()]
    assert len(lines) <= 10
    names: dict = {}
    exec(compile(EXAMPLES[heading], f"docs/python.md: {heading}", "exec"), names)
    return names


def test_train_load_predict(folder):
    names = run("Train, load, predict")
    assert names["run"].score == names["run"].record.metrics["top1"]
    probabilities = names["prediction"].probabilities
    assert list(probabilities) == list("0123456789")
    assert sum(probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert cv2.imread("prediction.png").shape[1] == 480
    assert folder in names["run"].folder.resolve().parents


def test_compare_attentions(folder, capsys):
    names = run("Compare attentions, one of them your own")
    rows = names["rows"]
    assert [(row["attention"], row["seeds"]) for row in rows] == [("none", 3), ("lga", 3), ("MeanGate", 3)]
    base, gate = rows[0], rows[2]
    assert base["gain"] is None
    assert gate["gain"] == pytest.approx(gate["top1"] - base["top1"])
    assert gate["gain_low"] <= gate["gain"] <= gate["gain_high"]
    assert gate["parameters"] == base["parameters"] + 2 * 24
    assert "Handwritten digits, MobileNetV3, 15 epochs, smoke runs: " in capsys.readouterr().out
    assert (folder / "gains.png").stat().st_size > 1000


def test_the_readme(folder, capsys):
    (folder / "gains.png").unlink(missing_ok=True)
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    names: dict = {}
    exec(compile(example, "README.md", "exec"), names)
    assert names["features"].shape == (2, 128, 20, 20)
    assert {group.attention for group in names["found"].comparison.groups} == {"none", "se", "lga"}
    assert "Handwritten digits, MobileNetV3, 15 epochs, smoke runs: No attention" in capsys.readouterr().out
    assert (folder / "gains.png").stat().st_size > 1000


def test_the_notebook(folder):
    """Its code cells in their order; what is kept in it shows the frame and the picture, and is small."""
    cells = json.loads((ROOT / "examples" / "compare_attentions.ipynb").read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    names: dict = {}
    for number, source in enumerate(code):
        exec(compile(source, f"cell {number}", "exec"), names)
    assert [row["attention"] for row in names["rows"]] == ["none", "lga", "MeanGate"]
    assert (folder / "outputs" / "gains.png").stat().st_size > 1000
    shown = [list(output.get("data", {})) for cell in cells for output in cell.get("outputs", ())]
    assert ["image/png", "text/plain"] in [sorted(kinds) for kinds in shown]
    assert (ROOT / "examples" / "compare_attentions.ipynb").stat().st_size < 50_000


def test_insert(capsys):
    run("A block in a network of your own")
    assert "torch.Size([2, 1000])" in capsys.readouterr().out


def test_runs_and_published_rows():
    """Of the examples before: each example can be run alone, so what is here is trained by it."""
    run("Train, load, predict")
    names = run("List runs and published numbers")
    assert names["best"].score == max(row["score"] for row in names["rows"])
    assert {row["dataset"] for row in names["rows"]} == {"digits"}
    assert len(names["table2"]) == 30
    assert names["table2"][0]["map50"] > 0


def test_reproduce():
    """No data of table 1 is here."""
    names = run("Reproduce a table")
    assert names["reproduced"].status == 1
    assert names["rows"] == []


def test_reproduce_gives_ours_beside_the_published(monkeypatch):
    def swept(*_):
        for attention in ("none", "lga"):
            lga.train(dataset="digits", attention=attention, seed=1, trainer="smoke")
        return 0

    monkeypatch.setattr(reproduction, "_sweep", swept)
    chosen = ["attention=none,lga", "dataset=digits", "backbone=mobilenetv3"]
    found = lga.reproduce("embedded", 1, "smoke", overrides=chosen)
    rows = [row for row in found.frame() if row["seeds"]]
    assert [row["attention"] for row in rows] == ["none", "lga"]
    assert all(row["scale"] == "smoke" and row["published"] is None for row in rows)
    assert [path.name for path in found.pages] == ["README.md"]


def test_search_settings():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    assert len(run("Search settings")["study"].trials) == 2


def test_records_of_own_blocks_name_them(folder):
    found = [read_record(path) for path in (folder / "outputs").glob("runs/digits/*/MeanGate/*/result.json")]
    assert {record.config["attention"]["block"]["_target_"] for record in found} == {"mean_gate.MeanGate"}
