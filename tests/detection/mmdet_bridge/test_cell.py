"""A cell with a detector of mmdet: trained, judged and recorded as any other; the smallest of the six."""

import json

import cv2
import numpy as np
import pytest

from lga.run.execute import execute
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import read_record
from lga.system.errors import UserError
from tests.run.cells import cell, end_run
from tests.run.test_resume import assert_same_results

CELL = (
    "dataset=digit_scenes",
    "detector=rtmdet",
    "attention=lga",
    "dataset.image_size=64",
    "dataset.reader.train=32",
    "dataset.reader.val=8",
    "dataset.reader.test=8",
)


def run_in(folder, data, *overrides):
    """The folder of the cell, its data shared."""
    return RunDirectory(cell(folder, *CELL, f"paths.data_dir={data}", *overrides))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Where the scenes are made once."""
    return tmp_path_factory.mktemp("scenes")


@pytest.fixture(scope="module")
def finished(tmp_path_factory, data):
    """A finished smoke run."""
    run = run_in(tmp_path_factory.mktemp("mmdet"), data)
    execute(run.run)
    return run


def test_its_record_is_as_any_other(finished):
    record = read_record(finished.result)
    assert (record.status, str(record.cell.detector)) == ("finished", "rtmdet")
    assert "mobilenetv3-rtmdet" in finished.path.parts
    assert {"paper/map50", "paper/map50_95", "coco/map"} <= record.metrics.keys()
    assert record.attention_parameters == 14358
    assert record.parameters == record.trainable_parameters
    header = finished.metrics.read_text().splitlines()[0]
    assert {"train/loss", "train/loss_cls", "train/loss_bbox"} <= set(header.split(","))


def test_a_run_ended_while_training_resumes_bit_identically(finished, tmp_path, data):
    """Ended in the second of two epochs, then run again; moving average and optimizer included."""
    disturbed = run_in(tmp_path, data)
    end_run(disturbed.run, 1, "on_train_batch_end")
    execute(disturbed.run)
    assert read_record(disturbed.result).resumed == 1
    assert_same_results(finished, disturbed)


def test_evaluating_it_again_gives_the_records_numbers(finished, data):
    output = f"paths.output_dir={finished.run.config['paths']['output_dir']}"
    execute(run_in(finished.path, data, output, "mode=evaluate").run)
    metrics = json.loads((finished.path / "evaluation-test" / "metrics.json").read_text())["metrics"]
    assert metrics == read_record(finished.result).metrics


def test_it_predicts_files(finished, data, tmp_path, capsys):
    source = tmp_path / "grey.png"
    cv2.imwrite(str(source), np.full((48, 100, 3), 128, np.uint8))
    overrides = (f"source={source}", f"mode.out={tmp_path / 'out'}", "mode.confidence=0.002")
    output = f"paths.output_dir={finished.run.config['paths']['output_dir']}"
    execute(run_in(finished.path, data, output, "mode=predict", *overrides).run)
    assert capsys.readouterr().out.splitlines()[-1].startswith("1 image, ")
    assert (tmp_path / "out" / "1-grey.png").is_file()


def test_it_is_described(tmp_path, capsys):
    execute(cell(tmp_path, *CELL, "mode=describe", "mode.json=true"))
    described = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert described["detector"] == "rtmdet"
    assert described["attention_parameters"] == 14358


def test_its_export_is_refused(tmp_path):
    with pytest.raises(UserError, match=r"detectors of mmdet .* are not exported"):
        execute(cell(tmp_path, *CELL, "mode=export", "mode.untrained=true"))


@pytest.mark.slow
@pytest.mark.parametrize("detector", ["retinanet", "fcos", "tood", "faster_rcnn", "cascade_rcnn"])
def test_the_others_repeat_and_finish(tmp_path, data, detector):
    """Twice the same cell, bit for bit: also where regions and anchors are drawn at random."""
    one, other = (run_in(tmp_path / name, data, f"detector={detector}") for name in ("one", "other"))
    for run in (one, other):
        execute(run.run)
    assert_same_results(one, other)
