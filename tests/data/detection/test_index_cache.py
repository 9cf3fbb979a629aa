"""The kept index: built once for each state of the files, and again where it is damaged."""

import multiprocessing
import time

import numpy as np
import pytest

from lga.data.detection.index_cache import (
    cached_index,
    content_hash,
    listing,
    listing_hash,
    load_index,
    write_index,
)
from lga.data.published.visdrone import VisDroneReader
from lga.structures.annotations import PER_BOX, PER_IMAGE, Annotations, WrittenBox, WrittenImage
from lga.system.errors import UserError
from tests.data.trees.visdrone import write_tree
from tests.structures.tables import every_column


def small_index(name="a.jpg"):
    image = WrittenImage(name, (10, 12), [WrittenBox((1, 2, 3, 4), 0)], "a.txt")
    return Annotations.of_images([image])


def assert_equal(found, expected):
    for name in (*PER_IMAGE, *PER_BOX):
        actual, wanted = getattr(found, name), getattr(expected, name)
        assert actual.dtype.kind == wanted.dtype.kind
        np.testing.assert_array_equal(actual, wanted)
    assert found.unit == expected.unit
    assert found.dropped == expected.dropped


def written_to(path, index):
    with path.open("wb") as file:
        write_index(index, file)
    return path


@pytest.mark.parametrize("index", [every_column(), Annotations.of_images([])], ids=["some", "none"])
def test_what_is_written_is_read_again(tmp_path, index):
    assert_equal(load_index(written_to(tmp_path / "index.npz", index)), index)


@pytest.mark.parametrize("share", [0, 0.3, 0.6, 0.99])
def test_a_file_that_breaks_off_is_no_index(tmp_path, share):
    path = written_to(tmp_path / "index.npz", every_column())
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert load_index(path) is None


def test_a_changed_byte_is_noticed(tmp_path):
    """Each array is kept with a checksum: -1.0 becomes -1.5 where the byte after its first is changed."""
    path = written_to(tmp_path / "index.npz", every_column())
    content = bytearray(path.read_bytes())
    place = content.index(np.float64(-1).tobytes())
    content[place + 6] ^= 8
    path.write_bytes(content)
    assert load_index(path) is None


def test_another_file_is_no_index(tmp_path):
    np.savez(tmp_path / "index.npz", names=np.zeros(3))
    assert load_index(tmp_path / "index.npz") is None


class Building:
    """Counts how often it is called."""

    def __init__(self):
        self.times = 0

    def __call__(self):
        self.times += 1
        return small_index()


def test_it_is_built_once_for_each_key(tmp_path):
    build = Building()
    for key in (["one", 1], ["one", 1], ["one", 2], ["on", "e1"], ["one", 1]):
        found = cached_index(tmp_path, "made", key, build)
        assert found.boxes.tolist() == [[1, 2, 3, 4]]
    assert build.times == 3
    assert len(list((tmp_path / "index").glob("made-*.npz"))) == 3


@pytest.mark.parametrize("damage", [lambda old: old[:100], lambda old: b"", lambda old: b"x" * len(old)])
def test_a_damaged_file_is_built_again(tmp_path, damage):
    build = Building()
    cached_index(tmp_path, "made", ["key"], build)
    (path,) = (tmp_path / "index").glob("*.npz")
    path.write_bytes(damage(path.read_bytes()))
    for _ in range(2):
        assert len(cached_index(tmp_path, "made", ["key"], build)) == 1
    assert build.times == 2


def test_a_failure_leaves_nothing_behind(tmp_path):
    def fail():
        raise UserError("a line is wrong")

    with pytest.raises(UserError, match="a line is wrong"):
        cached_index(tmp_path, "made", ["key"], fail)
    assert list((tmp_path / "index").glob("*.npz")) == []
    assert cached_index(tmp_path, "made", ["key"], small_index).names.tolist() == ["a.jpg"]


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "index").write_text("a file where the folder should be")
    with pytest.raises(UserError, match=r"cannot write under .*index: .*paths.cache_dir="):
        cached_index(tmp_path, "made", ["key"], small_index)


