"""Depthwise convolutions on small maps against `F.conv2d`; counts, names and export are as before."""

from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import lga
from lga.backbones import small_maps
from lga.backbones.blocks import ConvUnit
from lga.backbones.small_maps import use_products_on_small_maps
from lga.run.machine.complexity import paper_gflops, true_gflops
from lga.run.modes.export import to_onnx

CHANNELS = 3
GEOMETRIES = [
    geometry
    for geometry in product(
        ((1, 1), (2, 2), (3, 3), (4, 4), (1, 3), (5, 2)),  # map
        (1, 2, 3, 5, (3, 5), 11),  # kernel
        (1, 2, 3),  # stride
        (0, 1, 2, (1, 2), 5),  # padding
        (1, 2),  # dilation
    )
    if all(
        side + 2 * pad >= geometry[4] * (kernel - 1) + 1
        for side, kernel, pad in zip(
            geometry[0], nn.modules.utils._pair(geometry[1]), nn.modules.utils._pair(geometry[3]), strict=True
        )
    )
]


def gradients(function, *tensors):
    """The function's result, and its gradients for a fixed upstream one."""
    tensors = [tensor.detach().clone().requires_grad_() for tensor in tensors]
    result = function(*tensors)
    upstream = torch.linspace(0.5, 1, result.numel(), dtype=result.dtype).view(result.shape)
    return [result.detach(), *torch.autograd.grad(result, tensors, upstream)]


def depthwise(*settings, bias=True, dtype=torch.float32):
    kernel, stride, padding, dilation = settings
    made = nn.Conv2d(CHANNELS, CHANNELS, kernel, stride, padding, dilation, CHANNELS, bias, dtype=dtype)
    use_products_on_small_maps(made)
    return made


@pytest.fixture
def computed(monkeypatch):
    """How often the matrix was used."""
    calls, depthwise = [], small_maps._depthwise
    monkeypatch.setattr(small_maps, "_depthwise", lambda *a: calls.append(a) or depthwise(*a))
    return calls


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.float32, 1e-5)])
def test_results_and_gradients_are_those_of_the_convolution(dtype, tolerance, computed):
    """Every size, kernel, stride, padding and dilation, in both memory layouts, with a bias and without."""
    generator, small = torch.Generator().manual_seed(0), 0
    for number, (sides, *settings) in enumerate(GEOMETRIES):
        module = depthwise(*settings, bias=number % 2 == 0, dtype=dtype)
        layout = torch.channels_last if number % 3 else torch.contiguous_format
        x = torch.randn(2, CHANNELS, *sides, generator=generator, dtype=dtype).to(memory_format=layout)
        parameters = dict(module.named_parameters())

        def ours(x, *values, module=module, names=tuple(parameters)):
            return torch.func.functional_call(module, dict(zip(names, values, strict=True)), (x,))

        def theirs(x, weight, bias=None, module=module):
            settings = (module.stride, module.padding, module.dilation, CHANNELS)
            return F.conv2d(x, weight, bias, *settings)

        found = gradients(ours, x, *parameters.values())
        for mine, expected in zip(found, gradients(theirs, x, *parameters.values()), strict=True):
            torch.testing.assert_close(mine, expected, rtol=tolerance, atol=tolerance)
        reach = [d * (k - 1) + 1 for k, d in zip(module.kernel_size, module.dilation, strict=True)]
        small += any(side < taps for side, taps in zip(sides, reach, strict=True))
    assert len(computed) == small > 200


def test_only_the_tap_that_is_reached_computes(computed):
    """On 1 x 1 the kernel's middle; the others may hold anything finite and get no gradient."""
    module, x = depthwise(5, 1, 2, 1, bias=False), torch.tensor([2.0, 3, 5]).view(1, 3, 1, 1)
    y = module(x)
    y.sum().backward()
    torch.testing.assert_close(y, x * module.weight[:, :, 2, 2].view(1, 3, 1, 1))
    expected = torch.zeros_like(module.weight)
    expected[:, 0, 2, 2] = torch.tensor([2.0, 3, 5])
    torch.testing.assert_close(module.weight.grad, expected)
    assert len(computed) == 1


