"""Task-aligned assignment: which anchor learns which target, and how strongly.

Source: TOOD (Feng et al., 2021), https://arxiv.org/abs/2108.07755, section 3.2, with the constants of the
YOLOv8 family. Deviation: the overlap is complete IoU.

1. An anchor is a candidate for a target if its centre lies strictly inside the target's box.
2. A candidate's overlap u is the complete IoU of its predicted box, at least 0; with s the predicted
   probability of the target's class its alignment is t = s^0.5 u^6. Both are 0 elsewhere.
3. Each target takes the 10 anchors of largest t, of which only candidates stay.
4. An anchor taken by several targets goes to the target with which it overlaps most.
5. Its target score, at the target's class, is t, scaled so that the best of the target's anchors has the
   best u.

A batch's targets are one padded tensor: no step loops over images. Overlaps are computed for the few
candidates alone; on a GPU, which would stall while these are looked for, for all pairs up to `MOST_PAIRS`.

Shapes: B batch, A anchors of all levels together, M most targets on an image, K classes.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from lga.structures import DetectionBatch
from lga.structures.boxes import complete_iou


@dataclass
class PaddedTargets:
    """The targets of each image, padded to the same number.

    Attributes:
        boxes: (B, M, 4) xyxy in pixels; 0 where there is no target.
        labels: (B, M), int64; 0 where there is no target.
        exists: (B, M), bool.
    """

    boxes: Tensor
    labels: Tensor
    exists: Tensor


def pad_targets(batch: DetectionBatch) -> PaddedTargets:
    """Return the batch's targets, those to be ignored left out; if `most` is known, nothing is read back."""
    images = batch.images.shape[0]
    # Those to be ignored go to a row behind the images, which is left out.
    index, order = batch.image_index.masked_fill(batch.ignore, images).sort(stable=True)
    counts = index.new_zeros(images + 1).scatter_add_(0, index, torch.ones_like(index))
    most = int(counts[:-1].max()) if batch.most is None else batch.most
    width = max(most, 1)
    slot = torch.arange(index.numel(), device=index.device) - (counts.cumsum(0) - counts)[index]
    place = index * width + slot.clamp(max=width - 1)
    boxes = batch.boxes.new_zeros((images + 1) * width, 4, dtype=torch.float32)
    labels = batch.labels.new_zeros((images + 1) * width)
    boxes[place], labels[place] = batch.boxes[order].float(), batch.labels[order]
    exists = torch.arange(width, device=index.device) < counts[:, None]
    padded = (boxes.view(-1, width, 4), labels.view(-1, width), exists)
    return PaddedTargets(*(part[:images, :most] for part in padded))


MOST_PAIRS = 2**26  # of targets and anchors: 268 MB for each of a dozen numbers


def reads_nothing(targets: PaddedTargets, boxes: Tensor) -> bool:
    """Return whether all pairs of targets and predicted boxes (B, A, 4) are computed."""
    return boxes.device.type != "cpu" and targets.exists.numel() * boxes.shape[1] <= MOST_PAIRS


TOP = 10
SCORE_POWER = 0.5
OVERLAP_POWER = 6.0
INSIDE_MARGIN = 1e-9
EPS = 1e-9


@dataclass
class Assignment:
    """What each anchor is to learn.

    Attributes:
        assigned: (B, A), bool, whether the anchor has a target.
        boxes: (B, A, 4), the target's box, xyxy in pixels; arbitrary where there is none.
        scores: (B, A, K), the target score at the target's class, 0 elsewhere.
    """

    assigned: Tensor
    boxes: Tensor
    scores: Tensor


