"""A run's hash changes when its result may, and only then."""

import pytest

from lga.config.compose import compose, composed_or_explained
from lga.config.frozen_run import FrozenRun, freeze
from lga.run.execute import execute
from lga.run.folder.checkpoints import save
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import write_record
from lga.system.errors import UserError
from tests.data.trees.idx import write_tree
from tests.results.made_records import made_record
from tests.run.cells import cell


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
        "dataset.reader.verify=false",
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
        "trainer.tf32=true",
        "trainer.deterministic=false",
        "dataset.image_size=64",
        "dataset.selection=test",
        "data.train_share=0.5",
        "data.subset=true",
    ],
)
def test_what_may_change_a_result_is(override):
    assert hash_of("dataset=mnist", override) != hash_of("dataset=mnist")


def test_own_files_are_known_by_their_content(tmp_path):
    """Wherever they lie and whoever compressed them; each set of them is a run of its own."""
    hashes = set()
    for folder, gz, train in (("a", True, 240), ("b", False, 240), ("c", True, 250)):
        write_tree(tmp_path / folder, gz=gz, train=train)
        own = f"paths.data_dir={tmp_path / folder}"
        hashes.add(hash_of("dataset=mnist", own, "dataset.reader.verify=false"))
        assert hash_of("dataset=mnist", own) == hash_of("dataset=mnist")
    assert len(hashes - {hash_of("dataset=mnist")}) == 2


@pytest.mark.parametrize(
    ("group", "name", "value"),
    [
        ("trainer", "devices", "1"),
        ("trainer", "num_nodes", "1"),
        ("trainer", "deterministic", "true"),
        ("trainer", "tf32", "null"),
        ("data", "train_share", "1"),
    ],
)
def test_a_setting_that_changes_nothing_leaves_the_hash_as_it_was_before_there_was_it(group, name, value):
    run = freeze(compose(["dataset=mnist", f"{group}.{name}={value}"]))
    before = {key: value for key, value in run.config[group].items() if key != name}
    assert FrozenRun({**run.config, group: before}).config_hash == run.config_hash


def test_nothing_of_the_old_start_rule_is_finished_or_continued(tmp_path):
    """Weights of before the key `start` were drawn otherwise: another folder, and in one folder an error."""
    run = cell(tmp_path)
    assert run.config["start"] == "by_slot"
    old = FrozenRun({name: value for name, value in run.config.items() if name != "start"})
    assert old.directory != run.directory
    folder = RunDirectory(run)
    folder.last_checkpoint.parent.mkdir(parents=True)
    write_record(folder.result, made_record(config_hash=old.config_hash))
    assert RunDirectory(FrozenRun({**old.config, "paths": {"run_dir": folder.path}})).finished() is not None
    with pytest.raises(UserError, match="holds a run of another config"):
        folder.finished()
    folder.result.unlink()
    save({"state_dict": {}, "epoch": 3, "config_hash": old.config_hash}, folder.last_checkpoint)
    with pytest.raises(UserError, match="a checkpoint of another config"):
        execute(run)


def test_there_is_one_start_rule():
    with pytest.raises(UserError, match=r"start: Invalid value 'other', expected one of \[by_slot\]"):
        composed_or_explained(["start=other"])


def test_the_folder_is_readable_and_bears_the_hash(tmp_path):
    run = freeze(compose(["attention=lga", "seed=7", f"paths.output_dir={tmp_path}"]))
    expected = tmp_path / "runs" / "digits" / "mobilenetv3" / "lga" / f"seed7-{run.config_hash[:8]}"
    assert run.directory == expected
    assert str(run.cell) == "digits/mobilenetv3/lga seed 7"


@pytest.mark.parametrize("name", ["../../outside", "/tmp/outside", "a/b", "..", ".hidden", "a\nb", ""])
@pytest.mark.parametrize("group", ["dataset", "backbone", "attention", "detector"])
def test_a_name_cannot_lead_out_of_the_outputs(tmp_path, group, name):
    config = composed_or_explained(["dataset=digits"])
    config[group]["name"], config.paths.output_dir = name, str(tmp_path)
    with pytest.raises(UserError, match=rf"{group}\.name="):
        freeze(config)
