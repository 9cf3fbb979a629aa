"""`mode=inspect` on the real command line: exit status, table, JSON and pictures of small VisDrone trees."""

import json
import shutil

import pytest

from lga.config.compose import CONFIG_ERRORS, explain
from lga.run.execute import execute
from lga.run.modes import inspect as module
from lga.system.errors import UserError
from tests.data.inspection.trees import write_faulty_tree
from tests.data.own.test_own_configs import overrides as own_overrides
from tests.data.trees import idx
from tests.data.trees.visdrone import write_tree
from tests.run.cells import cell, run_py

SMALL = "dataset.reader._target_=tests.data.inspection.trees.SmallVisDrone"


def overrides(tmp_path, *more):
    return (
        "mode=inspect",
        "dataset=visdrone",
        f"paths.data_dir={tmp_path / 'data'}",
        f"inspect.json={tmp_path / 'reports' / 'report.json'}",
        *more,
    )


def inspected(tmp_path, *more):
    finished = run_py(*overrides(tmp_path, f"paths.output_dir={tmp_path / 'out'}", *more))
    return finished, json.loads((tmp_path / "reports" / "report.json").read_text())


def test_a_sound_set(tmp_path):
    write_tree(tmp_path / "data")
    finished, report = inspected(
        tmp_path, SMALL, "trainer.progress=false", f"inspect.pictures={tmp_path / 'pictures'}"
    )
    assert (finished.returncode, finished.stderr) == (0, "")
    assert report["ok"]
    assert report["parts"]["val"]["contents"]["per_class"]["car"] == 6
    rows = {" ".join(line.split()) for line in finished.stdout.splitlines()}
    assert {"images 6 (=) 6 (=) 6 (=)", "car 6 (=) 6 (=) 6 (=)", "ignored: not evaluated 2 2 2"} <= rows
    assert "visdrone: nothing wrong" in rows
    assert max(map(len, finished.stdout.split("note: ")[0].splitlines()[1:])) <= 120
    assert {path.name for path in (tmp_path / "pictures").iterdir()} == {
        f"{part}-images.png" for part in ("train", "val", "test-dev")
    }
    assert not (tmp_path / "out").exists()


def test_a_faulty_set_is_reported_in_one_go(tmp_path):
    write_faulty_tree(tmp_path / "data")
    finished, report = inspected(tmp_path, SMALL)
    assert finished.returncode == 1
    assert finished.stderr == ""
    assert f"visdrone: {len(report['wrong'])} wrong" in finished.stdout
    for wrong in report["wrong"]:
        assert f"wrong: {wrong['what']}: " in finished.stdout
        if not wrong["what"].startswith("counts"):  # of which there are more than are shown
            assert f"  {wrong['message']}\n" in finished.stdout
    assert "more; all are in " in finished.stdout


def test_other_counts_than_published(tmp_path, capsys):
    """Six images of 6,471; and nothing else is wrong."""
    write_tree(tmp_path / "data")
    with pytest.raises(SystemExit) as ended:
        execute(cell(tmp_path, *overrides(tmp_path)))
    assert ended.value.code == 1
    output = capsys.readouterr().out
    assert "  train, images: 6 found, 6,471 published, differs by -6,465" in output
    assert output.count("wrong: ") == 1


def test_a_missing_part(tmp_path, capsys):
    shutil.rmtree(write_tree(tmp_path / "data") / "VisDrone2019-DET-val")
    with pytest.raises(SystemExit):
        execute(cell(tmp_path, *overrides(tmp_path, SMALL)))
    assert "  val: " in capsys.readouterr().out.split("wrong: parts that cannot be read: 1\n")[1]


