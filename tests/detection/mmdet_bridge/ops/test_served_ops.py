"""mmcv's own wrappers over the served operations, against torchvision, formulas and cases by hand."""

import importlib.util
import sys

import pytest
import torch
import torchvision
from torch.nn import functional as F

from lga.detection.mmdet_bridge.packages import COMPILED, ServedOps, import_mmdet, serve_ops, served
from lga.system.errors import UserError

import_mmdet()

from mmcv import ops  # noqa: E402, after what it imports has been served

TOLERANCE = {"rtol": 1e-5, "atol": 1e-5}


def random_boxes(count, size=40.0):
    corners, sides = torch.rand(count, 2) * size, torch.rand(count, 2) * size / 2 + 1
    return torch.cat((corners, corners + sides), 1)


def gradients(function, *operands):
    """The output, and the gradients of its product with fixed random numbers by each operand."""
    leaves = [operand.detach().clone().requires_grad_() for operand in operands]
    output = function(*leaves)
    weights = torch.rand(output.shape, generator=torch.Generator().manual_seed(1))
    return [output.detach(), *torch.autograd.grad((output * weights.to(output)).sum(), leaves)]


def assert_equal_with_gradients(one, other, *operands):
    for a, b in zip(gradients(one, *operands), gradients(other, *operands), strict=True):
        torch.testing.assert_close(a, b, **TOLERANCE)


def test_nms_is_torchvisions():
    torch.manual_seed(0)
    boxes, scores = random_boxes(200), torch.rand(200)
    dets, kept = ops.nms(boxes, scores, 0.4)
    assert kept.tolist() == torchvision.ops.nms(boxes, scores, 0.4).tolist()
    assert torch.equal(dets, torch.cat((boxes, scores[:, None]), 1)[kept])


@pytest.mark.parametrize(("offset", "kept"), [(0, [0, 1]), (1, [0])])
def test_nms_with_an_offset(offset, kept):
    """Sides 3 and 2 x 3 overlap by 6 / 9 = 0.667; each a pixel longer, 4 and 3 x 4, by 12 / 16 = 0.75."""
    boxes = torch.tensor([[0.0, 0, 3, 3], [0, 0, 2, 3]])
    assert ops.nms(boxes, torch.tensor([0.9, 0.8]), 0.7, offset=offset)[1].tolist() == kept


@pytest.mark.parametrize(
    ("method", "scores", "order"),
    [
        ("naive", [0.9, 0.7], [0, 2]),
        ("linear", [0.9, 0.7, 0.8 * 0.5], [0, 2, 1]),
        ("gaussian", [0.9, 0.7, 0.8 * 0.6065307], [0, 2, 1]),
    ],
)
def test_soft_nms_by_hand(method, scores, order):
    """Of 2 x 2 and 2 x 1 in it the overlap is 0.5: decayed to none, by half, and by exp(-0.5^2 / 0.5)."""
    boxes = torch.tensor([[0.0, 0, 2, 2], [0, 0, 2, 1], [9, 9, 10, 10]])
    dets, kept = ops.soft_nms(boxes, torch.tensor([0.9, 0.8, 0.7]), 0.3, 0.5, 1e-3, method)
    assert kept.tolist() == order
    torch.testing.assert_close(dets[:, 4], torch.tensor(scores))
    assert torch.equal(dets[:, :4], boxes[order])


def test_soft_nms_of_nothing():
    dets, kept = ops.soft_nms(torch.zeros(0, 4), torch.zeros(0))
    assert (dets.shape, kept.shape) == ((0, 5), (0,))


@pytest.mark.parametrize("aligned", [False, True])
@pytest.mark.parametrize("ratio", [0, 2])
def test_roi_align_is_torchvisions(aligned, ratio):
    torch.manual_seed(0)
    regions = torch.cat((torch.tensor([[0.0], [1], [1]]), random_boxes(3)), 1)
    assert_equal_with_gradients(
        lambda x: ops.roi_align(x, regions, (3, 5), 0.25, ratio, "avg", aligned),
        lambda x: torchvision.ops.roi_align(x, regions, (3, 5), 0.25, ratio, aligned),
        torch.randn(2, 4, 12, 14),
    )


def test_roi_align_of_a_whole_map_in_one_cell_is_its_mean():
    """Half a cell is taken off each coordinate, so that four samples lie on the centres of four cells."""
    found = ops.roi_align(torch.tensor([[[[1.0, 2], [3, 6]]]]), torch.tensor([[0.0, 0, 0, 2, 2]]), 1, 1.0, 2)
    assert found.item() == 3


