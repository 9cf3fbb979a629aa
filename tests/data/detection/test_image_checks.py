"""Images that annotations name: there or missing, readable or not, of the size that is written."""

import pickle

import numpy as np
import pytest
from PIL import Image

from lga.data.detection.checks import check_images
from lga.data.detection.faults import Faults
from lga.data.detection.image_stores import ArrayImages, FileImages
from lga.data.detection.splits import DetectionSplits
from lga.structures.annotations import Annotations, WrittenBox, WrittenImage
from lga.system.errors import UserError
from tests.data.detection.sources import flat, source_of, source_of_files, targets_of

PRESENT = {"sub/a.png", "b.png", "short.jpg", "page.jpg"}


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


def written(*names, size=None, boxes=()):
    return Annotations.of_images([WrittenImage(name, size, boxes, f"labels of {name}") for name in names])


def test_sizes_that_the_format_omits_are_read(folder):
    checked = check_images(folder, written("sub/a.png", "b.png"), PRESENT, Faults("raise"))
    assert checked.sizes.tolist() == [[30, 20], [16, 16]]


def test_a_source_of_files(folder):
    """The second box reaches 10 pixels beyond the image: clipped for training, whole for judging."""
    boxes = [WrittenBox((1, 2, 11, 12), 0, area=100.0), WrittenBox((20, 5, 40, 15), 1, area=200.0)]
    split = written("sub/a.png", size=(30, 20), boxes=boxes)
    source = source_of_files(split, folder, "files val")
    image = source.images.load(0)
    assert source.names.tolist() == ["sub/a.png"]
    assert image.shape == (20, 30, 3)
    assert (image == (1, 2, 3)).all()
    assert source.targets(0).boxes.tolist() == [[1, 2, 11, 12], [20, 5, 30, 15]]
    assert source.truth.boxes.tolist() == [[1, 2, 11, 12], [20, 5, 40, 15]]
    assert source.truth.areas.tolist() == [100, 200]


@pytest.mark.parametrize(
    ("name", "size", "expected"),
    [
        ("gone.jpg", None, "^labels of gone.jpg: names the image .*gone.jpg, which is not there"),
        ("page.jpg", None, "page.jpg: cannot be read as an image"),
    ],
)
def test_a_bad_image_is_named(folder, name, size, expected):
    with pytest.raises(UserError, match=expected):
        check_images(folder, written("b.png", name, size=size), PRESENT, Faults("raise"))


def test_bad_images_are_left_out_and_counted(folder):
    faults = Faults("skip")
    names = ("short.jpg", "b.png", "page.jpg", "gone.jpg")
    checked = check_images(folder, written(*names, boxes=[WrittenBox((1, 1, 5, 5), 0)]), PRESENT, faults)
    assert checked.names.tolist() == ["b.png"]
    assert checked.image.tolist() == [0]
    assert faults.counts == {"images missing": 1, "images unreadable or of another size": 2}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("short.jpg", r"short\.jpg: cannot be read as an image"),
        ("b.png", r"b\.png: the image is 16 x 16 pixels, its annotations are for 64 x 64"),
    ],
)
def test_what_only_decoding_tells_is_reported_when_it_is_met(folder, name, expected):
    with pytest.raises(UserError, match=expected):
        FileImages(folder, np.array([name]), np.array([[64, 64]])).load(0)


@pytest.mark.parametrize("empty", ["train", "val", "test"])
def test_a_split_without_images(folder, empty):
    full = source_of([flat(8, 8, 0, 0, 0)], [targets_of()])
    splits = dict.fromkeys(("train", "val", "test"), full)
    splits[empty] = source_of_files(written(), folder, f"files {empty}")
    with pytest.raises(UserError, match=rf"^files {empty}: no image; training, validation and test need "):
        DetectionSplits(**splits, manifest={})


def test_an_array_of_images_is_handed_over_by_its_path(tmp_path):
    np.save(tmp_path / "images.npy", np.arange(5 * 64 * 64 * 3, dtype=np.uint8).reshape(5, 64, 64, 3))
    images = ArrayImages(tmp_path / "images.npy")
    assert len(images) == 5
    handed = pickle.dumps(images)
    assert len(handed) < 500
    assert (pickle.loads(handed).load(3) == images.load(3)).all()