@pytest.mark.parametrize("change", ["", "evaluation", "batch", "map", "autocast", "dense", "reflect"])
def test_else_the_convolution_stays(change, computed):
    padding = {"padding": 1, "padding_mode": "reflect"} if change == "reflect" else {"padding": 2}
    module = nn.Conv2d(3, 3, 5, groups=1 if change == "dense" else 3, **padding)
    side = {"map": 7, "reflect": 4}.get(change, 2)
    x = torch.randn(2**17 if change == "batch" else 2, 3, side, side)
    with torch.autocast("cpu", enabled=change == "autocast"):
        expected = module(x)
        use_products_on_small_maps(module)
        module.train(change != "evaluation")
        found = module(x)
    assert len(computed) == (change == "")
    torch.testing.assert_close(found, expected, rtol=0, atol=0 if change else 1e-6)


@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("side", [1, 2, 16])
def test_1x1_convolutions_are_linear(side, bias, layout, monkeypatch):
    """As products up to 512 pixels of the batch, which 2 maps of 16 x 16 have, and no further."""
    products, linear = [], F.linear
    monkeypatch.setattr(F, "linear", lambda *arguments: products.append(arguments) or linear(*arguments))
    module, plain = nn.Conv2d(5, 7, 1, bias=bias), nn.Conv2d(5, 7, 1, bias=bias)
    plain.load_state_dict(module.state_dict())
    use_products_on_small_maps(module)
    for batch in (2, 3):
        x = torch.randn(batch, 5, side, side).to(memory_format=layout)
        found, expected = (
            gradients(lambda x, *_, conv=conv: conv(x), x)
            + [(conv.zero_grad(), conv(x).square().sum().backward(), p.grad)[2] for p in conv.parameters()]
            for conv in (module, plain)
        )
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-4)
    assert len({len(arguments[0]) for arguments in products}) == (1 if side == 16 else 2)


def as_built(settings, monkeypatch):
    """The same network with its convolutions as PyTorch computes them."""
    with monkeypatch.context() as patched:
        patched.setattr("lga.run.build.use_products_on_small_maps", lambda network: None)
        return lga.build_model(settings)


@pytest.mark.parametrize("backbone", ["mobilenetv3", "timm/mobilenetv3_small_050"])
def test_a_network_trains_the_same_and_is_counted_and_saved_the_same(backbone, monkeypatch, computed):
    settings = ["dataset=digits", f"backbone={backbone}"]
    ours, plain = lga.build_model(settings), as_built(settings, monkeypatch)
    assert list(ours.state_dict()) == list(plain.state_dict())
    assert [type(module) for module in ours.modules()] == [type(module) for module in plain.modules()]
    images = torch.rand(16, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    for network in (ours, plain):
        F.cross_entropy(network.train()(images), torch.arange(16) % 10).backward()
    assert len(computed) >= 5
    mine, theirs = (nn.utils.parameters_to_vector(p.grad for p in n.parameters()) for n in (ours, plain))
    assert (mine - theirs).norm() < 1e-5 * theirs.norm()
    computed.clear()
    assert true_gflops(ours, 32) == true_gflops(plain, 32)
    assert paper_gflops(ours) == paper_gflops(plain)
    assert not computed


def test_an_export_holds_the_convolution(computed):
    unit = ConvUnit(8, 8, 5, groups=8)
    use_products_on_small_maps(unit)
    unit(torch.rand(2, 8, 1, 1))
    assert len(computed) == 1
    graph = to_onnx(nn.Sequential(nn.Conv2d(3, 8, 1), unit), 2, "maps", {}).graph
    assert [5, 5] in [list(weight.dims[2:]) for weight in graph.initializer]
    assert len(computed) == 1
