"""Anchor points and decoding, by hand."""

import torch

from lga.detection.yolov8.decode import anchor_points, decode, expected_distances, flatten_levels

BINS = torch.arange(16.0)


def test_points_are_cell_centres_row_by_row_level_by_level():
    centres, strides = anchor_points([(2, 3), (1, 1)], [8, 16], torch.device("cpu"))
    first = [[0.5, 0.5], [1.5, 0.5], [2.5, 0.5], [0.5, 1.5], [1.5, 1.5], [2.5, 1.5]]
    assert centres.tolist() == [*first, [0.5, 0.5]]
    assert strides.flatten().tolist() == [8] * 6 + [16]


def test_expected_distance_of_uniform_and_of_certain_bins():
    """The mean of 0..15 is 7.5; all weight on bin 3 gives 3."""
    logits = torch.zeros(2, 64)
    logits[1].view(4, 16)[:, 3] = 1000.0
    torch.testing.assert_close(expected_distances(logits, BINS), torch.tensor([[7.5] * 4, [3.0] * 4]))


def test_autocast_leaves_distances_in_full_precision():
    torch.manual_seed(0)
    logits = torch.randn(4, 64)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        under_autocast = expected_distances(logits, BINS)
    torch.testing.assert_close(under_autocast, expected_distances(logits, BINS))


def test_boxes_in_pixels():
    """Sides 1, 2, 3, 4 cells from the centre (1.5, 0.5) of the second cell at stride 8."""
    levels = [torch.zeros(1, 66, 4, 4), torch.zeros(1, 66, 2, 2), torch.zeros(1, 66, 1, 1)]
    for side, distance in enumerate((1, 2, 3, 4)):
        levels[0][0, 16 * side + distance, 0, 1] = 1000.0
    levels[0][0, 65, 0, 1] = 1000.0
    boxes, probabilities = decode(flatten_levels(levels), BINS)
    assert boxes.shape == (1, 21, 4)
    torch.testing.assert_close(boxes[0, 1], 8 * torch.tensor([0.5, -1.5, 4.5, 4.5]))
    # The last anchor, at stride 32, has uniform bins: 7.5 cells to each side of its centre at 16 px.
    torch.testing.assert_close(boxes[0, 20], 32 * torch.tensor([-7.0, -7.0, 8.0, 8.0]))
    torch.testing.assert_close(probabilities[0, 1], torch.tensor([0.5, 1.0]))
