"""`metrics=`: further metrics of classification, further protocols of detection, by config or by class."""

import io

import pytest
import torch
from rich.console import Console
from torchmetrics import Metric

import lga
from lga.config.compose import compose, composed_or_explained
from lga.config.frozen_run import freeze
from lga.detection.judging import Judgement
from lga.results.collect import collect
from lga.results.reports.terminal import show
from lga.run.execute import execute
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import read_record
from lga.system.errors import UserError
from tests.run.cells import QUICK, cell


class SameClass(Metric):
    """Share of images of which label and prediction agree: top-1 accuracy by another's hand."""

    def __init__(self):
        super().__init__()
        self.add_state("right", torch.tensor(0.0), dist_reduce_fx="sum")
        self.add_state("all", torch.tensor(0.0), dist_reduce_fx="sum")

    def update(self, logits, labels):
        self.right += (logits.argmax(1) == labels).sum()
        self.all += len(labels)

    def compute(self):
        return self.right / self.all


def counting(found):
    return Judgement({"images": float(len(found.images))}, {0: {"images": 1.0}})


class Counting:
    def __call__(self, found):
        return counting(found)


def test_they_reach_record_epochs_table_and_frame(tmp_path):
    chosen = ("metrics=[f1,calibration_error]", f"+metrics.same._target_={__name__}.SameClass")
    run = cell(tmp_path, *chosen)
    execute(run)
    record = read_record(RunDirectory(run).result)
    assert record.metrics["same"] == pytest.approx(record.metrics["top1"])
    assert 0 <= record.metrics["f1"] <= 100
    assert "val/calibration_error" in RunDirectory(run).metrics.read_text().splitlines()[0]
    text = io.StringIO()
    show(collect(tmp_path / "runs"), Console(file=text, width=250))
    assert "F1" in text.getvalue()
    assert f"{record.metrics['f1']:.2f}" in text.getvalue()
    assert lga.runs(tmp_path / "runs").rows()[0]["same"] == record.metrics["same"]


def test_they_are_no_part_of_the_identity_and_a_cached_run_says_what_it_lacks(tmp_path, capsys):
    plain = cell(tmp_path)
    with_f1 = cell(tmp_path, "metrics=f1")
    assert plain.config_hash == with_f1.config_hash
    execute(plain)
    execute(with_f1)
    assert "no f1 in its record: mode=evaluate gives it" in capsys.readouterr().out
    execute(cell(tmp_path, "metrics=f1", "mode=evaluate"))
    assert "f1" in capsys.readouterr().out


def test_protocols_stand_beside_each_other(tmp_path):
    own = f"+metrics.mine._target_={__name__}.Counting"
    run = cell(tmp_path, "dataset=digit_scenes_tiny", "metrics=voc", own)
    execute(run)
    record = read_record(RunDirectory(run).result)
    assert record.metrics["mine/images"] == record.outcomes.images
    assert {"voc/ap50", "paper/map50", "coco/map50"} <= set(record.metrics)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["metrics=f2"], "metrics=f2: no such option; valid: auroc"),
        (["metrics=voc"], "metrics.voc: PascalVOC is no torchmetrics metric, as task=classification needs"),
        (["dataset=digit_scenes", "metrics=f1"], "metrics.f1: MulticlassF1Score is no protocol of detection"),
        (["metrics=f1", "+metrics.f1.x=1"], "metrics.f1.x: no such setting of torchmetrics"),
        (
            ["task.monitor=val/top9"],
            "^task.monitor=val/top9: not measured; valid: val/loss, val/top1, val/top5$",
        ),
        (
            ["dataset=digit_scenes", "task.monitor=val/map"],
            "^task.monitor=val/map: not measured; valid: val/paper/map50, .*, val/coco/map,",
        ),
        (
            ["dataset=digit_scenes", "task.selected_by=val/coco/map"],
            "^task.selected_by=val/coco/map: not measured; valid: val/paper/map50, [^ ]*, val/paper/fitness$",
        ),
    ],
)
def test_what_does_not_fit_is_one_line(overrides, message):
    from lga.run.build import build_task

    with pytest.raises(UserError, match=message):
        build_task(freeze(composed_or_explained([*QUICK, *overrides])).cfg, torch.nn.Linear(1, 1))


def test_what_a_test_may_measure_can_be_the_score():
    from lga.run.build import build_task, score

    scenes = [*QUICK, "dataset=digit_scenes"]
    for chosen in (["task.monitor=val/coco/map_small"], ["metrics=voc", "task.monitor=val/voc/ap50"]):
        build_task(freeze(composed_or_explained([*scenes, *chosen])).cfg, torch.nn.Linear(1, 1))
    cfg = freeze(composed_or_explained([*scenes, "task.monitor=val/coco/map_small"])).cfg
    assert score(cfg, {"coco/map": 50.0, "coco/map_small": 40.0}) == 40
    with pytest.raises(UserError, match=r"no value on this split; valid: val/coco/map$"):
        score(cfg, {"coco/map": 50.0})


def test_the_names_that_can_be_monitored_are_those_that_are_logged(tmp_path):
    from lga.tasks.detection_task import COCO_METRICS, PAPER_METRICS

    run = cell(tmp_path, "dataset=digit_scenes_tiny")
    execute(run)
    assert set(read_record(RunDirectory(run).result).metrics) <= {*PAPER_METRICS, *COCO_METRICS}


def test_an_older_run_has_none():
    assert freeze(compose([])).config["metrics"] == {}
