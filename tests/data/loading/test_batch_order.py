"""Order of the batches: every image once, by (seed, epoch) alone."""

import numpy as np
import pytest
import torch

from lga.data.loading.batch_order import BatchOrder


def indices(order):
    return np.concatenate([key.indices for key in order])


def test_every_image_once_with_a_smaller_last_batch():
    order = BatchOrder(10, 4, seed=0, shuffle=True)
    keys = list(order)
    assert [(key.epoch, key.number, len(key.indices)) for key in keys] == [(0, 0, 4), (0, 1, 4), (0, 2, 2)]
    assert sorted(indices(order)) == list(range(10))


@pytest.mark.parametrize(("size", "batches"), [(10, 3), (8, 2)])
def test_length(size, batches):
    order = BatchOrder(size, 4, seed=0, shuffle=True)
    assert len(order) == len(list(order)) == batches


def test_unshuffled():
    assert indices(BatchOrder(10, 4, seed=0, shuffle=False)).tolist() == list(range(10))


def test_epoch_3_is_the_same_whether_or_not_others_came_before():
    through, direct = (BatchOrder(50, 8, seed=7, shuffle=True) for _ in range(2))
    for epoch in range(4):
        through.set_epoch(epoch)
        seen = indices(through)
    torch.manual_seed(123)
    direct.set_epoch(3)
    assert np.array_equal(indices(direct), seen)


def test_epochs_and_seeds_differ():
    orders = set()
    for seed in (0, 1):
        order = BatchOrder(50, 8, seed=seed, shuffle=True)
        for epoch in range(3):
            order.set_epoch(epoch)
            orders.add(tuple(indices(order).tolist()))
    assert len(orders) == 6