def test_roi_align_by_its_largest_is_refused():
    with pytest.raises(UserError, match="pool_mode='max' needs an mmcv with compiled ops"):
        ops.roi_align(torch.zeros(1, 1, 4, 4), torch.zeros(1, 5), 2, 1.0, 0, "max")


def deformable_operands(groups=1, offset_groups=1):
    torch.manual_seed(0)
    x, weight = torch.randn(2, 4, 7, 6), torch.randn(6, 4 // groups, 3, 2)
    h, w = (7 + 2 * 1 - 2 * 2 - 1) // 2 + 1, (6 + 2 * 2 - 1 * 1 - 1) // 1 + 1
    offset = torch.randn(2, 2 * offset_groups * 6, h, w)
    return x, offset, weight, torch.rand(2, offset_groups * 6, h, w), torch.randn(6)


def plain(x, offset, weight):
    return ops.deform_conv2d(x, offset, weight, *GEOMETRY.values(), 2, 2)


def modulated(x, offset, mask, weight, bias=None):
    return ops.modulated_deform_conv2d(x, offset, mask, weight, bias, *GEOMETRY.values(), 2, 2)


GEOMETRY = {"stride": (2, 1), "padding": (1, 2), "dilation": (2, 1)}


@pytest.mark.parametrize(("groups", "offset_groups"), [(1, 1), (2, 2)])
def test_deformable_convolution_is_torchvisions(groups, offset_groups):
    x, offset, weight, _, _ = deformable_operands(groups, offset_groups)
    assert_equal_with_gradients(
        lambda x, o, w: ops.deform_conv2d(x, o, w, *GEOMETRY.values(), groups, offset_groups),
        lambda x, o, w: torchvision.ops.deform_conv2d(x, o, w, None, **GEOMETRY),
        *(x, offset, weight),
    )


@pytest.mark.parametrize("with_bias", [False, True])
def test_modulated_deformable_convolution_is_torchvisions(with_bias):
    x, offset, weight, mask, bias = deformable_operands(2, 2)
    more = (bias,) if with_bias else ()
    assert_equal_with_gradients(
        modulated,
        lambda x, o, m, w, b=None: torchvision.ops.deform_conv2d(x, o, w, b, **GEOMETRY, mask=m),
        *(x, offset, mask, weight, *more),
    )


def test_offsets_come_down_before_across():
    """A 1x1 kernel whose taps are moved one row down and two columns across reads the map moved so."""
    x = torch.arange(20.0).view(1, 1, 4, 5)
    offset = torch.tensor([1.0, 2]).view(1, 2, 1, 1).expand(1, 2, 4, 5).contiguous()
    moved = ops.deform_conv2d(x, offset, torch.ones(1, 1, 1, 1))
    assert torch.equal(moved[0, 0, :3, :3], x[0, 0, 1:, 2:])


def test_deformable_convolution_without_offsets_is_convolution():
    x, offset, weight, _, _ = deformable_operands()
    found = ops.deform_conv2d(x, torch.zeros_like(offset), weight, *GEOMETRY.values())
    torch.testing.assert_close(found, F.conv2d(x, weight, None, **GEOMETRY), **TOLERANCE)


def test_lower_precision_is_computed_in_float32():
    x, offset, weight, _, _ = (operand.bfloat16() for operand in deformable_operands())
    found = ops.deform_conv2d(x, offset, weight, *GEOMETRY.values())
    expected = ops.deform_conv2d(x.float(), offset.float(), weight.float(), *GEOMETRY.values())
    assert found.dtype == torch.bfloat16
    assert torch.equal(found, expected.bfloat16())


@pytest.mark.parametrize("weight", [None, torch.tensor([1.0, 2.0, 0.5])])
def test_sigmoid_focal_loss_is_its_formula(weight):
    """Lin et al., equation (5): -alpha (1 - p)^gamma log p of the target; else 1 - alpha, p, 1 - p."""
    torch.manual_seed(0)
    target = torch.tensor([0, 2, 1, 1, 0, 2])

    def formula(x):
        p, hit = x.sigmoid(), F.one_hot(target, 3).bool()
        loss = torch.where(hit, -0.3 * (1 - p) ** 1.5 * p.log(), -0.7 * p**1.5 * (1 - p).log())
        return loss if weight is None else loss * weight[target, None]

    assert_equal_with_gradients(
        lambda x: ops.sigmoid_focal_loss(x, target, 1.5, 0.3, weight, "none"), formula, torch.randn(6, 3)
    )


def test_sigmoid_focal_loss_takes_background():
    found = ops.sigmoid_focal_loss(torch.zeros(1, 2), torch.tensor([2]), 2.0, 0.25, None, "sum")
    assert found.item() == pytest.approx(2 * 0.75 * 0.25 * 0.6931472)


@pytest.mark.parametrize("weight", [None, torch.tensor([1.0, 2.0, 0.5])])
def test_softmax_focal_loss_is_its_formula(weight):
    torch.manual_seed(0)
    target = torch.tensor([0, 2, 1, 1, 0, 2])

    def formula(x):
        p = x.softmax(1).gather(1, target[:, None])[:, 0]
        loss = -0.3 * (1 - p) ** 1.5 * p.log()
        return (loss if weight is None else loss * weight[target]).sum()

    assert_equal_with_gradients(
        lambda x: ops.softmax_focal_loss(x, target, 1.5, 0.3, weight, "sum"), formula, torch.randn(6, 3)
    )


@pytest.mark.skipif(not isinstance(sys.modules[COMPILED], ServedOps), reason="mmcv's operations are compiled")
def test_another_operation_is_refused_when_it_is_called():
    with pytest.raises(UserError) as refused:
        ops.RoIPool(2)(torch.zeros(1, 1, 4, 4), torch.zeros(1, 5))
    assert "roi_pool_forward, wanted by mmcv.ops.roi_pool, is not served" in str(refused.value)
    assert "--no-build-isolation" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_compiled_module_is_used_instead(monkeypatch):
    monkeypatch.delitem(sys.modules, COMPILED)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    serve_ops()
    assert COMPILED not in sys.modules


@pytest.mark.skipif(isinstance(sys.modules[COMPILED], ServedOps), reason="mmcv's operations are not compiled")
def test_served_operations_are_the_compiled_ones(monkeypatch):
    """Where mmcv was compiled: the same wrappers over its module and over the served operations."""
    x, offset, weight, mask, bias = deformable_operands(2, 2)
    boxes, scores = random_boxes(100), torch.rand(100)
    regions = torch.cat((torch.zeros(100, 1), boxes), 1)

    def results():
        return [
            *gradients(
                lambda x, o, w: ops.deform_conv2d(x, o, w, *GEOMETRY.values(), 2, 2), x, offset, weight
            ),
            *gradients(
                lambda x, o, m, w, b: ops.modulated_deform_conv2d(x, o, m, w, b, *GEOMETRY.values(), 2, 2),
                *(x, offset, mask, weight, bias),
            ),
            *gradients(lambda x: ops.roi_align(x, regions, (3, 5), 0.1), x),
            *ops.nms(boxes, scores, 0.4),
            *ops.nms(boxes, scores, 0.4, offset=1),
            *ops.soft_nms(boxes, scores, 0.3, 0.5, 1e-3, "gaussian"),
        ]

    compiled = results()
    for name, function in served().items():
        monkeypatch.setattr(sys.modules[COMPILED], name, function)
    for ours, theirs in zip(results(), compiled, strict=True):
        torch.testing.assert_close(ours, theirs, **TOLERANCE)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_operations_are_the_same_on_a_gpu():
    torch.manual_seed(0)
    regions = torch.cat((torch.zeros(20, 1), random_boxes(20)), 1)
    x, offset, weight, mask, bias = deformable_operands(2, 2)
    target = torch.tensor([0, 2, 1, 1, 0, 3])

    def results(device):
        def on_device(function, *operands):
            found = gradients(function, *(operand.to(device) for operand in operands))
            return [value.cpu() for value in found]

        where, labels = regions.to(device), target.to(device)
        return [
            ops.nms(where[:, 1:], torch.linspace(1, 0, 20, device=device), 0.4)[1].cpu(),
            *on_device(lambda x: ops.roi_align(x, where, (3, 5), 0.1), x),
            *on_device(plain, x, offset, weight),
            *on_device(modulated, x, offset, mask, weight, bias),
            *on_device(lambda x: ops.sigmoid_focal_loss(x, labels, 2.0, 0.25, None, "none"), logits),
        ]

    logits = torch.randn(6, 3)
    for ours, theirs in zip(results("cuda"), results("cpu"), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-4)
