"""`scripts/benchmark.py gpu` at toy sizes, with torch and numpy alone; what it measures is not tested."""

import re
import runpy
import sys

import pytest
import torch

from tests.run.cells import ROOT

GPU = ROOT / "scripts" / "benchmarks" / "gpu.py"
HIDDEN = (
    "hydra", "omegaconf", "pytorch_lightning", "lightning_fabric", "torchmetrics", "torchvision", "cv2",
    "PIL", "timm", "pydantic", "scipy", "wandb", "msgspec", "rich", "requests", "sklearn", "yaml",
)  # fmt: skip
RATES = r"ResNet18 +(lga|none) +(plain|ours|graphs) +[\d,.]+ images/s +[\d,]+ operators, \d+ reads"


def run(monkeypatch, capsys, *arguments):
    monkeypatch.setattr(sys, "argv", [str(GPU), *arguments])
    runpy.run_path(str(GPU), run_name="__main__")
    return capsys.readouterr().out


@pytest.fixture
def torch_and_numpy_alone(monkeypatch):
    """What else is installed cannot be imported, and the project is imported anew."""
    for name in list(sys.modules):
        if name.split(".")[0] in ("lga", "scripts"):
            monkeypatch.delitem(sys.modules, name)
    parts = [name for name in sys.modules if name.split(".")[0] in HIDDEN]  # of earlier tests
    for name in (*HIDDEN, *parts):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.usefixtures("torch_and_numpy_alone")
def test_all_of_it_runs_on_the_processor(monkeypatch, capsys):
    out = run(monkeypatch, capsys, "--dry")
    assert "failed" not in out
    assert len(re.findall(RATES, out)) == 6  # two attentions, plain and ours; bfloat16; compiled
    assert re.search(r"C=24, batch 2, 6 x 6 +literal [\d.]+, [\d.]+; collapsed [\d.]+, [\d.]+; compiled", out)
    assert re.search(r"affine +[\d,]+ images/s", out)
    assert re.search(r"paper: left out, .*torchvision", out)
    assert [float(error) for error in re.findall(r"(?:C=24|loss) +(\S+?e-\d\d)", out)] == pytest.approx(
        [0, 0], abs=1e-4
    )


def test_loaders_that_need_more_are_timed_where_there_is_more(capsys):
    gpu = runpy.run_path(str(GPU))
    setup = gpu["Setup"](torch.device("cpu"), image=64, batch=2, seconds=0.0, rounds=1)
    gpu["time_loaders"](setup, gpu["Clock"](1))
    assert len(re.findall(r"(?:affine|paper|mosaic) +[\d,]+ images/s", capsys.readouterr().out)) == 3


def test_it_stops_at_the_end_of_its_time(monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    clock = runpy.run_path(str(GPU))["Clock"](0.5)
    assert clock.has(10, "this")
    assert not clock.has(60, "that")
    assert re.fullmatch(r"  that: left out, (29|30) s are left\n", capsys.readouterr().out)


def test_without_a_gpu_it_says_so(monkeypatch, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert run(monkeypatch, capsys) == (
        "left out: PyTorch finds no GPU here; --dry runs it on the processor at toy sizes\n"
    )


def test_what_is_wrong_is_not_timed(monkeypatch):
    """A loss that is a thousandth off ends it."""
    gpu = runpy.run_path(str(GPU))
    setup = gpu["Setup"](torch.device("cpu"), blocks=((24, 2, 6),))
    monkeypatch.setitem(gpu["check"].__globals__, "loss_error", lambda _: 1e-3)
    with pytest.raises(SystemExit, match="error: detector's loss: not what the processor computes"):
        gpu["check"](setup)
