"""The terms of the loss, by hand."""

import math

import pytest
import torch

from lga.detection.yolov8 import assigner, loss
from lga.detection.yolov8.assigner import pad_targets
from lga.detection.yolov8.loss import (
    box_loss,
    class_loss,
    detection_loss,
    distribution_loss,
    side_distances,
)
from tests.detection.batches import batch_of


def test_box_loss_weighs_each_anchor():
    """1 - CIoU is 0 for the first pair and 1 - (1/7 - 1/9) for the second."""
    boxes = torch.tensor([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 2.0]])
    targets = torch.tensor([[0.0, 0.0, 2.0, 2.0], [1.0, 1.0, 3.0, 3.0]])
    expected = 0.25 * (1 - (1 / 7 - 1 / 9))
    assert box_loss(boxes, targets, torch.tensor([3.0, 0.25])).item() == pytest.approx(expected, rel=1e-5)


def test_distances_are_clamped_below_the_last_bin():
    """An anchor at (2, 3); the target reaches 40 cells to the right and ends above the anchor."""
    distances = side_distances(torch.tensor([[2.0, 3.0]]), torch.tensor([[1.0, 0.5, 42.0, 2.0]]), 16)
    torch.testing.assert_close(distances, torch.tensor([[1.0, 2.5, 14.99, 0.0]]))


def test_distribution_loss_of_uniform_bins():
    """Every bin has probability 1/16, so each side costs log 16."""
    loss = distribution_loss(torch.zeros(1, 64), torch.full((1, 4), 2.25), torch.tensor([0.5]))
    assert loss.item() == pytest.approx(0.5 * math.log(16))


def test_distribution_loss_weighs_the_two_bins_by_closeness():
    """2.25 lies by 2 (weight 3/4, probability 1/2) and 3 (weight 1/4, probability 1/4): 5/4 log 2."""
    probabilities = torch.full((16,), 0.25 / 14)
    probabilities[2], probabilities[3] = 0.5, 0.25
    logits = probabilities.log().repeat(4).view(1, 64)
    loss = distribution_loss(logits, torch.full((1, 4), 2.25), torch.ones(1))
    assert loss.item() == pytest.approx(1.25 * math.log(2), rel=1e-5)


def test_class_loss_is_a_sum():
    """Logit 0 costs log 2 whatever the target; logit log 3 against 1 costs log(4/3)."""
    logits = torch.tensor([[[0.0, 0.0], [0.0, math.log(3)]]])
    scores = torch.tensor([[[0.0, 0.3], [0.0, 1.0]]])
    assert class_loss(logits, scores).item() == pytest.approx(3 * math.log(2) + math.log(4 / 3), rel=1e-5)


@pytest.mark.parametrize("boxes", [0, 1, 40])
def test_all_pairs_give_what_candidates_give(monkeypatch, boxes):
    """As on a GPU, where candidates are not looked for: terms, norm and gradients, with crowds too."""
    random = torch.Generator().manual_seed(boxes)
    levels = [torch.randn(3, 69, side, side, generator=random) for side in (8, 4, 2)]
    corners = 40 * torch.rand(boxes, 2, generator=random)
    found = torch.cat([corners, corners + 9 + 24 * torch.rand(boxes, 2, generator=random)], 1)
    labels = torch.randint(0, 5, (boxes,), generator=random)
    rows = torch.arange(boxes) % 2  # the last image has none
    batch = batch_of(torch.zeros(3, 3, 64, 64), found.tolist(), labels.tolist(), rows.tolist())
    results = []
    for every_pair in (False, True):
        monkeypatch.setattr(assigner, "reads_nothing", lambda *_, given=every_pair: given)
        monkeypatch.setattr(loss, "reads_nothing", lambda *_, given=every_pair: given)
        given = [level.clone().requires_grad_() for level in levels]
        sums = detection_loss(given, pad_targets(batch), torch.arange(16.0))
        sums.divided()["total"].backward()
        results.append([*sums.terms.values(), sums.norm, *(level.grad for level in given)])
    for candidates, pairs in zip(*results, strict=True):
        torch.testing.assert_close(pairs, candidates, rtol=1e-5, atol=1e-6)
    assert boxes == 0 or results[0][0] > 0


def test_no_targets_leave_the_class_term():
    """2 images, 21 anchors, 3 classes, logits 0: a class term of 0.5 * 126 log 2, a total of twice it."""
    levels = [torch.zeros(2, 67, side, side, requires_grad=True) for side in (4, 2, 1)]
    loss = detection_loss(
        levels, pad_targets(batch_of(torch.zeros(2, 3, 32, 32))), torch.arange(16.0)
    ).divided()
    assert loss["box"].item() == 0
    assert loss["distribution"].item() == 0
    assert loss["class"].item() == pytest.approx(63 * math.log(2), rel=1e-5)
    assert loss["total"].item() == pytest.approx(126 * math.log(2), rel=1e-5)
    loss["total"].backward()
    for level in levels:
        assert level.grad[:, :64].abs().max() == 0
        # The sigmoid of 0 is one half, times the gain of one half, times two images.
        torch.testing.assert_close(level.grad[:, 64:], torch.full_like(level.grad[:, 64:], 0.5))


def test_a_target_without_a_candidate_is_as_none():
    """A box between the anchor centres of every level contains none of them."""
    levels = [torch.zeros(1, 65, side, side, requires_grad=True) for side in (4, 2, 1)]
    batch = batch_of(torch.zeros(1, 3, 32, 32), [[5, 5, 7, 7]], [0], [0])
    loss = detection_loss(levels, pad_targets(batch), torch.arange(16.0)).divided()
    assert loss["box"].item() == 0
    assert loss["class"].item() == pytest.approx(0.5 * 21 * math.log(2), rel=1e-5)


def test_half_precision_maps_are_judged_in_full():
    torch.manual_seed(0)
    levels = [torch.randn(1, 66, side, side) for side in (4, 2, 1)]
    targets = pad_targets(batch_of(torch.zeros(1, 3, 32, 32), [[2, 2, 30, 28]], [1], [0]))
    half = [level.bfloat16() for level in levels]
    loss = detection_loss(half, targets, torch.arange(16.0)).divided()
    assert loss["total"].dtype == torch.float32
    again = detection_loss([level.float() for level in half], targets, torch.arange(16.0)).divided()
    assert loss["total"].item() == again["total"].item()
