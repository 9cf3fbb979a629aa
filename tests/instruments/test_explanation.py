"""What a network looks at: Grad-CAM by hand, the map that it is of, and the gate and kernel of a block."""

import pytest
import torch
from torch import nn

from lga.attention import LocalGlobalAttention
from lga.instruments.explanation import explain
from lga.instruments.readings import folded_kernel


class Model(nn.Module):
    """A part that copies the first channel, and further modules."""

    def __init__(self, *behind):
        super().__init__()
        copy = nn.Conv2d(3, 1, 1, bias=False)
        with torch.no_grad():
            copy.weight.copy_(torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1))
        self.part = nn.Sequential(copy, *behind)

    def forward(self, x):
        return self.part(x)


@pytest.fixture
def image():
    return torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("weight", "expected"), [(0.5, 1), (-0.5, 0)])
def test_grad_cam_by_hand(image, weight, expected):
    """One channel A, score sum(w A): relu(mean(w) A), of which the largest is 1; 0 if w is below 0."""
    model = Model().eval()
    found = explain(model, model.part, image, lambda x: weight * model(x).sum((1, 2, 3)))
    torch.testing.assert_close(found.grad_cam, expected * image[0, 0] / image[0, 0].max())
    assert found.blocks == {}
    assert not any(module._forward_hooks for module in model.modules())


def test_it_is_of_the_last_map_that_says_where(image):
    model = Model(nn.AdaptiveAvgPool2d(7), nn.AdaptiveAvgPool2d(2)).eval()
    found = explain(model, model.part, image, lambda x: model(x).sum((1, 2, 3)))
    assert found.grad_cam.shape == (7, 7)


def test_of_small_images_it_is_of_the_largest_map():
    model = Model(nn.AdaptiveAvgPool2d(1)).eval()
    found = explain(model, model.part, torch.rand(1, 3, 4, 4), lambda x: model(x).sum((1, 2, 3)))
    assert found.grad_cam.shape == (4, 4)


def test_a_score_without_a_gradient_has_no_grad_cam(image):
    model = Model().eval()
    assert explain(model, model.part, image, lambda x: model(x).detach().sum((1, 2, 3))).grad_cam is None


def test_a_block_shows_its_gate_and_kernel(image):
    torch.manual_seed(0)
    block = LocalGlobalAttention(24, heads=6)
    model = nn.Sequential(nn.Conv2d(3, 24, 1), block).eval()
    found = explain(model, model, image, lambda x: model(x).sum((1, 2, 3)))
    look = found.blocks["1"]
    assert look.gate.shape == (1 + len(block.scales()), 8, 8)
    torch.testing.assert_close(look.gate.sum(0), torch.ones(8, 8))
    assert look.picture == "kernel"
    torch.testing.assert_close(look.kernel, folded_kernel(block))
    assert found.grad_cam.max() == 1
