"""Splits of image files, good and bad, and how large a source is for a worker."""

import pickle

import numpy as np
import pytest
from PIL import Image

from lga.data.detection import ArrayImages, BoxChecks, DetectionSplits, ImageRecord, source_of_files
from lga.structures import UserError
from tests.data.detection.sources import flat, source_of, targets_of


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sub").mkdir()
    Image.fromarray(flat(30, 20, 1, 2, 3)).save(tmp_path / "sub" / "a.png")
    Image.fromarray(flat(16, 16, 4, 5, 6)).save(tmp_path / "b.png")
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "short.jpg")
    (tmp_path / "short.jpg").write_bytes((tmp_path / "short.jpg").read_bytes()[:-900])
    (tmp_path / "page.jpg").write_text("<html>")
    return tmp_path


def record(image, *boxes):
    return ImageRecord(image, targets_of(boxes), f"labels of {image}")


def test_a_split_of_files(folder):
    records = [record("sub/a.png", (1, 2, 11, 12), (20, 5, 40, 15)), record("b.png")]
    checks = BoxChecks(2, "raise")
    source = source_of_files(folder, records, "files val", checks)
    assert len(source) == 2
    assert source.sizes.tolist() == [[30, 20], [16, 16]]
    first, second = source[0], source[1]
    assert first.name == "sub/a.png"
    assert first.image.shape == (20, 30, 3)
    assert (first.image == (1, 2, 3)).all()
    assert first.targets.boxes.tolist() == [[1, 2, 11, 12], [20, 5, 30, 15]]
    assert second.targets.boxes.shape == (0, 4)
    assert checks.counts == {"boxes clipped to the image": 1}


def test_a_bad_box_is_named_by_its_place(folder):
    with pytest.raises(UserError, match=r"^labels of b\.png: box 1 is of no size"):
        source_of_files(folder, [record("b.png", (1, 1, 1, 5))], "files val", BoxChecks(2, "raise"))


@pytest.mark.parametrize("bad", ["page.jpg", "gone.jpg"])
def test_a_bad_image_is_named(folder, bad):
    with pytest.raises(UserError, match=rf"{bad}: "):
        source_of_files(folder, [record("b.png"), record(bad)], "files val", BoxChecks(2, "raise"))


def test_a_truncated_image_is_named_when_it_is_met(folder):
    source = source_of_files(folder, [record("short.jpg")], "files val", BoxChecks(2, "raise"))
    with pytest.raises(UserError, match=r"short\.jpg: cannot be read as an image"):
        source[0]


def test_bad_images_are_left_out_and_counted(folder):
    records = [record(name, (1, 1, 5, 5)) for name in ("short.jpg", "b.png", "page.jpg", "gone.jpg")]
    checks = BoxChecks(2, "skip")
    source = source_of_files(folder, records, "files val", checks)
    assert source.names.tolist() == ["b.png"]
    assert checks.counts == {"images unreadable": 3}


@pytest.mark.parametrize("empty", ["train", "val", "test"])
def test_a_split_without_images(folder, empty):
    full = source_of([flat(8, 8, 0, 0, 0)], [targets_of()])
    splits = dict.fromkeys(("train", "val", "test"), full)
    splits[empty] = source_of_files(folder, [], f"files {empty}", BoxChecks(2, "raise"))
    with pytest.raises(UserError, match=rf"^files {empty}: no image; training, validation and test need "):
        DetectionSplits(**splits, class_names=("a",), manifest={})


def test_an_array_of_images_is_handed_over_by_its_path(tmp_path):
    np.save(tmp_path / "images.npy", np.arange(5 * 64 * 64 * 3, dtype=np.uint8).reshape(5, 64, 64, 3))
    images = ArrayImages(tmp_path / "images.npy")
    assert len(images) == 5
    handed = pickle.dumps(images)
    assert len(handed) < 500
    assert (pickle.loads(handed).load(3) == images.load(3)).all()
