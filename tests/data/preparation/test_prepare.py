"""From an archive on a server to what a reader finds: each set of the catalogue, with a small tree."""

import json
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from lga.data.download import RemoteFile
from lga.data.preparation import prepare as prepare_module
from lga.data.preparation.catalogue import CATALOGUE, Archive, ArchivedSet, Piece
from lga.data.preparation.prepare import prepare
from lga.data.published.coco import Coco2017Reader, CocoMinitrainReader
from lga.data.published.dota import DOTAReader
from lga.data.published.gwhd.reader import gwhd_reader
from lga.data.published.visdrone import VisDroneReader
from lga.data.published.voc import VOC2007Reader, VOC2012Reader
from lga.system.errors import UserError
from tests.data.trees import coco, dota, gwhd, visdrone, voc

SETS = {
    "visdrone": (visdrone.write_tree, VisDroneReader),
    "voc2007": (lambda to: voc.write_tree(to, parts=("train2007", "val2007", "test2007")), VOC2007Reader),
    "voc2012": (lambda to: voc.write_tree(to, parts=("train2012", "val2012")), VOC2012Reader),
    "coco2017": (coco.write_tree, Coco2017Reader),
    "coco_minitrain": (lambda to: coco.write_tree(to, "coco_minitrain_25k", "images"), CocoMinitrainReader),
    "dota": (lambda to: dota.write_tree(to, "annotations/version1.0"), DOTAReader),
    "gwhd2021": (gwhd.write_2021, gwhd_reader),
    "gwhd_codalab": (gwhd.write_codalab, gwhd_reader),
}


def pack(archive: Path, members: dict[str, Path]) -> None:
    """Write a zip or a tar, as its name says."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive, "w") as opened:
            for name, path in members.items():
                opened.write(path, name)
    else:
        with tarfile.open(archive, "w:gz" if archive.suffix == ".gz" else "w") as opened:
            for name, path in members.items():
                opened.add(path, name)


def pack_set(chosen: ArchivedSet, made: Path, served: Path) -> None:
    """Pack what lies in ``made``; of a piece with several archives each file is in one of them in turn."""
    for piece in chosen.pieces:
        folder = made / piece.target
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        for number, archive in enumerate(piece.archives):
            share = files[number :: len(piece.archives)]
            names = {f"./{archive.folder}/{path.relative_to(folder).as_posix()}": path for path in share}
            pack(served / archive.file.name, names)


def from_server(chosen: ArchivedSet, url: str) -> ArchivedSet:
    """Return the set with its archives' names and folders, but from the server and unchecked."""
    pieces = [
        replace(
            piece,
            archives=tuple(
                replace(archive, file=RemoteFile(archive.file.name, (f"{url}/{archive.file.name}",)))
                for archive in piece.archives
            ),
        )
        for piece in chosen.pieces
    ]
    return replace(chosen, pieces=tuple(pieces))


@pytest.mark.parametrize("name", SETS)
def test_a_reader_finds_what_was_prepared(name, server, tmp_path):
    """Every annotation file and image is where it was when the tree was made: the manifests are equal."""
    write, make_reader = SETS[name]
    write(tmp_path / "made")
    chosen = CATALOGUE[name]
    pack_set(chosen, tmp_path / "made", server.folder)
    message = []
    prepare(from_server(chosen, server.url), tmp_path / "data", message.append)
    expected = make_reader(tmp_path / "made", tmp_path / "cache")
    found = make_reader(tmp_path / "data", tmp_path / "cache")
    assert found.parts == expected.parts != ()
    assert [found.manifest(part) for part in found.parts] == [expected.manifest(part) for part in found.parts]
    assert [path.name for path in (tmp_path / "data" / "downloads").iterdir() if path.name[0] != "."] == []
    assert not (tmp_path / "data" / ".unpacking").exists()


def test_the_catalogue_has_all_sets():
    archived = {name for name, chosen in CATALOGUE.items() if isinstance(chosen, ArchivedSet)}
    assert archived == set(SETS)
    assert set(CATALOGUE) - archived == {"mnist", "fashion_mnist", "tinyperson", "gwhd_kaggle"}
    for name in archived:
        for file in CATALOGUE[name].files:
            assert all(url.endswith(f"/{file.name}") for url in file.urls)


@pytest.fixture
def small(server, tmp_path):
    """A set of one zip with two files in ``wrapped/set``, to lie in ``Small/set``."""
    (tmp_path / "a").write_bytes(b"a" * 300)
    (tmp_path / "b").write_bytes(b"b" * 200)
    members = {"wrapped/set/x/a": "a", "wrapped/set/b": "b", "__MACOSX/set/._b": "a"}
    pack(server.folder / "set.zip", {name: tmp_path / content for name, content in members.items()})
    file = RemoteFile("set.zip", (f"{server.url}/set.zip",))
    return ArchivedSet("dataset=small", "none", (Piece("Small/set", (Archive(file, "set"),)),))


def run(chosen, tmp_path, **settings):
    message = []
    prepare(chosen, tmp_path / "data", message.append, **settings)
    return message


def test_a_second_call_fetches_nothing(small, server, tmp_path):
    size = (server.folder / "set.zip").stat().st_size
    data = tmp_path / "data"
    assert run(small, tmp_path) == [
        f"{data}/downloads/set.zip: {size:,} bytes, no checksum is published",
        f"{data}/Small/set: 2 files, 0.00 GB",
    ]
    assert (data / "Small" / "set" / "x" / "a").read_bytes() == b"a" * 300
    assert run(small, tmp_path) == [f"{data}/Small/set: there already and whole, 2 files"]
    assert len(server.asked) == 1


