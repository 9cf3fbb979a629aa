"""A run whose record is kept counts as finished where its outputs are gone; its weights are then missed."""

import shutil

import pytest

from lga.config.compose import compose
from lga.launch.sweep import launch_sweep
from lga.results.collect import CollectedRun
from lga.results.reports.committed import keep
from lga.run.execute import execute
from lga.run.folder import directory
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import read_record
from lga.system.errors import UserError
from tests.run.cells import QUICK, cell


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Overrides of a run that was trained and kept, and whose outputs are gone; the path of its record."""
    folder = tmp_path_factory.mktemp("kept")
    overrides = ("dataset=digits", "paths.kept=study", f"paths.output_dir={folder / 'outputs'}")
    run = RunDirectory(cell(folder, *overrides))
    execute(run.run)
    (path,) = keep([CollectedRun(run.path, read_record(run.result))], folder / "experiments" / "study")
    shutil.rmtree(folder / "outputs")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(directory, "KEPT", folder / "experiments")
        yield overrides, path


def test_it_is_not_trained_again_unless_asked(kept, capsys):
    overrides, path = kept
    run = cell("unused", *overrides)
    assert execute(run) == read_record(path).score
    message = f"nothing to do: kept in {path}, paths.kept=null trains it again"
    assert message in capsys.readouterr().out
    assert not RunDirectory(run).path.exists()
    assert RunDirectory(cell("unused", *overrides, "paths.kept=null")).done() is None
    assert RunDirectory(cell("unused", *overrides, "paths.kept=another")).done() is None
    assert RunDirectory(cell("unused", *overrides, "recipe.epochs=7")).done() is None


def test_a_sweep_goes_on_where_records_are(kept, capsys):
    overrides, path = kept
    waiting = []

    def leave(jobs, progress):
        for job in jobs:
            waiting.append(job.run.cell.seed)
            progress.ended(job.name, None, 1.0, 1.0, job.folder.log)

    launch_sweep(lambda each: compose([*QUICK, *overrides, *each]), [["seed=0"], ["seed=1"]], leave)
    assert waiting == [1]
    assert f"finished before (kept in {path})" in capsys.readouterr().out


def test_its_weights_are_missed_by_name(kept):
    overrides, path = kept
    message = f"not trained yet, .*its record alone is kept, in {path}; .* with paths.kept=null"
    with pytest.raises(UserError, match=message):
        execute(cell("unused", *overrides, "mode=evaluate"))


def test_a_damaged_kept_record_is_as_good_as_none(kept, tmp_path, monkeypatch):
    overrides, path = kept
    (tmp_path / "study" / "records").mkdir(parents=True)
    copy = tmp_path / "study" / "records" / path.name
    monkeypatch.setattr(directory, "KEPT", tmp_path)
    run = RunDirectory(cell("unused", *overrides))
    copy.write_bytes(path.read_bytes())
    assert run.done()[0] == copy
    copy.write_text(path.read_text().replace('"seconds": ', '"seconds": 1'))
    assert run.done() is None
