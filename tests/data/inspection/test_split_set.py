"""Sets that their readers check: counts of the splits, and the one fault that a reader tells."""

import torch

from lga.data.classification.labelled_images import ImageSplits, LabelledImages
from lga.data.detection.splits import DetectionSource, DetectionSplits
from lga.data.inspection.published_set import inspect_splits
from lga.structures.annotations import Annotations, Ignored, WrittenBox, WrittenImage
from lga.system.errors import UserError
from tests.data.inspection.stores import PlainImages

NAMES = ("cat", "dog")


def labelled(*labels):
    return LabelledImages(torch.zeros(len(labels), 4, 6, dtype=torch.uint8), torch.tensor(labels), "made")


def inspected(reader):
    report, _ = inspect_splits("made", "nowhere", "its sha256", NAMES, reader)
    return report.as_dict()


def test_labelled_images():
    splits = ImageSplits(labelled(0, 1, 1), labelled(0), labelled(1, 1), {"file": "00"})
    report = inspected(lambda: splits)
    assert (report["ok"], report["manifest"]) == (True, {"file": "00"})
    assert report["checked"] == "its sha256"
    assert {name: part["contents"]["per_class"] for name, part in report["parts"].items()} == {
        "train": {"cat": 1, "dog": 2},
        "val": {"cat": 1, "dog": 0},
        "test": {"cat": 0, "dog": 2},
    }
    assert report["parts"]["train"]["contents"]["image_sizes"]["largest"] in ((6, 4), [6, 4])


def test_validation_that_is_the_test_split_is_counted_once():
    test = labelled(1)
    report = inspected(lambda: ImageSplits(labelled(0), test, test, {}, "test"))
    assert list(report["parts"]) == ["train", "test"]


def test_boxes():
    """Two images: one with a cat of 4 x 4 and a dog to be ignored, one with nothing."""
    boxes = [WrittenBox((0, 0, 4, 4), 0), WrittenBox((2, 2, 8, 8), 1, Ignored.SIZE)]
    images = [WrittenImage("a", (16, 16), boxes), WrittenImage("b", (16, 16), [])]
    source = DetectionSource(PlainImages(2, 16), Annotations.of_images(images), "made")
    report = inspected(lambda: DetectionSplits(source, source, source, {}))
    contents = report["parts"]["train"]["contents"]
    assert (contents["images"], contents["without_objects"], contents["objects"]) == (2, 1, 1)
    assert (contents["per_class"], contents["ignored"]) == ({"cat": 1, "dog": 0}, {"size": 1})
    assert contents["box_sizes"]["percentiles"]["50"] == 4


def test_what_the_reader_refuses():
    def reader():
        raise UserError("train.gz: not the published file; fetch it again")

    report = inspected(reader)
    assert (report["ok"], report["parts"]) == (False, {})
    assert report["checked"] == "its sha256, up to what is wrong"
    assert report["wrong"][0]["message"] == "train.gz: not the published file; fetch it again"
