"""Task-aligned assignment on 16 anchors, at 4, 12, 20, 28 in either direction of a 32 px image.

Target 0 is [0,16]^2 of class 0, with candidates 0, 1, 4, 5; target 1 is [8,24]^2 of class 1, with candidates
5, 6, 9, 10. Overlaps by hand (CIoU of equal squares: IoU less squared distance over squared enclosing
diagonal): a shift by half a side, 8 px, gives 1/3 - 64/832 = 10/39; by 4 px 3/5 - 16/656 = 118/205; by
8 px in both directions 1/7 - 128/1152 = 2/63.
"""

import pytest
import torch

from lga.detection.yolov8.assigner import (
    PaddedTargets,
    assign,
    candidate_anchors,
    settle_conflicts,
    taken_anchors,
)
from lga.detection.yolov8.decode import anchor_points

HALF, QUARTER, DIAGONAL = 10 / 39, 118 / 205, 2 / 63
FIRST, SECOND = [0.0, 0.0, 16.0, 16.0], [8.0, 8.0, 24.0, 24.0]
CENTRES = anchor_points([(4, 4)], [8], torch.device("cpu"))[0] * 8


def targets_of(boxes, labels):
    """Targets of one image."""
    labels = torch.tensor([labels])
    return PaddedTargets(torch.tensor([boxes]), labels, torch.ones_like(labels, dtype=torch.bool))


@pytest.fixture
def predicted():
    """Boxes that overlap nothing, but for seven anchors; all probabilities one quarter, but for one."""
    boxes = torch.full((1, 16, 4), 100.0) + torch.tensor([0.0, 0.0, 16.0, 16.0])
    shifted = {0: (FIRST, 0, 0), 1: (FIRST, 8, 0), 4: (FIRST, 0, 8), 5: (SECOND, 0, 0)}
    shifted |= {6: (SECOND, 8, 0), 9: (SECOND, 0, 8), 10: (SECOND, 4, 0)}
    for anchor, (box, x, y) in shifted.items():
        boxes[0, anchor] = torch.tensor(box) + torch.tensor([x, y, x, y])
    probabilities = torch.full((1, 16, 2), 0.25)
    probabilities[0, 10, 1] = 0.81
    return probabilities, boxes


def test_two_targets_that_contest_an_anchor(predicted):
    """Anchor 5 overlaps target 1 by 1 and target 0 by 2/63; t is 0.5 u^6, but 0.9 u^6 for anchor 10."""
    assignment = assign(*predicted, CENTRES, targets_of([FIRST, SECOND], [0, 1]))
    assert assignment.assigned[0].nonzero().flatten().tolist() == [0, 1, 4, 5, 6, 9, 10]
    assert assignment.boxes[0, [0, 1, 4]].tolist() == [FIRST] * 3
    assert assignment.boxes[0, [5, 6, 9, 10]].tolist() == [SECOND] * 4
    expected = torch.zeros(16, 2)
    expected[[0, 1, 4], 0] = torch.tensor([1, HALF**6, HALF**6])
    expected[[5, 6, 9, 10], 1] = torch.tensor([1, HALF**6, HALF**6, 0.9 * QUARTER**6 / 0.5])
    torch.testing.assert_close(assignment.scores[0], expected)


def test_without_a_rival_the_target_keeps_its_anchor(predicted):
    assignment = assign(*predicted, CENTRES, targets_of([FIRST], [0]))
    assert assignment.assigned[0].nonzero().flatten().tolist() == [0, 1, 4, 5]
    torch.testing.assert_close(assignment.scores[0, 5], torch.tensor([DIAGONAL**6, 0.0]))


def test_the_best_anchor_scores_the_best_overlap(predicted):
    """Without anchor 0, the best of target 0 has t = 0.5 (10/39)^6 and u = 10/39: its score is u."""
    probabilities, boxes = predicted
    boxes[0, 0] = 200.0
    scores = assign(probabilities, boxes, CENTRES, targets_of([FIRST], [0])).scores
    torch.testing.assert_close(scores[0, 1, 0].item(), HALF, rtol=1e-4, atol=0)


def test_padding_takes_no_anchor(predicted):
    targets = targets_of([FIRST, SECOND], [0, 1])
    targets.exists[0, 1] = False
    alone = assign(*predicted, CENTRES, targets_of([FIRST], [0]))
    padded = assign(*predicted, CENTRES, targets)
    torch.testing.assert_close(padded.scores, alone.scores)
    assert padded.assigned.tolist() == alone.assigned.tolist()


def test_images_do_not_mix(predicted):
    """Two copies of the image side by side, with one target each."""
    probabilities, boxes = (torch.cat([part, part]) for part in predicted)
    targets = PaddedTargets(
        torch.tensor([[FIRST], [SECOND]]), torch.tensor([[0], [1]]), torch.ones(2, 1, dtype=torch.bool)
    )
    both = assign(probabilities, boxes, CENTRES, targets)
    for image, (box, label) in enumerate([(FIRST, 0), (SECOND, 1)]):
        alone = assign(*predicted, CENTRES, targets_of([box], [label]))
        torch.testing.assert_close(both.scores[image], alone.scores[0])


def test_a_centre_on_the_edge_is_no_candidate():
    """Centres at 4, 12, 20: of [4, 20] only 12 lies strictly inside."""
    inside = candidate_anchors(CENTRES, targets_of([[4.0, 4.0, 20.0, 20.0]], [0]))
    assert inside[0, 0].nonzero().flatten().tolist() == [5]


def test_a_target_takes_ten_anchors_at_most():
    alignment = torch.arange(16.0).view(1, 1, 16)
    taken = taken_anchors(alignment, torch.ones(1, 1, 16, dtype=torch.bool))
    assert taken[0, 0].nonzero().flatten().tolist() == list(range(6, 16))


def test_only_candidates_are_taken():
    candidates = torch.zeros(1, 1, 16, dtype=torch.bool)
    candidates[0, 0, 3] = True
    assert taken_anchors(torch.zeros(1, 1, 16), candidates).sum() <= 1


def test_a_contested_anchor_goes_to_the_largest_overlap_of_all():
    """Two take anchor 0, but the third overlaps it most. Anchor 1 has one taker, anchor 2 none."""
    taken = torch.tensor([[[1, 0, 0], [1, 1, 0], [0, 0, 0]]], dtype=torch.bool)
    overlap = torch.tensor([[[0.2, 0.9, 0.9], [0.3, 0.1, 0.1], [0.9, 0.0, 0.0]]])
    chosen, assigned = settle_conflicts(taken, overlap)
    assert chosen[0, :2].tolist() == [2, 1]
    assert assigned.tolist() == [[True, True, False]]


def test_no_targets(predicted):
    targets = PaddedTargets(
        torch.zeros(1, 0, 4), torch.zeros(1, 0, dtype=torch.long), torch.zeros(1, 0, dtype=torch.bool)
    )
    assignment = assign(*predicted, CENTRES, targets)
    assert not assignment.assigned.any()
    assert assignment.scores.abs().sum() == 0
