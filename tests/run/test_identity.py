"""A run's hash changes when its result may, and only then."""

import pytest

from lga.run.compose import compose
from lga.run.identity import freeze


def hash_of(*overrides):
    return freeze(compose(overrides)).config_hash


@pytest.mark.parametrize(
    "override",
    [
        "paths.output_dir=/elsewhere",
        "paths.data_dir=/elsewhere",
        "logger=csv",
        "logger.tags=[a]",
        "mode=describe",
        "trainer.accelerator=cpu",
        "trainer.num_workers=3",
        "trainer.threads=1",
        "trainer.progress=false",
    ],
)
def test_where_and_on_what_a_run_is_done_is_not_its_identity(override):
    assert hash_of("dataset=mnist", override) == hash_of("dataset=mnist")


@pytest.mark.parametrize(
    "override",
    [
        "seed=1",
        "attention=lga",
        "recipe.epochs=3",
        "trainer=smoke",
        "trainer.precision=bf16-mixed",
        "dataset.image_size=64",
        "dataset.selection=test",
    ],
)
def test_what_may_change_a_result_is(override):
    assert hash_of("dataset=mnist", override) != hash_of("dataset=mnist")


def test_the_folder_is_readable_and_bears_the_hash(tmp_path):
    run = freeze(compose(["attention=lga", "seed=7", f"paths.output_dir={tmp_path}"]))
    expected = tmp_path / "runs" / "digits" / "mobilenetv3" / "lga" / f"seed7-{run.config_hash[:8]}"
    assert run.directory == expected
    assert str(run.cell) == "digits/mobilenetv3/lga seed 7"
