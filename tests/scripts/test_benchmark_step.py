"""`scripts/benchmark.py step`: which revision and which images it takes; what it measures is not tested."""

import runpy
import subprocess
import sys

import pytest

from lga.data.classification.mnist import FashionMNISTReader
from tests.run.cells import ROOT

STEP = ROOT / "scripts" / "benchmarks" / "step.py"


@pytest.mark.parametrize("revision", ["no-such-commit", "--force"])
def test_a_revision_that_is_not_there_is_one_line(revision):
    command = [sys.executable, str(STEP), f"--against={revision}"]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert finished.returncode == 1
    assert finished.stderr.startswith(f"error: --against {revision}: ")
    assert finished.stderr.count("\n") == 1


def test_random_images_are_made_where_there_are_none(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("LGA_DATA_DIR", str(tmp_path / "none"))
    step = runpy.run_path(str(STEP))
    made = step["fashion_mnist"](tmp_path / "made")
    assert "random images" in capsys.readouterr().out
    splits = FashionMNISTReader(made, verify=False)()
    assert splits.train.images.shape == (55_000, 28, 28)
    assert splits.test.labels.bincount().tolist() == [1000] * 10
    monkeypatch.setenv("LGA_DATA_DIR", str(made))
    assert step["fashion_mnist"](tmp_path / "unused") == made
    assert not (tmp_path / "unused").exists()
