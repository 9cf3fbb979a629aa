"""The command line of `scripts/prepare_data.py`."""

import runpy
import sys
from pathlib import Path

import pytest

from lga.data.classification import mnist as mnist_format
from lga.data.classification import published_files
from lga.data.classification.mnist import MNISTReader
from lga.data.preparation.catalogue import CATALOGUE, ReadSet
from tests.data.classification.test_mnist import as_published
from tests.data.trees.idx import write_tree

SCRIPT = str(Path(__file__).parents[3] / "scripts" / "prepare_data.py")


@pytest.fixture
def call(monkeypatch, capsys):
    """Call the script with arguments; return its exit status, output and errors."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", [SCRIPT, *map(str, arguments)])
        with pytest.raises(SystemExit) as exit_:
            runpy.run_path(SCRIPT, run_name="__main__")
        shown = capsys.readouterr()
        return exit_.value.code, shown.out, shown.err

    return run


def test_the_list(call):
    """VOC2007 is 460,032,000 + 451,020,800 bytes; sizes of DOTA are not published."""
    status, out, _ = call("--list")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == list(CATALOGUE)
    assert "voc2007         0.9 GB              photographs from flickr" in out
    assert "dota            size not published" in out
    assert call()[1] == out


def test_a_gated_set_says_what_to_do(call, tmp_path):
    status, out, err = call("tinyperson", "--data-dir", tmp_path / "d")
    assert status == 1
    assert f"put its folder tiny_set into {tmp_path}/d/TinyPerson" in err
    assert out == f"then: python run.py mode=inspect dataset=tinyperson paths.data_dir={tmp_path}/d\n"
    assert not (tmp_path / "d").exists()


def test_an_unknown_set(call):
    status, _, err = call("visdron")
    assert status == 2
    assert "invalid choice: 'visdron'" in err


def test_a_set_whose_reader_fetches(call, tmp_path, monkeypatch):
    """All there already: nothing is fetched, for no mirror answers."""

    class Unchecked(MNISTReader):
        default_mirrors = ()

        def __init__(self, data_dir, **settings):
            super().__init__(data_dir, verify=False, **settings)

    monkeypatch.setitem(CATALOGUE, "mnist", ReadSet("dataset=mnist", "", Unchecked))
    status, _, err = call("mnist", "--data-dir", tmp_path)
    assert (status, err[:53]) == (2, "error: mnist: train-images-idx3-ubyte.gz: could not b")
    raw_dir = write_tree(tmp_path)
    status, out, _ = call("mnist", "--data-dir", tmp_path)
    assert status == 0
    assert out.splitlines() == [
        f"{raw_dir}: there and whole, {{'train': 220, 'val': 20, 'test': 40}}",
        f"then: python run.py mode=inspect dataset=mnist paths.data_dir={tmp_path}",
    ]


def test_a_set_is_taken_from_a_folder(call, tmp_path, monkeypatch):
    source = write_tree(tmp_path / "disk")
    tables = {"MNIST": as_published(source)}
    monkeypatch.setattr(published_files, "PUBLISHED", tables)
    monkeypatch.setattr(mnist_format, "PUBLISHED", tables)
    status, out, _ = call("mnist", "--data-dir", tmp_path / "d", "--from", tmp_path / "disk")
    counts = "{'train': 220, 'val': 20, 'test': 40}"
    assert (status, out.splitlines()[0]) == (0, f"{tmp_path}/d/MNIST/raw: there and whole, {counts}")
    status, _, err = call("mnist", "--data-dir", tmp_path / "e", "--from", tmp_path / "nowhere")
    assert status == 2
    assert err.startswith(
        f"error: mnist: {tmp_path}/nowhere: holds no t10k-images-idx3-ubyte.gz or t10k-images-idx3"
    )