def test_decoding_is_asked_for_with_on_error(tmp_path, capsys):
    root = write_tree(tmp_path / "data")
    path = next((root / "VisDrone2019-DET-val" / "images").iterdir())
    path.write_bytes(path.read_bytes()[:-200])
    execute(cell(tmp_path, *overrides(tmp_path, SMALL)))
    assert "every image's header read" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        execute(cell(tmp_path, *overrides(tmp_path, SMALL, "data.on_error=skip")))
    output = capsys.readouterr().out
    assert "every image's pixels decoded" in output
    assert "wrong: images unreadable or of another size: 1" in output


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("data.on_error=maybe", "data.on_error=maybe: valid: raise, skip"),
        (
            "dataset.splits=thirds",
            "dataset.reader: splits='thirds' is unknown: choose one of official",
        ),
    ],
)
def test_a_bad_config_is_one_line(tmp_path, override, expected):
    with pytest.raises((*CONFIG_ERRORS, UserError), match=expected) as refused:
        execute(cell(tmp_path, *overrides(tmp_path, override)))
    assert "\n" not in explain(refused.value, [])


def test_a_report_that_cannot_be_written_is_one_line(tmp_path):
    write_tree(tmp_path / "data")
    (tmp_path / "reports").touch()
    with pytest.raises(UserError, match=r"cannot write under .*reports: .*inspect\.json="):
        execute(cell(tmp_path, *overrides(tmp_path, SMALL)))


def test_names_cannot_steer_the_terminal(tmp_path, capsys):
    folder = write_tree(tmp_path / "data") / "VisDrone2019-DET-val/images"
    next(folder.iterdir()).rename(folder / "a\x1b[31m\u202e.jpg")
    with pytest.raises(SystemExit):
        execute(cell(tmp_path, *overrides(tmp_path, SMALL)))
    output = capsys.readouterr().out
    assert "a\\x1b[31m\\u202e.jpg" in output
    assert not {"\x1b", "\u202e"} & set(output)


def test_a_subset_by_the_command_line(tmp_path, capsys):
    shutil.rmtree(write_tree(tmp_path / "data") / "VisDrone2019-DET-train")
    execute(cell(tmp_path, *overrides(tmp_path, "data.subset=true")))
    assert "visdrone: nothing wrong" in capsys.readouterr().out
    report = json.loads((tmp_path / "reports" / "report.json").read_text())
    assert sum(report["parts"]["val"]["contents"]["objects_by_image"].values()) == 11


def test_an_interrupt_is_one_line(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_inspect", interrupted)
    with pytest.raises(KeyboardInterrupt, match="stopped; the inspection is not complete"):
        execute(cell(tmp_path, *overrides(tmp_path)))


def test_a_classification_set(tmp_path, capsys):
    execute(cell(tmp_path, "mode=inspect", "dataset=digits", f"inspect.pictures={tmp_path / 'pictures'}"))
    output = capsys.readouterr().out
    assert " ".join(output.split("images ")[1].split()[:3]) == "1,204 297 296"
    assert "digits: nothing wrong" in output
    assert len(list((tmp_path / "pictures").glob("*-images.png"))) == 3


def test_what_folds_do_to_the_splits_is_said(tmp_path, capsys):
    chosen = own_overrides("image_folder", tmp_path / "zoo")
    execute(cell(tmp_path, *chosen, "mode=inspect", "dataset.folds=3"))
    assert capsys.readouterr().out.startswith("dataset.folds=3: a run divides all images by its seed; these")


def test_a_set_of_files_that_are_missing(tmp_path, capsys):
    with pytest.raises(SystemExit):
        execute(cell(tmp_path, "mode=inspect", "dataset=mnist", f"paths.data_dir={tmp_path}"))
    assert "wrong: files that cannot be read: 1\n  MNIST: missing in" in capsys.readouterr().out


def test_a_set_of_other_files_than_were_published(tmp_path, capsys):
    raw_dir = idx.write_tree(tmp_path)
    asked = ("mode=inspect", "dataset=mnist", f"paths.data_dir={tmp_path}")
    with pytest.raises(SystemExit):
        execute(cell(tmp_path, *asked))
    output = capsys.readouterr().out
    assert "checked: sha256 of each file's content, up to what is wrong" in output
    assert f"{raw_dir}/train-images-idx3-ubyte.gz: is not MNIST's published file (" in output
    execute(cell(tmp_path, *asked, "dataset.reader.verify=false"))
    output = capsys.readouterr().out
    assert "checked: the format alone\n" in output
    assert "mnist: nothing wrong" in output
