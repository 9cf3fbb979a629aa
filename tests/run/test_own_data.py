"""Sets of one's own through a run's modes: inspected, trained, evaluated and predicted by overrides alone."""

import pytest

from lga.data.own.own_set import NO_TEST
from lga.results.scales import LIMITS, scale_of
from lga.run.execute import execute
from lga.run.folder.record import read_record
from tests.data.own.test_own_configs import KEYS, overrides
from tests.data.trees import own
from tests.run.cells import cell


@pytest.mark.parametrize("kind", KEYS)
def test_inspection(tmp_path, kind, capsys):
    execute(cell(tmp_path / "out", *overrides(kind, tmp_path / "zoo"), "mode=inspect", "data.on_error=raise"))
    assert "zoo: nothing wrong" in capsys.readouterr().out


def test_inspection_finds_what_is_wrong(tmp_path, capsys):
    arguments = overrides("image_folder", tmp_path / "zoo")
    (tmp_path / "zoo/train/dog/1.png").write_bytes(b"")
    with pytest.raises(SystemExit):
        execute(cell(tmp_path / "out", *arguments, "mode=inspect"))
    assert "train/dog/1.png: cannot be read as an image" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["yolo", "image_folder"])
def test_training_evaluation_prediction_and_record(tmp_path, kind, capsys):
    small = ("dataset.image_size=64", "recipe.batch_size=3", "trainer.num_workers=0")
    arguments = [*overrides(kind, tmp_path / "zoo"), *small]
    run = cell(tmp_path / "out", *arguments)
    execute(run)
    record = read_record(run.directory / "result.json")
    assert list(record.metrics_per_class) == list(own.NAMES)
    assert record.selection.split == "test"
    assert record.data.dropped == {NO_TEST: 1}
    assert scale_of(record) == "smoke"
    whole = {**record.config["trainer"], **dict.fromkeys(LIMITS), "scale": "full"}
    assert scale_of(record.model_copy(update={"config": {**record.config, "trainer": whole}})) == "study"
    capsys.readouterr()
    execute(cell(tmp_path / "out", *arguments, "mode=evaluate"))
    assert "zoo/mobilenetv3" in capsys.readouterr().out
    if kind == "yolo":
        execute(cell(tmp_path / "out", *arguments, "mode=predict", f"source={tmp_path / 'zoo/images/val'}"))
        assert "3 images, " in capsys.readouterr().out
