"""Tiles on disk: the pixels of their images, made once, whole or not at all, and no more than fits."""

from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from lga.data.detection import tile_store
from lga.data.detection.tile_store import TileStore
from lga.data.detection.tiling import TilingRule, windows_of
from lga.system.errors import UserError

RULE = TilingRule((40, 30), (10, 10), 0.7, 0.5)
SIZES = np.array([(70, 30), (25, 20), (40, 40)])  # windows at x 0, 30; the whole; y 0, 10
NAMES = np.array(["part/a.png", "part/sub/b.png", "c.jpg"])


@pytest.fixture
def root(tmp_path):
    random = np.random.RandomState(0)
    for name, (width, height) in zip(NAMES.tolist(), SIZES.tolist(), strict=True):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.randint(0, 256, (height, width, 3), dtype=np.uint8)).save(path)
    return tmp_path / "data"


def store(root):
    return TileStore(root.parent / "cache", "made", RULE)


def files(root, chosen=slice(None)):
    names, sizes = NAMES[chosen], SIZES[chosen]
    return store(root).files(root, names, sizes, windows_of(sizes, RULE))


def folders(root):
    return sorted(path.parent.name.split(".")[0] for path in store(root).folder.rglob("0_0.png"))


def test_the_tiles_are_the_pixels_of_the_images(root):
    found = files(root)
    size = (root / "part/a.png").stat().st_size
    assert found[:2].tolist() == [f"part/a.png.{size}/0_0.png", f"part/a.png.{size}/30_0.png"]
    assert store(root).folder == root.parent / "cache" / "tiles" / "made-40x30-10x10"
    windows = windows_of(SIZES, RULE)
    assert len(found) == len(windows.image) == 5
    for name, image, (x1, y1, x2, y2) in zip(found, windows.image, windows.extent, strict=True):
        whole = np.asarray(Image.open(root / NAMES[image]))
        np.testing.assert_array_equal(Image.open(store(root).folder / name), whole[y1:y2, x1:x2])


def test_tiles_are_made_once_and_reported(root, monkeypatch, capsys):
    first = files(root)
    output = capsys.readouterr().err
    assert "tiles of made: 5 tiles of 3 images need about 0.0 GB in" in output
    assert "3 images cut in" in output
    monkeypatch.setattr(tile_store, "read_image", lambda *_: pytest.fail("cut again"))
    assert files(root).tolist() == first.tolist()
    assert files(root, slice(1, 3)).tolist() == first[2:].tolist()
    assert capsys.readouterr().err == ""


def test_another_image_under_the_same_name_is_cut_again(root):
    before = files(root)
    Image.fromarray(np.zeros((30, 70, 3), np.uint8)).save(root / "part/a.png")
    after = files(root)
    assert (before != after).tolist() == [True, True, False, False, False]
    assert not np.asarray(Image.open(store(root).folder / after[0])).any()


def test_an_image_that_breaks_off_leaves_no_half_of_its_tiles(root):
    """What was cut before it stays; when it is there again, only what is missing is cut."""
    good = (root / "c.jpg").read_bytes()
    files(root, slice(0, 2))
    (root / "c.jpg").write_bytes(good[:300])
    with pytest.raises(UserError, match=r"c\.jpg: cannot be read as an image"):
        files(root)
    assert folders(root) == ["a", "b"]
    assert [path.name for path in store(root).folder.rglob("*unfinished*")] == []
    (root / "c.jpg").write_bytes(good)
    assert len(files(root)) == 5
    assert folders(root) == ["a", "b", "c"]


def test_a_failure_while_writing_leaves_no_half_of_the_tiles(root, monkeypatch):
    encoded, made = tile_store._encoded, []

    def failing(pixels, extent):
        made.append(extent)
        if len(made) > 4:  # three are encoded to learn their size, then the first of a.png
            raise OSError(28, "No space left on device")
        return encoded(pixels, extent)

    monkeypatch.setattr(tile_store, "_encoded", failing)
    monkeypatch.setattr(tile_store, "MOST_THREADS", 1)
    with pytest.raises(UserError, match=r"made-40x30-10x10: No space left on device; .* paths\.cache_dir="):
        files(root)
    assert folders(root) == []


def test_tiles_that_do_not_fit_are_not_begun(root, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(tile_store.shutil, "disk_usage", lambda _: usage(1000))
    with pytest.raises(
        UserError, match=r"5 tiles of 3 images need about .* there are 0\.0 GB free; make room"
    ):
        files(root)
    assert folders(root) == []


def test_the_estimate_is_near_what_is_written(root):
    """Random pixels take as much on every tile: the margin apart, the estimate is exact to a few percent."""
    found = files(root)
    written = sum((store(root).folder / name).stat().st_size for name in found)
    windows = windows_of(SIZES, RULE)
    work = [
        tile_store._Work(root / name, tuple(size), windows.extent[windows.image == number], root)
        for number, (name, size) in enumerate(zip(NAMES.tolist(), SIZES.tolist(), strict=True))
    ]
    assert tile_store._estimated_bytes(work) == pytest.approx(written * tile_store.MARGIN, rel=0.1)


def test_a_folder_that_cannot_be_written(root):
    (root.parent / "cache").write_text("a file")
    with pytest.raises(UserError, match=r"cannot write under .*made-40x30-10x10: .* paths\.cache_dir="):
        files(root)


def test_several_at_once_make_them_once(root, monkeypatch):
    cut, made = tile_store._cut, []
    monkeypatch.setattr(tile_store, "_cut", lambda work: (made.append(work.path.name), cut(work)))
    with ThreadPoolExecutor(3) as threads:
        results = list(threads.map(lambda _: files(root).tolist(), range(3)))
    assert results[0] == results[1] == results[2]
    assert sorted(made) == ["a.png", "b.png", "c.jpg"]
