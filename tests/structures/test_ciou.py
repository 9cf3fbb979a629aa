"""Complete IoU, by hand."""

import math

import pytest
import torch

from lga.structures.boxes import complete_iou

V = 4 / math.pi**2 * (math.atan(2) - math.atan(1 / 2)) ** 2


@pytest.mark.parametrize(
    ("box", "other", "expected"),
    [
        ([0, 0, 4, 2], [0, 0, 4, 2], 1.0),
        # IoU 1/7, centres 2 apart (squared), diagonal 18 (squared), same shape
        ([0, 0, 2, 2], [1, 1, 3, 3], 1 / 7 - 2 / 18),
        # apart: IoU 0, centres 9 apart, diagonal 25 + 4
        ([0, 0, 2, 2], [3, 0, 5, 2], -9 / 29),
        # IoU 4/12, centres 2, diagonal 32, shapes 2:1 and 1:2
        ([0, 0, 4, 2], [0, 0, 2, 4], 1 / 3 - 2 / 32 - V * V / (V - 1 / 3 + 1)),
    ],
)
def test_values(box, other, expected):
    a, b = torch.tensor(box, dtype=torch.float32), torch.tensor(other, dtype=torch.float32)
    torch.testing.assert_close(complete_iou(a, b).item(), expected, rtol=1e-5, atol=1e-6)


def test_the_aspect_weight_has_no_gradient():
    """A box of width w against [0,0,2,4], height 4: d(alpha v)/dw is alpha dv/dw, alpha held fixed."""
    w = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    zero, four = torch.zeros_like(w), torch.full_like(w, 4.0)
    other = torch.tensor([0.0, 0.0, 2.0, 4.0], dtype=torch.float64)
    complete_iou(torch.stack([zero, zero, w, four]), other).backward()
    difference = math.atan(1 / 2) - math.atan(1 / 4)
    v = 4 / math.pi**2 * difference**2
    dv = 8 / math.pi**2 * difference * -(1 / 4) / (1 + 1 / 16)
    # IoU is w / 2; the centres are (1 - w / 2) apart, the diagonal is 20.
    expected = 1 / 2 + 2 * (1 - 1 / 2) / 2 / 20 - v / (v - 1 / 2 + 1) * dv
    assert w.grad.item() == pytest.approx(expected, rel=1e-5)


def test_an_empty_box_is_finite():
    box = torch.zeros(4, requires_grad=True)
    value = complete_iou(box, torch.zeros(4))
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(box.grad).all()
