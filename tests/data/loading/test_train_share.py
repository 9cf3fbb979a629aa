"""A share of the training images: its size, that shares are nested, and that nothing else sees the others.

Sizes by hand: of 1,204 images a quarter is 301; of 36, 9; of 16, 4; of 5, round(2.5) = 2; never none.
"""

from itertools import pairwise

import numpy as np
import pytest
import torch

from lga.data.classification.classification_data import ClassificationData
from lga.data.classification.digits import DigitsReader
from lga.data.detection.augmentation import DetectionAugmentation
from lga.data.detection.detection_data import DetectionData
from lga.data.detection.image_cache import with_cached_images
from lga.data.detection.image_stores import FileImages, PickedImages, picked
from lga.data.loading.sharding import Shard
from lga.data.loading.splits_data import shared_images
from tests.data.detection.sources import MadeReader, flat, source_of, targets_of

SHARES = (0.01, 0.25, 0.5, 0.75, 1.0)


@pytest.mark.parametrize(
    ("images", "share", "expected"),
    [(1204, 0.25, 301), (1000, 0.25, 250), (36, 0.25, 9), (5, 0.5, 2), (3, 0.01, 1), (7, 1.0, 7)],
)
def test_how_many_images_a_share_is(images, share, expected):
    assert shared_images(images, share).sum() == expected


def test_a_smaller_share_lies_within_a_larger_one():
    masks = [shared_images(200, share) for share in SHARES]
    for smaller, larger in pairwise(masks):
        assert larger[smaller].all()
        assert larger.sum() > smaller.sum()


def test_a_share_is_spread_over_the_split():
    """A quarter of 1,000: of each tenth 10 to 40 images, 5 standard deviations (2 x 3.1) on both sides."""
    of_each_tenth = shared_images(1000, 0.25).reshape(10, 100).sum(1)
    assert of_each_tenth.min() >= 10
    assert of_each_tenth.max() <= 40


def detection(**settings):
    still = DetectionAugmentation(hsv_h=0, hsv_s=0, hsv_v=0, scale=0, translate=0, fliplr=0, mosaic=0)
    defaults = {"image_size": 32, "batch_size": 3, "epochs": 20, "seed": 1, "augmentation": still}
    return DetectionData(MadeReader(), **{**defaults, **settings})


def seen(data):
    """Numbers of the made images in an epoch, image i being of grey 10 * i."""
    batches = list(data.train_dataloader())
    return sorted(int(grey) // 10 for batch in batches for grey in batch.images[:, 0, 0, 0])


def test_an_epoch_is_the_share_and_the_same_for_every_seed():
    quarter = seen(detection(train_share=0.25))
    assert len(quarter) == 4
    assert quarter == seen(detection(train_share=0.25, seed=7))
    assert quarter == np.flatnonzero(shared_images(16, 0.25)).tolist()
    assert set(quarter) < set(seen(detection(train_share=0.5)))
    assert seen(detection()) == list(range(16))


def test_boxes_stay_with_their_images():
    (batch,) = detection(train_share=0.25, batch_size=4).train_dataloader()
    assert torch.equal(batch.images[:, 0, 0, 0] // 10 % 3, batch.labels)


def test_the_other_splits_stay_and_the_counts_tell_the_share():
    data = detection(train_share=0.25)
    assert data.splits.counts == {"train": 4, "val": 4, "test": 4}
    assert data.splits.val.names.tolist() == detection().splits.val.names.tolist()
    digits = ClassificationData(DigitsReader(), image_size=8, batch_size=100, train_share=0.25)
    assert digits.splits.counts == {"train": 301, "val": 297, "test": 296}
    assert [len(batch.labels) for batch in digits.train_dataloader()] == [100, 100, 100, 1]


def test_mosaics_are_made_of_the_share_alone():
    mosaic = DetectionAugmentation(hsv_h=0, hsv_s=0, hsv_v=0, fliplr=0, scale=0, mosaic=1, close_mosaic=0)
    loader = detection(train_share=0.25, augmentation=mosaic, image_size=64).train_dataloader()
    allowed = {10 * number for number in np.flatnonzero(shared_images(16, 0.25))} | {114}  # of the margins
    found = set()
    for epoch in range(4):
        loader.sampler.set_epoch(epoch)
        found |= {int(grey) for batch in loader for grey in batch.images.unique()}
    greys = {grey for grey in found if grey % 10 == 0}
    assert len(greys) > 1
    assert greys <= allowed


@pytest.mark.parametrize("make", [detection, None], ids=["detection", "classification"])
def test_devices_divide_the_batches_of_the_share(make):
    def data():
        if make is not None:
            return make(train_share=0.5, batch_size=4)
        return ClassificationData(DigitsReader(), image_size=8, batch_size=43, train_share=0.25)

    whole = [key.indices.tolist() for key in data().train_dataloader().sampler]
    divided = []
    for rank in range(2):
        one = data()
        one.shard = Shard(rank, 2)
        divided.append([key.indices.tolist() for key in one.train_dataloader().sampler])
    assert [sorted([*a, *b]) for a, b in zip(*divided, strict=True)] == [sorted(batch) for batch in whole]


def test_an_epoch_of_a_resumed_run_is_that_of_one_that_was_never_stopped():
    def fourth(skipped):
        loader = detection(train_share=0.75).train_dataloader()
        for epoch in () if skipped else range(3):
            loader.sampler.set_epoch(epoch)
            list(loader)
        loader.sampler.set_epoch(3)
        return torch.cat([batch.images for batch in loader])

    assert torch.equal(fourth(skipped=True), fourth(skipped=False))


def test_files_stay_files_so_that_only_the_share_is_kept_resized(tmp_path):
    names = np.array([f"{number}.png" for number in range(4)])
    files = FileImages(tmp_path, names, np.full((4, 2), 32))
    share = picked(files, np.array([1, 3]))
    assert isinstance(share, FileImages)
    assert share.names.tolist() == ["1.png", "3.png"]
    made = source_of([flat(8, 8, grey, grey, grey) for grey in (0, 10, 20)], [targets_of()] * 3)
    taken = made.take(np.array([False, True, True]))
    assert isinstance(taken.images, PickedImages)
    assert [taken.images.load(row)[0, 0, 0] for row in range(len(taken))] == [10, 20]
    assert with_cached_images(taken, 8, "memory", None) is taken
