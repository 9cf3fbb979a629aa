"""The cache of resized images: in memory and on disk, shared by processes, made whole or not at all.

Images are PNG files of noise, 64 x 48 and 20 x 30 pixels. With an image size of 32 they are kept as 32 x 24
and as they are: 3 * 32 * 24 = 2304 and 3 * 20 * 30 = 1800 bytes.
"""

import multiprocessing
import shutil
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from PIL import Image

from lga.config.compose import compose
from lga.config.frozen_run import freeze
from lga.data.detection import image_cache
from lga.data.detection.augmentation import DetectionAugmentation
from lga.data.detection.detection_data import DetectionData
from lga.data.detection.image_cache import with_cached_images
from lga.data.detection.image_stores import FileImages
from lga.data.detection.splits import DetectionSplits
from lga.structures.annotations import Annotations, WrittenBox, WrittenImage
from lga.system.errors import UserError
from tests.data.detection.sources import MadeReader, flat, source_of, source_of_files, targets_of

SIZES = [(64, 48), (20, 30)]
CACHES = ("memory", "disk")


@pytest.fixture
def source(tmp_path):
    return written_source(tmp_path / "images")


def written_source(folder, sizes=SIZES):
    folder.mkdir()
    images = []
    for number, (width, height) in enumerate(sizes):
        pixels = np.random.default_rng(number).integers(0, 256, (height, width, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
        images.append(
            WrittenImage(f"{number}.png", (width, height), [WrittenBox((2, 4, 10, 12), 0)], "labels")
        )
    return source_of_files(Annotations.of_images(images), folder, "made train")


def kept_files(tmp_path):
    return sorted(path.name for path in (tmp_path / "cache/images").iterdir() if path.suffix != ".lock")


@pytest.mark.parametrize("cache", CACHES)
def test_longer_sides_shrink_to_the_image_size_and_no_image_grows(source, tmp_path, cache):
    cached = with_cached_images(source, 32, cache, tmp_path / "cache")
    assert len(cached.images) == 2
    shrunk = cv2.resize(source.images.load(0), (32, 24), interpolation=cv2.INTER_LINEAR)
    np.testing.assert_array_equal(cached.images.load(0), shrunk)
    np.testing.assert_array_equal(cached.images.load(1), source.images.load(1))
    assert not cached.images.load(0).flags.writeable
    assert cached.sizes.tolist() == [list(size) for size in SIZES]
    assert cached.annotations is source.annotations


def test_what_is_in_an_array_is_not_kept_again(tmp_path):
    made = source_of([flat(64, 64, 1, 2, 3)], [targets_of()])
    assert with_cached_images(made, 32, "memory", None) is made


def test_none_keeps_nothing(source, tmp_path):
    assert with_cached_images(source, 32, "none", tmp_path / "cache") is source
    assert not (tmp_path / "cache").exists()


def test_on_disk_the_pixels_are_made_once(source, tmp_path, monkeypatch, capsys):
    with_cached_images(source, 32, "disk", tmp_path / "cache")
    output = capsys.readouterr().err
    assert "images of made train: 2 resized images need 0.00 GB in" in output
    assert "2 images resized in" in output
    (kept,) = kept_files(tmp_path)
    assert kept.startswith("made-train-")
    assert (tmp_path / "cache/images" / kept).stat().st_size == 2304 + 1800
    monkeypatch.setattr(FileImages, "load", lambda *_: pytest.fail("read again"))
    again = with_cached_images(source, 32, "disk", tmp_path / "cache")
    assert again.images.load(0).shape == (24, 32, 3)
    assert capsys.readouterr().err == ""


def test_another_image_size_or_another_file_is_kept_apart(source, tmp_path):
    with_cached_images(source, 32, "disk", tmp_path / "cache")
    with_cached_images(source, 16, "disk", tmp_path / "cache")
    assert len(kept_files(tmp_path)) == 2
    Image.fromarray(flat(64, 48, 9, 9, 9)).save(tmp_path / "images/0.png")
    changed = with_cached_images(source, 32, "disk", tmp_path / "cache")
    assert len(kept_files(tmp_path)) == 3
    assert (changed.images.load(0) == 9).all()


def test_a_kept_file_that_was_cut_short_is_made_again(source, tmp_path):
    with_cached_images(source, 32, "disk", tmp_path / "cache")
    (kept,) = kept_files(tmp_path)
    path = tmp_path / "cache/images" / kept
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with_cached_images(source, 32, "disk", tmp_path / "cache")
    assert path.read_bytes() == whole


@pytest.mark.parametrize("cache", CACHES)
def test_a_bad_image_is_named_and_nothing_stays(source, tmp_path, cache):
    path = tmp_path / "images/1.png"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match=rf"{path}: cannot be read as an image"):
        with_cached_images(source, 32, cache, tmp_path / "cache")
    assert cache == "memory" or kept_files(tmp_path) == []


@pytest.mark.parametrize("cache", CACHES)
def test_without_enough_room_nothing_is_begun(source, tmp_path, cache, monkeypatch):
    """4,104 bytes are needed."""
    monkeypatch.setattr(image_cache, "available_memory", lambda: 4103)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=4103))
    monkeypatch.setattr(FileImages, "load", lambda *_: pytest.fail("begun"))
    with pytest.raises(
        UserError, match=r"made train: 2 resized images need 0\.00 GB .*with data\.cache=none"
    ):
        with_cached_images(source, 32, cache, tmp_path / "cache")


