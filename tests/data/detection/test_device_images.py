"""Images drawn on a device: here on the processor, from the same draws as OpenCV's, and on `meta`."""

import numpy as np
import pytest
import torch
from PIL import Image

from lga.data.detection.augmentation import DetectionAugmentation
from lga.data.detection.augmentation import with_gains as opencv_gains
from lga.data.detection.detection_data import DetectionData
from lga.data.detection.device_images import MOST_BYTES, device_images, with_gains
from lga.data.detection.image_stores import ArrayImages
from lga.data.detection.splits import DetectionSplits
from tests.data.detection.sources import annotations_of, source_of_files, targets_of

SIZES = ((40, 30), (30, 40), (90, 20), (64, 64), (33, 71), (12, 12))
STILL = {"hsv_h": 0.0, "hsv_s": 0.0, "hsv_v": 0.0}
TENSORS = ("boxes", "labels", "image_index", "ignore")


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """Images of noise of several shapes, larger and smaller than the training image, with two boxes each."""
    folder, random = tmp_path_factory.mktemp("images"), np.random.default_rng(0)
    boxes = [targets_of([(1, 1, width - 2, height - 2), (2, 3, 11, 12)], [0, 1]) for width, height in SIZES]
    annotations = annotations_of(np.array(SIZES), boxes)
    for name, (width, height) in zip(annotations.names, SIZES, strict=True):
        Image.fromarray(random.integers(0, 256, (height, width, 3), np.uint8)).save(folder / f"{name}", "png")

    class Reader:
        def __call__(self):
            source = source_of_files(annotations, folder)
            return DetectionSplits(source, source, source, {})

    return Reader()


def batches(reader, augmentation, device, epochs=3):
    settings = DetectionAugmentation(**augmentation)
    data = DetectionData(reader, 64, 3, 20, settings, seed=2, cache="memory")
    data.device = device
    loader, made = data.train_dataloader(), []
    for epoch in range(epochs):
        loader.sampler.set_epoch(epoch)
        for batch in loader:
            assert (batch.plan is not None) == (device is not None)
            made.append(data.on_after_batch_transfer(batch.to(device or "cpu"), 0))
    return made


@pytest.mark.parametrize("mosaic", [0.0, 0.5, 1.0])
def test_places_are_those_of_opencv_to_one_level(reader, mosaic):
    """Shrunk and enlarged, cut off at every side, flipped and not, in mosaics and alone."""
    augmentation = {**STILL, "mosaic": mosaic}
    for theirs, ours in zip(
        *(batches(reader, augmentation, device) for device in (None, "cpu")), strict=True
    ):
        assert ours.plan is None
        assert (ours.images - theirs.images).abs().max() * 255 < 1.001
        assert all(torch.equal(getattr(ours, name), getattr(theirs, name)) for name in TENSORS)
        assert ours.most == theirs.most


def test_images_at_their_own_size_are_the_same_to_the_bit(reader):
    augmentation = {**STILL, "mosaic": 0.0, "scale": 0.0, "translate": 0.0}
    pairs = zip(*(batches(reader, augmentation, device) for device in (None, "cpu")), strict=True)
    same = [
        torch.equal(x, y) for theirs, ours in pairs for x, y in zip(ours.images, theirs.images, strict=True)
    ]
    assert sum(same) >= 3  # of three epochs the image of 64 x 64


def test_colours_are_those_of_opencv_to_one_level():
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (6, 40, 40, 3), np.uint8)
    pixels[3] = np.repeat(pixels[3, :, :, :1], 3, 2)  # grey
    gains = np.array(
        [(1, 1, 1), (1.015, 1.7, 1.4), (0.985, 0.3, 0.6), (1, 1.7, 1), (1.01, 1, 1), (1, 1, 0.5)]
    )
    ours = with_gains(torch.from_numpy(pixels).float(), torch.from_numpy(gains.astype(np.float32)))
    theirs = [opencv_gains(image, tuple(each)) for image, each in zip(pixels, gains.tolist(), strict=True)]
    off = np.abs(ours.numpy() - np.stack(theirs))
    assert off.max() <= 1
    assert (off[0] == 0).all()


def test_both_together_differ_by_little(reader):
    pairs = zip(*(batches(reader, {}, device) for device in (None, "cpu")), strict=True)
    assert max((ours.images - theirs.images).abs().mean() for theirs, ours in pairs) * 255 < 0.5


def test_no_operation_mixes_devices(reader):
    for batch in batches(reader, {}, "meta", epochs=1):
        assert batch.images.is_meta
        assert batch.images.shape == (3, 3, 64, 64)


def test_what_does_not_fit_or_lies_in_files_stays_there(reader, tmp_path, monkeypatch):
    source = reader().train
    assert device_images(source.images, 64, "cpu") is None  # files, not kept resized
    assert device_images(source.images, 64, None) is None
    np.save(tmp_path / "images.npy", np.zeros((6, 8, 8, 3), np.uint8))
    array = ArrayImages(tmp_path / "images.npy")
    assert device_images(array, 64, "cpu") is not None
    monkeypatch.setattr("lga.data.detection.device_images.MOST_BYTES", 6 * 192 - 1)
    assert device_images(array, 64, "cpu") is None
    assert MOST_BYTES > 6 * 192
