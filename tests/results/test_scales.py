"""Scales are derived from a run's config and the images it read."""

import json
import subprocess
import sys

import pytest

from lga.config.compose import compose
from lga.config.frozen_run import freeze
from lga.config.grid import experiment_runs
from lga.results.published import PUBLISHED_IMAGES
from lga.results.reports.markdown import provenance
from lga.results.scales import MEANINGS, SCALES, other_images, scale_of
from lga.run.folder.record import CellRecord, DataRecord, read_record, write_record
from tests.results.made_records import made_record
from tests.results.runs import made_run

TABLE1 = ("experiment=table1", "dataset=mnist", "seed=1")


def record_of(run, counts=None):
    """The finished record of a run; by default of the published images."""
    train, test = PUBLISHED_IMAGES.get(run.cell.dataset, (1, 1))
    images = {"train": train, "val": test, "test": test} if counts is None else counts
    data = DataRecord(manifest_hash="0" * 64, files={}, counts=images)
    names = {
        name: getattr(run.cell, name) for name in ("dataset", "backbone", "detector", "attention", "seed")
    }
    record = made_record(data=data, cell=CellRecord(**names))
    return record.model_copy(update={"config": dict(run.config)})


def scale(*overrides, counts=None):
    return scale_of(record_of(freeze(compose([*TABLE1, *overrides])), counts))


@pytest.mark.parametrize(
    ("experiment", "dataset"),
    [
        ("table1", "fashion_mnist"),
        ("table2", "gwhd"),
        ("table3", "dota"),
        ("table4", "visdrone"),
        ("table5", "tinyperson"),
        ("figure1", "voc2007"),
    ],
)
def test_published_cells_are_full(experiment, dataset):
    runs = experiment_runs(experiment, [f"dataset={dataset}", "seed=7", "attention=lga"])
    assert {scale_of(record_of(run)) for run in runs} == {"full"}


@pytest.mark.parametrize(
    "override",
    [
        "recipe.epochs=1",
        "data.train_share=0.1",
        "dataset.selection=validation",
        "dataset.image_size=64",
        "recipe.optimizer.lr=0.02",
        "recipe=digits",
        "backbone.scale=s",
    ],
)
def test_another_setting_makes_a_study(override):
    assert scale(override) == "study"


@pytest.mark.parametrize("override", ["attention=eca", "trainer.devices=2", "seed=9", "trainer.threads=1"])
def test_attention_seed_and_place_are_free(override):
    assert scale(override) == "full"


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (("trainer=smoke",), "smoke"),
        (("trainer=reduced",), "reduced"),
        (("trainer.limit_train_batches=5",), "reduced"),
        (("trainer.max_epochs=3",), "reduced"),
        (("trainer=smoke", "dataset=digits", "recipe=digits", "dataset.selection=validation"), "smoke"),
        (("dataset=digits", "recipe=digits", "dataset.selection=validation"), "embedded"),
    ],
)
def test_what_is_cut_short_or_embedded_says_so(overrides, expected):
    assert scale(*overrides) == expected


def test_other_images_make_a_study_and_are_reported():
    few = {"train": 40, "val": 548, "test": 548}
    run = experiment_runs("table2", ["seed=1", "dataset=visdrone"])[0]
    record = record_of(run, few)
    assert (scale_of(record), other_images(record)) == ("study", "40 of 6,471 training images")
    both = record_of(run, {"train": 6470, "val": 2, "test": 2})
    assert other_images(both) == "6,470 of 6,471 training images, 2 of 548 test images"
    assert "Read: 40 of 6,471 training images." in provenance([record, record_of(run)])
    tiles = experiment_runs("table2", ["seed=1", "dataset=dota"])[0]
    assert scale_of(record_of(tiles, {"train": 15_749, "test": 5_297})) == "full"
    assert scale_of(record_of(tiles, {"train": 1_411, "test": 458})) == "study"


def test_what_a_file_says_of_its_scale_is_not_believed(tmp_path):
    run = made_run(experiment_runs("ablation_heads", ["seed=1"])[0], 50.0)
    write_record(tmp_path / "result.json", run.record)
    content = json.loads((tmp_path / "result.json").read_text())
    assert "scale" not in content
    del content["digest"]
    (tmp_path / "result.json").write_text(json.dumps({**content, "scale": "full"}))
    assert scale_of(read_record(tmp_path / "result.json")) == "embedded"


def test_every_scale_has_a_meaning():
    assert tuple(MEANINGS) == SCALES


def test_deriving_loads_no_torch():
    program = """
import sys
from pathlib import Path
from lga.config.grid import experiment_runs
from lga.results.scales import published_settings
assert published_settings("mnist", "mobilenetv3") and published_settings("voc2007", "mobilenetv3")
assert "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True)