def test_a_folder_that_cannot_be_written(source, tmp_path):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(UserError, match=r"cannot write under .*cache/images: .*paths\.cache_dir="):
        with_cached_images(source, 32, "disk", tmp_path / "cache")


def _sum_of(images, results):
    results.put(int(images.load(0).sum()))


@pytest.mark.parametrize(("method", "cache"), [("fork", "memory"), ("fork", "disk"), ("spawn", "disk")])
def test_other_processes_see_the_same_pixels(source, tmp_path, cache, method):
    """Also those that are not forked, whose store comes through a pipe."""
    images = with_cached_images(source, 32, cache, tmp_path / "cache").images
    context = multiprocessing.get_context(method)
    results = context.Queue()
    process = context.Process(target=_sum_of, args=(images, results))
    process.start()
    assert results.get(timeout=300) == int(images.load(0).sum())
    process.join()


class FilesReader:
    """One source as all three splits."""

    def __init__(self, source, cache_dir):
        self.source, self.cache_dir = source, cache_dir

    def __call__(self):
        return DetectionSplits(self.source, self.source, self.source, {})


def noise(tmp_path, sizes):
    return FilesReader(written_source(tmp_path / "set", sizes), tmp_path / "cache")


def data_of(reader, cache, **settings):
    augmentation = DetectionAugmentation(**settings.pop("augmentation", {}))
    return DetectionData(reader, 32, 4, epochs=20, augmentation=augmentation, cache=cache, **settings)


LARGE = [(64, 48), (100, 70), (33, 90), (47, 64), (61, 61)] * 2
SMALL = [(32, 24), (20, 30), (7, 5), (31, 32), (16, 16)] * 2


@pytest.mark.parametrize("cache", CACHES)
@pytest.mark.parametrize("val_shape", ["square", "toolchain"])
def test_evaluation_is_the_same_bit_by_bit(tmp_path, cache, val_shape):
    reader = noise(tmp_path, LARGE + SMALL)
    plain, cached = (
        list(data_of(reader, kind, val_shape=val_shape).val_dataloader()) for kind in ("none", cache)
    )
    for expected, found in zip(plain, cached, strict=True):
        assert torch.equal(expected.images, found.images)
        assert torch.equal(expected.boxes, found.boxes)
        assert expected.origins == found.origins


@pytest.mark.parametrize("num_workers", [0, 2])
@pytest.mark.parametrize(("sizes", "alike"), [(SMALL, True), (LARGE, False)])
def test_boxes_of_training_are_the_same_and_pixels_unless_an_image_shrank(
    tmp_path, sizes, alike, num_workers
):
    reader = noise(tmp_path, sizes)
    plain = list(data_of(reader, "none").train_dataloader())
    cached = list(data_of(reader, "memory", num_workers=num_workers).train_dataloader())
    for expected, found in zip(plain, cached, strict=True):
        assert torch.equal(expected.boxes, found.boxes)
        assert torch.equal(expected.image_index, found.image_index)
    pairs = zip(plain, cached, strict=True)
    assert all(torch.equal(expected.images, found.images) for expected, found in pairs) == alike


@pytest.mark.parametrize("mosaic", [0.0, 1.0])
def test_what_is_under_a_box_stays_under_it(tmp_path, mosaic):
    """A white square of 40 pixels on black, in an image of 160 x 120 that is kept as 32 x 24.

    Wherever a box goes of which all is seen, its middle is white, and what is 2 pixels beyond it is not.
    """
    pixels = flat(160, 120, 0, 0, 0)
    pixels[40:80, 60:100] = 255
    (tmp_path / "set").mkdir()
    Image.fromarray(pixels).save(tmp_path / "set/0.png")
    written = WrittenImage("0.png", (160, 120), [WrittenBox((60, 40, 100, 80), 0)], "labels")
    source = source_of_files(Annotations.of_images([written] * 4), tmp_path / "set", "made train")
    settings = {"mosaic": mosaic, "hsv_v": 0.0}
    data = data_of(FilesReader(source, None), "memory", augmentation=settings)
    (batch,) = data.train_dataloader()
    whole = 0
    boxes = batch.boxes.round().int().tolist()
    for image, (x1, y1, x2, y2) in zip(batch.images[batch.image_index], boxes, strict=True):
        if min(x1, y1) < 2 or max(x2, y2) > 30 or abs((x2 - x1) - (y2 - y1)) > 1:
            continue  # at an edge, or cut by another image
        whole += 1
        assert image[:, (y1 + y2) // 2, (x1 + x2) // 2].min() == 255
        assert image[:, (y1 + y2) // 2, [x1 - 2, x2 + 1]].max() < 128
    assert whole > 0


def test_the_test_split_is_not_kept(tmp_path, monkeypatch):
    data = data_of(noise(tmp_path, LARGE), "disk")
    list(data.test_dataloader())
    assert not (tmp_path / "cache").exists()


def test_a_disk_cache_needs_a_folder():
    with pytest.raises(UserError, match=r"^cache=disk: the reader of this set has no cache_dir"):
        data_of(MadeReader(), "disk")


def test_the_cache_is_part_of_what_makes_a_run():
    """Training pixels differ a little, so a run with it is another run."""
    plain, cached = (freeze(compose(["dataset=visdrone", f"data.cache={kind}"])) for kind in CACHES)
    assert plain.config["task"]["data"]["cache"] == "memory"
    assert plain.config_hash != cached.config_hash
