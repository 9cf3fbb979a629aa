"""A finished or interrupted run is the same run only on the same data, and only in a folder of its own."""

import pytest

from lga.launch.sweep import Job, SweepProgress, settled_before
from lga.run.cell import train
from lga.run.fit import _resumable_epoch
from lga.run.folder.checkpoints import save
from lga.run.folder.data_files import _manifest
from lga.run.folder.directory import RunDirectory
from lga.system.errors import UserError
from tests.run.cells import cell
from tests.run.folder_runs import finish, run_on, visdrone


@pytest.fixture(autouse=True)
def _looked_at_once_a_process():
    _manifest.cache_clear()


def test_a_finished_run_on_the_same_data_is_returned(tmp_path, capsys):
    folder, manifest = visdrone(tmp_path)
    finish(folder, manifest)
    train(folder.run)
    assert "finished before" in (output := capsys.readouterr().out)
    assert "not compared" not in output


def test_on_another_tree_or_a_repaired_one_it_stops_and_says_what_to_remove(tmp_path):
    folder, manifest = visdrone(tmp_path)
    finish(folder, manifest)
    other, _ = visdrone(tmp_path, "two", images=5)
    assert other.path == folder.path
    expected = rf"{folder.path}: this run was trained on other data than is here \(.*; remove it"
    with pytest.raises(UserError, match=expected):
        train(other.run)
    _manifest.cache_clear()
    repaired = next((tmp_path / "one").rglob("VisDrone2019-DET-train/annotations/*_00002_*.txt"))
    repaired.write_text("1,1,20,16,1,1,0,0\n")
    with pytest.raises(UserError, match=r"other data than is here \(train annotations\)"):
        train(folder.run)
    assert folder.result.is_file()


def test_without_the_data_it_says_that_it_was_not_compared(tmp_path, capsys):
    folder, manifest = visdrone(tmp_path)
    finish(folder, manifest)
    gone = run_on(tmp_path, "nowhere")
    assert gone.path == folder.path
    train(gone.run)
    assert "its data is not here, and was not compared" in capsys.readouterr().out


def test_a_sweep_says_the_same(tmp_path, capsys):
    folder, manifest = visdrone(tmp_path)
    finish(folder, {**manifest, "train annotations": "0" * 64})
    job = Job((), folder.run)
    with SweepProgress(1) as progress:
        assert settled_before(job, progress)
    assert "on other data than is here (train annotations)" in job.error
    assert "failed  visdrone" in capsys.readouterr().out


def test_an_interrupted_run_goes_on_only_on_its_data(tmp_path):
    folder, manifest = visdrone(tmp_path)
    folder.last_checkpoint.parent.mkdir(parents=True)
    owner = {"config_hash": folder.run.config_hash, "epoch": 2}
    save({**owner, "data": manifest}, folder.last_checkpoint)
    assert _resumable_epoch(folder.run, folder, manifest) == 3
    with pytest.raises(
        UserError, match=r"trained until now on other data than is here \(train annotations\)"
    ):
        _resumable_epoch(folder.run, folder, {**manifest, "train annotations": "0" * 64})
    save(owner, folder.last_checkpoint)  # of before checkpoints said it
    assert _resumable_epoch(folder.run, folder, manifest) == 3


@pytest.mark.parametrize("name", ["metrics.csv", "config.yaml", "notes.txt", "pictures"])
def test_a_folder_with_files_of_no_run_is_refused_and_left_as_it_is(tmp_path, name):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / name).write_text("precious")
    folder = RunDirectory(cell(tmp_path, f"paths.run_dir={mine}"))
    with (
        pytest.raises(UserError, match=rf"{mine}: this folder holds files of no run \({name}\)"),
        folder.claim(),
    ):
        pass
    assert (mine / name).read_text() == "precious"


def test_a_folder_that_a_kill_left_half_made_is_taken(tmp_path):
    folder = RunDirectory(cell(tmp_path))
    folder.path.mkdir(parents=True)
    (folder.path / "run.log").touch()  # of a sweep, before the job begins
    (folder.path / ".config_hash.1.tmp").touch()
    with folder.claim():
        assert folder.identity.is_file()
        assert folder.config.is_file()
    folder.config.unlink()  # killed between the two
    with folder.claim():
        pass
