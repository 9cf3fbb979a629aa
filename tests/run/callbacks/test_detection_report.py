"""Which images of a test are drawn, and what their pictures say."""

import hashlib
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch

from lga.detection.judging import JudgedImage
from lga.run.callbacks import detection_report
from lga.run.callbacks.detection_report import SHOWN_IMAGES, DetectionReport
from lga.structures import Detections
from lga.structures.batch import ImageOrigin

NAMES = [f"test-{number:05}" for number in range(30)]
DRAWN = sorted(NAMES, key=lambda name: hashlib.sha256(name.encode()).hexdigest())[:SHOWN_IMAGES]
BOX = torch.tensor([[4.0, 4, 20, 20]])


def judged(name):
    """One object of class 0, found, and a box of class 1 around it that is wrong, below the right one."""
    origin = ImageOrigin(NAMES.index(name), name, 32, 32, (1.0, 1.0), (0.0, 0.0))
    around = torch.tensor([[2.0, 2, 26, 26]])
    found = Detections(torch.cat([BOX, around]), torch.tensor([0.9, 0.5]), torch.tensor([0, 1]))
    return JudgedImage(origin, found, BOX, torch.tensor([0]), torch.tensor([False]))


def report_on(folder, names, batch_size):
    """The report after batches of these images."""
    report = DetectionReport(folder)
    for start in range(0, len(names), batch_size):
        part = names[start : start + batch_size]
        batch = SimpleNamespace(images=torch.zeros(len(part), 3, 32, 32))
        report.on_test_batch_end(None, None, {"images": [judged(name) for name in part]}, batch, 0)
    return report


def written(report):
    trainer = SimpleNamespace(is_global_zero=True, loggers=[])
    report.on_test_end(trainer, SimpleNamespace(curves={}, class_names=["a", "b"]))
    paths = sorted(report.pictures.iterdir())
    assert [path.name for path in paths] == [f"{number}-{name}.png" for number, name in enumerate(DRAWN)]
    return cv2.imread(str(paths[0]))[:, :, ::-1]


@pytest.mark.parametrize(("names", "batch_size"), [(NAMES, 7), (NAMES[::-1], 1)])
def test_images_are_drawn_by_the_hashes_of_their_names(tmp_path, names, batch_size):
    assert NAMES[:SHOWN_IMAGES] != DRAWN
    report = report_on(tmp_path, names, batch_size)
    written(report)
    assert len(report._shown) == SHOWN_IMAGES


def test_devices_draw_the_same_together(tmp_path, monkeypatch):
    shown = [report_on(tmp_path, NAMES[device::3], 4)._shown for device in range(3)]
    monkeypatch.setattr(detection_report, "gathered", lambda own: shown)
    written(DetectionReport(tmp_path))


def test_right_is_green_and_wrong_is_red_in_box_and_heading(tmp_path):
    picture = written(report_on(tmp_path, NAMES, 8))
    half = picture.shape[1] // 2
    green, red, orange = [0, 128, 60], [208, 2, 27], [224, 122, 0]

    def has(colour, part):
        return (np.abs(part.astype(int) - colour).max(2) <= 3).any()

    for part, rows in (("heading", slice(0, 24)), ("boxes", slice(24, None))):
        true, found = picture[rows, :half], picture[rows, half:]
        assert has(red, found), part
        assert has(green, found), part
        assert not has(red, true), part
        assert has(green, true) == (part == "boxes")
        assert has(orange, true) == (part == "heading")