def test_what_is_no_longer_whole_is_reported(small, tmp_path):
    run(small, tmp_path)
    (tmp_path / "data" / "Small" / "set" / "b").unlink()
    with pytest.raises(
        UserError, match=r"Small/set: 1 files of 300 bytes, but 2 of 500 were put there; remove"
    ):
        run(small, tmp_path)


def test_a_folder_of_ones_own_is_left(small, server, tmp_path):
    own = tmp_path / "data" / "Small" / "set"
    own.mkdir(parents=True)
    assert run(small, tmp_path) == [f"{own}: there already, not put there by this command; left as it is"]
    assert server.asked == []


def test_archives_are_kept_if_asked(small, server, tmp_path):
    run(small, tmp_path, keep_archives=True)
    assert (tmp_path / "data" / "downloads" / "set.zip").is_file()


def test_an_archive_that_lies_there_is_not_fetched(small, server, tmp_path):
    downloads = tmp_path / "data" / "downloads"
    downloads.mkdir(parents=True)
    (server.folder / "set.zip").rename(downloads / "set.zip")
    run(small, tmp_path)
    assert server.asked == []
    assert (tmp_path / "data" / "Small" / "set" / "b").is_file()


def test_an_archive_is_taken_from_a_folder(small, server, tmp_path):
    """It stays as it was, and nothing is fetched; one that is not there, or not the right one, is refused."""
    archive = server.folder / "set.zip"
    content = archive.read_bytes()
    message = run(small, tmp_path, source=server.folder)
    assert message[0] == f"{archive}: {len(content):,} bytes, no checksum is published"
    assert (tmp_path / "data" / "Small" / "set" / "b").is_file()
    assert not (tmp_path / "data" / "downloads").exists()
    assert (archive.read_bytes(), server.asked) == (content, [])


def test_an_archive_that_is_not_in_the_folder_or_another(small, server, tmp_path):
    with pytest.raises(
        UserError, match=f"{tmp_path}/set.zip: is not there, nothing was put in place; without"
    ):
        run(small, tmp_path, source=tmp_path)
    (archive,) = small.pieces[0].archives
    checked = replace(archive, file=replace(archive.file, md5="0" * 32))
    piece = replace(small.pieces[0], archives=(checked,))
    with pytest.raises(UserError, match=r"set.zip: not the published file: wrong checksum: md5 is not 0000"):
        run(replace(small, pieces=(piece,)), tmp_path, source=server.folder)
    assert nothing_in_place(tmp_path)


def nothing_in_place(tmp_path):
    data = tmp_path / "data"
    return not (data / "Small").exists() and not (data / ".unpacking").exists()


def test_a_bad_archive_puts_nothing_in_place(small, server, tmp_path):
    content = (server.folder / "set.zip").read_bytes()
    (server.folder / "set.zip").write_bytes(content[:-30])
    with pytest.raises(UserError, match="not a whole zip or tar archive"):
        run(small, tmp_path)
    assert nothing_in_place(tmp_path)


def test_an_archive_of_something_else(small, server, tmp_path):
    pack(server.folder / "set.zip", {"other/a": tmp_path / "a"})
    with pytest.raises(UserError, match=r"set\.zip: holds no folder 'set', nothing was put in place"):
        run(small, tmp_path)
    assert nothing_in_place(tmp_path)


def two(small, server, tmp_path, content):
    """A second archive of the piece, with `b` again."""
    (tmp_path / "other").write_bytes(content)
    pack(server.folder / "more.zip", {"set/b": tmp_path / "other", "set/x/c": tmp_path / "a"})
    more = Archive(RemoteFile("more.zip", (f"{server.url}/more.zip",)), "set")
    piece = small.pieces[0]
    return replace(small, pieces=(replace(piece, archives=(*piece.archives, more)),))


def test_two_archives_with_the_same_file(small, server, tmp_path):
    run(two(small, server, tmp_path, b"b" * 200), tmp_path)
    found = (path for path in (tmp_path / "data" / "Small").rglob("*") if path.is_file())
    assert sorted(path.name for path in found) == ["a", "b", "c"]


def test_two_archives_that_disagree(small, server, tmp_path):
    with pytest.raises(UserError, match="b: two archives of one set hold it, and not the same"):
        run(two(small, server, tmp_path, b"c" * 200), tmp_path)
    assert nothing_in_place(tmp_path)


def test_what_a_killed_call_left_does_no_harm(small, tmp_path):
    left = tmp_path / "data" / ".unpacking" / "0"
    left.mkdir(parents=True)
    (left / "rest").write_text("x")
    stamp = tmp_path / "data" / ".prepared" / "Small-set.json"
    stamp.parent.mkdir()
    stamp.write_text(json.dumps({"files": 7, "bytes": 7}))
    assert run(small, tmp_path)[-1].endswith("2 files, 0.00 GB")
    assert run(small, tmp_path)[-1].endswith("whole, 2 files")


def test_room_is_looked_at_before_anything_is_fetched(small, server, tmp_path, monkeypatch):
    """Fetched and unpacked: twice the size."""
    asked = []
    monkeypatch.setattr(prepare_module, "check_room", lambda folder, needed: asked.append(needed))
    piece = small.pieces[0]
    archive = replace(piece.archives[0], file=replace(piece.archives[0].file, about_bytes=1000))
    run(replace(small, pieces=(replace(piece, archives=(archive,)),)), tmp_path)
    assert asked == [2000]
