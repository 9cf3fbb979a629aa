"""This project's assigner and losses against mmdet's, where both define the same thing; mmdet is the oracle.

Where they differ, which the tests step around:

- Assigner. mmdet's takes any overlap; it is given the complete IoU, at least 0. Its power of the score is
  0.5 here and 1 by default, its candidates 10 and 13. Its candidates must have a positive alignment and lie
  more than 0.01 pixels inside the target, ours 1e-9; it takes the best before it looks who lies inside, so
  that a target whose 10 best lie outside gets fewer, or none. Of a contested anchor it asks only the
  targets that took it, ours all whose candidate it is. It leaves the scores to the head: t times best u
  over best t of the target, with an epsilon of 1e-7 there (TOODHead) against 1e-9. Ties are broken as
  `topk` does, in both.
- Complete IoU. The same epsilons and a weight without a gradient in both. mmdet's weight is 0 where the IoU
  is at most 0.5, ours is everywhere as in equation (11) of the paper, and mmdet's loss is clamped to 0 to
  2.
- Distribution loss. mmdet's takes bins and target of one side; ours means over the four and weighs anchors.
"""

import pytest
import torch
from torchvision.ops import box_iou

from lga.detection.mmdet_bridge.packages import import_mmdet
from lga.detection.yolov8.assigner import PaddedTargets, assign
from lga.detection.yolov8.loss import distribution_loss
from lga.structures.boxes import complete_iou

import_mmdet()

# After what it imports has been served.
from mmdet.models.losses import CIoULoss, DistributionFocalLoss  # noqa: E402
from mmdet.models.task_modules.assigners import TaskAlignedAssigner  # noqa: E402
from mmengine.structures import InstanceData  # noqa: E402

SIZE, STRIDE, CLASSES = 128, 8, 5


class CompleteOverlaps:
    """Our assigner's overlap, where mmdet's asks for an IoU calculator: (A, 4), (M, 4) -> (A, M)."""

    def __call__(self, boxes, targets):
        return complete_iou(targets[None], boxes[:, None]).clamp(min=0)


def anchors():
    """Centres of the cells of a map at stride 8, and boxes around them, as mmdet takes its priors."""
    line = torch.arange(SIZE // STRIDE) * STRIDE + STRIDE / 2
    y, x = torch.meshgrid(line, line, indexing="ij")
    centres = torch.stack((x, y), 2).view(-1, 2)
    return centres, torch.cat((centres - STRIDE / 2, centres + STRIDE / 2), 1)


def scene(seed, targets):
    """Targets of which no two share an anchor, and predictions around the centres that overlap with them."""
    draw = torch.Generator().manual_seed(seed)
    centres, priors = anchors()
    corners = torch.rand(targets, 2, generator=draw) * 20 + 64 * torch.arange(targets)[:, None]
    truth = torch.cat((corners, corners + torch.rand(targets, 2, generator=draw) * 10 + 30), 1)
    reach = torch.rand(len(centres), 4, generator=draw) * 25 + 5
    boxes = torch.cat((centres - reach[:, :2], centres + reach[:, 2:]), 1)
    scores = torch.rand(len(centres), CLASSES, generator=draw)
    return centres, priors, boxes, scores, truth, torch.randint(CLASSES, (targets,), generator=draw)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("targets", [1, 2])
def test_the_assigner_assigns_as_mmdets(seed, targets):
    """Predictions outside a target are moved away from it, so that its 10 best lie inside in both orders."""
    centres, priors, boxes, scores, truth, labels = scene(seed, targets)
    inside = ((centres[:, None] > truth[:, :2]) & (centres[:, None] < truth[:, 2:])).all(2).any(1)
    boxes = torch.where(inside[:, None], boxes, boxes + 1000)

    theirs = TaskAlignedAssigner(topk=10)
    theirs.iou_calculator = CompleteOverlaps()
    result = theirs.assign(
        InstanceData(priors=priors, bboxes=boxes, scores=scores),
        InstanceData(bboxes=truth, labels=labels),
        alpha=0.5,
        beta=6,
    )
    padded = PaddedTargets(truth[None], labels[None], torch.ones(1, targets, dtype=torch.bool))
    ours = assign(scores[None], boxes[None], centres, padded)

    assigned = result.gt_inds > 0
    assert assigned.sum() >= 9 * targets
    assert torch.equal(ours.assigned[0], assigned)
    chosen = result.gt_inds[assigned] - 1
    assert torch.equal(ours.boxes[0, assigned], truth[chosen])
    assert torch.equal(ours.scores[0, assigned].argmax(1), labels[chosen])
    torch.testing.assert_close(ours.scores[0].sum(1), head_scores(result), rtol=1e-4, atol=1e-6)


def head_scores(result):
    """What TOODHead makes of an assignment: t, scaled so that the best of a target has its best overlap."""
    scores = torch.zeros_like(result.assign_metrics)
    for target in result.gt_inds.unique():
        if target > 0:
            own = result.gt_inds == target
            t, u = result.assign_metrics[own], result.max_overlaps[own]
            scores[own] = t / (t.max() + 1e-7) * u.max()
    return scores


def pairs(seed, count, dtype=torch.float32):
    """Boxes and others that are near them."""
    draw = torch.Generator().manual_seed(seed)
    boxes = torch.rand(count, 4, generator=draw, dtype=dtype) * 20
    boxes[:, 2:] += boxes[:, :2] + 5
    return boxes, boxes + torch.rand(count, 4, generator=draw, dtype=dtype) * 4


def test_the_complete_iou_is_mmdets_where_boxes_overlap_by_half():
    """Values and gradients, in float64."""
    boxes, others = pairs(0, 200, torch.float64)
    plain = box_iou(boxes, others).diagonal()
    boxes, others = boxes[plain > 0.5], others[plain > 0.5]
    assert len(boxes) > 50
    ours, theirs = boxes.clone().requires_grad_(), boxes.clone().requires_grad_()
    one = (1 - complete_iou(ours, others)).sum()
    other = CIoULoss(eps=1e-7, reduction="sum")(theirs, others)
    torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(
        torch.autograd.grad(one, ours)[0], torch.autograd.grad(other, theirs)[0], rtol=1e-5, atol=1e-8
    )


def test_the_complete_iou_is_mmdets_for_boxes_of_one_shape():
    """Where the aspect ratios are equal the weight of their difference says nothing, at any overlap."""
    boxes, _ = pairs(1, 200, torch.float64)
    others = boxes + torch.rand(200, 1, generator=torch.Generator().manual_seed(2), dtype=torch.float64) * 60
    theirs = CIoULoss(eps=1e-7)(boxes, others, reduction_override="none")
    torch.testing.assert_close(1 - complete_iou(boxes, others), theirs, rtol=1e-6, atol=1e-7)


def test_the_distribution_loss_is_mmdets():
    """Its sum over anchors of the mean over sides, with weights of the anchors, and the gradient."""
    draw = torch.Generator().manual_seed(0)
    logits = torch.randn(50, 64, generator=draw)
    distances = torch.rand(50, 4, generator=draw) * 14.99
    weights = torch.rand(50, generator=draw)
    ours, theirs = logits.clone().requires_grad_(), logits.clone().requires_grad_()
    one = distribution_loss(ours, distances, weights)
    other = DistributionFocalLoss(reduction="sum")(
        theirs.view(-1, 16), distances.flatten(), weight=weights.repeat_interleave(4) / 4
    )
    torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(torch.autograd.grad(one, ours)[0], torch.autograd.grad(other, theirs)[0])
