"""Batches divided over devices: together they are one device's, and no device misses a step."""

import numpy as np
import pytest
import torch

from lga.data.classification.augmentation import AffineAugmentation
from lga.data.loading.batch_order import BatchKey, BatchOrder
from lga.data.loading.sharding import Shard, ShardedBatches, WholeBatches, share_of


def training_keys(devices, size, batch_size):
    """One device's keys of epoch 3, and those of each of several."""
    one = BatchOrder(size, batch_size, seed=7, shuffle=True)
    several = [
        ShardedBatches(BatchOrder(size, batch_size, seed=7, shuffle=True), Shard(rank, devices))
        for rank in range(devices)
    ]
    for order in (one, *several):
        order.set_epoch(3)
    return list(one), [list(order) for order in several]


@pytest.mark.parametrize("devices", [2, 3, 8])
@pytest.mark.parametrize(("size", "batch_size"), [(32, 8), (37, 7), (10, 9), (5, 2), (1, 4)])
def test_the_devices_shares_of_a_step_are_the_batch_of_one(devices, size, batch_size):
    one, several = training_keys(devices, size, batch_size)
    assert {len(keys) for keys in several} == {len(one)}
    for step, whole in enumerate(one):
        shares = [keys[step] for keys in several]
        together = np.full(len(whole.indices), -1)
        for key in shares:
            assert (key.epoch, key.number, key.share.whole) == (3, whole.number, len(whole.indices))
            assert np.array_equal(whole.indices[key.share.rows], key.indices)
            if key.share.counts:
                assert np.all(together[key.share.rows] == -1)
                together[key.share.rows] = key.indices
        assert np.array_equal(together, whole.indices)
        assert sum(key.share.weight for key in shares) == pytest.approx(1)


def test_shares_of_a_batch_of_seven():
    """By hand: every third image, 3 + 2 + 2 of them."""
    shares = [share_of(7, Shard(rank, 3)) for rank in range(3)]
    assert [share.rows.tolist() for share in shares] == [[0, 3, 6], [1, 4], [2, 5]]
    assert [share.weight for share in shares] == [3 / 7, 2 / 7, 2 / 7]


@pytest.mark.parametrize(("images", "sharing"), [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (8, 4), (9, 4)])
def test_no_share_is_a_single_image_where_the_batch_is_not(images, sharing):
    """Four devices; those left over repeat what the first one has, for nothing."""
    shares = [share_of(images, Shard(rank, 4)) for rank in range(4)]
    assert [share.counts for share in shares] == [rank < sharing for rank in range(4)]
    for share in shares:
        assert len(share.rows) >= min(images, 2)
        if not share.counts:
            assert share.weight == 0
            assert share.rows.tolist() == shares[0].rows.tolist()


@pytest.mark.parametrize("devices", [2, 3, 8])
@pytest.mark.parametrize("most", [None, 1, 3, 100])
def test_each_judged_batch_is_whole_and_on_one_device_in_the_splits_order(devices, most):
    order = BatchOrder(41, 10, seed=0, shuffle=False)
    dealt = [WholeBatches(order, Shard(rank, devices), most) for rank in range(devices)]
    keys = [list(batches) for batches in dealt]
    assert [len(of_device) for of_device in keys] == [len(batches) for batches in dealt]
    assert min(len(of_device) for of_device in keys) == 1 or devices == 2
    counted = [key for of_device in keys for key in of_device if key.share is None]
    expected = list(order)[: len(order) if most is None else most]
    assert [key.number for key in counted] == [key.number for key in expected]
    assert all(np.array_equal(a.indices, b.indices) for a, b in zip(counted, expected, strict=True))
    assert all(not key.share.counts for of_device in keys for key in of_device if key.share is not None)


def test_a_device_without_a_batch_repeats_the_first_one_for_nothing():
    keys = list(WholeBatches(BatchOrder(5, 8, seed=0, shuffle=False), Shard(1, 2)))
    assert [(key.number, key.share.counts, len(key.indices)) for key in keys] == [(0, False, 5)]


def test_an_augmentation_drawn_by_batch_is_the_same_on_a_share():
    augmentation = AffineAugmentation(8, seed=5)
    images = torch.randint(
        0, 256, (7, 1, 8, 8), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    whole = augmentation(images, BatchKey(2, 4, np.arange(7)))
    for rank in range(3):
        share = share_of(7, Shard(rank, 3))
        assert torch.equal(
            augmentation(images[share.rows], BatchKey(2, 4, share.rows, share)), whole[share.rows]
        )