def build_slowly(folder, started):
    """Take half a second, and leave a file for each build."""

    def build():
        np.savetxt(folder / f"built-{multiprocessing.current_process().pid}", [0])
        time.sleep(0.5)
        return small_index()

    started.wait()
    assert len(cached_index(folder, "made", ["key"], build)) == 1


def test_two_processes_build_once(tmp_path):
    context = multiprocessing.get_context("fork")
    started = context.Barrier(2)
    processes = [context.Process(target=build_slowly, args=(tmp_path, started)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    assert len(list(tmp_path.glob("built-*"))) == 1


def test_every_byte_and_name_of_the_annotations_counts(tmp_path):
    first, second = tmp_path / "a.txt", tmp_path / "b.txt"
    first.write_bytes(b"12")
    second.write_bytes(b"3")
    hashes = {content_hash(tmp_path, [first, second]), content_hash(tmp_path, [first])}
    first.write_bytes(b"13")
    hashes.add(content_hash(tmp_path, [first, second]))
    first.write_bytes(b"1")
    second.write_bytes(b"23")
    hashes.add(content_hash(tmp_path, [first, second]))
    hashes.add(content_hash(tmp_path, [second.rename(tmp_path / "c.txt"), first]))
    assert len(hashes) == 5


def test_images_are_listed_with_their_bytes(tmp_path):
    (tmp_path / "set" / "sub").mkdir(parents=True)
    for name, size in (("b.jpg", 2), ("sub/a.jpg", 3), (".hidden", 1), ("sub/._b.jpg", 1)):
        (tmp_path / "set" / name).write_bytes(b"x" * size)
    (tmp_path / "set" / "to nowhere.jpg").symlink_to(tmp_path / "c.jpg")
    found = listing(tmp_path, tmp_path / "set")
    assert found == {"set/b.jpg": 2, "set/sub/a.jpg": 3}
    assert listing(tmp_path / "set", tmp_path / "set") == {"b.jpg": 2, "sub/a.jpg": 3}
    assert listing_hash(found) == listing_hash(dict(reversed(found.items())))
    assert listing_hash(found) != listing_hash({**found, "set/b.jpg": 4})


ANNOTATION = "VisDrone2019-DET-train/annotations/0000000_00002_d_0000002.txt"
IMAGE = "VisDrone2019-DET-train/images/0000000_00002_d_0000002.jpg"


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / ANNOTATION).write_text((root / ANNOTATION).read_text().replace("10,", "11,", 1)),
        lambda root: (root / ANNOTATION).with_name("x.txt").touch(),
        lambda root: (root / IMAGE).with_name("new.jpg").write_bytes(b"x"),
        lambda root: (root / IMAGE).write_bytes((root / IMAGE).read_bytes() + b"x"),
        lambda root: (root / IMAGE).unlink(),
    ],
    ids=["annotation byte", "annotation file", "image added", "image grown", "image gone"],
)
def test_what_makes_a_reader_parse_again(tmp_path, monkeypatch, change):
    """A reader that finds the same files parses nothing; after a change it does."""

    class WasParsedError(Exception):
        pass

    def parse(*_):
        raise WasParsedError

    root = write_tree(tmp_path / "data", parts=("train",))
    VisDroneReader(root.parent, tmp_path / "cache").index("train")
    monkeypatch.setattr(VisDroneReader, "parse", parse)
    VisDroneReader(root.parent, tmp_path / "cache").index("train")
    change(root)
    with pytest.raises(WasParsedError):
        VisDroneReader(root.parent, tmp_path / "cache").index("train")
    with pytest.raises(WasParsedError):
        VisDroneReader(root.parent, tmp_path / "cache", on_error="skip").index("train")


def test_what_a_killed_process_left_of_it_is_removed_and_of_others_not(tmp_path):
    cached_index(tmp_path, "made", ["key"], small_index)
    (path,) = (tmp_path / "index").glob("*.npz")
    path.unlink()
    own, other = (path.with_name(f".{name}.1.tmp") for name in (path.name, "made-0123456789abcdef.npz"))
    for left in (own, other):
        left.write_bytes(b"half")
    cached_index(tmp_path, "made", ["key"], small_index)
    assert not own.exists()
    assert other.exists()