@torch.no_grad()
def assign(probabilities: Tensor, boxes: Tensor, centres: Tensor, targets: PaddedTargets) -> Assignment:
    """Assign targets to anchors.

    Args:
        probabilities: (B, A, K) predicted class probabilities.
        boxes: (B, A, 4) predicted, xyxy in pixels.
        centres: (A, 2) x and y of the anchors, in pixels.
        targets: the batch's targets.
    """
    if targets.boxes.shape[1] == 0:
        return Assignment(
            boxes.new_zeros(boxes.shape[:2], dtype=torch.bool), boxes, torch.zeros_like(probabilities)
        )
    candidates = candidate_anchors(centres, targets)
    every_pair = reads_nothing(targets, boxes)
    overlap, alignment = alignments(candidates, probabilities, boxes, targets, every_pair)
    taken = taken_anchors(alignment, candidates)
    chosen, assigned = settle_conflicts(taken, overlap, every_pair)
    strength = target_strengths(chosen, assigned, overlap, alignment)
    labels = targets.labels.gather(1, chosen)
    scores = torch.zeros_like(probabilities).scatter_(2, labels.unsqueeze(2), strength.unsqueeze(2))
    return Assignment(assigned, targets.boxes.gather(1, chosen.unsqueeze(2).expand(-1, -1, 4)), scores)


def candidate_anchors(centres: Tensor, targets: PaddedTargets) -> Tensor:
    """Step 1: return whether each anchor lies inside each target (B, M, A)."""
    x, y = centres.unbind(1)
    x1, y1, x2, y2 = targets.boxes.unsqueeze(3).unbind(2)
    inside = (x - x1 > INSIDE_MARGIN) & (y - y1 > INSIDE_MARGIN)
    inside &= (x2 - x > INSIDE_MARGIN) & (y2 - y > INSIDE_MARGIN)
    return inside & targets.exists.unsqueeze(2)


def alignments(
    candidates: Tensor, probabilities: Tensor, boxes: Tensor, targets: PaddedTargets, every_pair: bool = False
) -> tuple[Tensor, Tensor]:
    """Step 2: return overlap and alignment (B, M, A)."""
    if every_pair:
        u = complete_iou(targets.boxes.unsqueeze(2), boxes.unsqueeze(1)).clamp(min=0)
        labels = targets.labels.unsqueeze(2).expand(-1, -1, boxes.shape[1])
        s = probabilities.transpose(1, 2).gather(1, labels)
        return u * candidates, s.pow(SCORE_POWER) * u.pow(OVERLAP_POWER) * candidates
    image, target, anchor = candidates.nonzero(as_tuple=True)
    u = complete_iou(targets.boxes[image, target], boxes[image, anchor]).clamp(min=0)
    s = probabilities[image, anchor, targets.labels[image, target]]
    overlap, alignment = boxes.new_zeros((2, *candidates.shape))
    overlap[image, target, anchor] = u
    alignment[image, target, anchor] = s.pow(SCORE_POWER) * u.pow(OVERLAP_POWER)
    return overlap, alignment


def taken_anchors(alignment: Tensor, candidates: Tensor) -> Tensor:
    """Step 3: return which anchors each target takes (B, M, A)."""
    best = alignment.topk(min(TOP, alignment.shape[2]), dim=2).indices
    return torch.zeros_like(candidates).scatter_(2, best, True) & candidates


def settle_conflicts(taken: Tensor, overlap: Tensor, every_pair: bool = False) -> tuple[Tensor, Tensor]:
    """Step 4: return the target of each anchor (B, A), and whether it has one (B, A).

    The target of largest overlap gets a contested anchor even if it did not take the anchor itself.
    """
    takers = taken.sum(1)
    assigned = takers > 0
    if every_pair:
        asked = torch.where((takers > 1).unsqueeze(1), overlap, taken.to(overlap.dtype))
        return asked.argmax(1) * assigned, assigned
    image, anchor = assigned.nonzero(as_tuple=True)  # few: far cheaper than to look at all anchors
    contested = takers[image, anchor, None] > 1
    own = taken[image, :, anchor].to(overlap.dtype)
    chosen = torch.zeros_like(takers)
    chosen[image, anchor] = torch.where(contested, overlap[image, :, anchor], own).argmax(1)
    return chosen, assigned


def target_strengths(chosen: Tensor, assigned: Tensor, overlap: Tensor, alignment: Tensor) -> Tensor:
    """Step 5: return the target score of each anchor (B, A), 0 where it has no target."""
    t, u = (metric.gather(1, chosen.unsqueeze(1)).squeeze(1) * assigned for metric in (alignment, overlap))
    empty = t.new_zeros(t.shape[0], alignment.shape[1])
    best_t, best_u = (empty.scatter_reduce(1, chosen, metric, "amax").gather(1, chosen) for metric in (t, u))
    return t * best_u / (best_t + EPS)
