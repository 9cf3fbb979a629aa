"""The Local-Global blocks outside of this project: what the docstring of `lga.attention` promises."""

import copy
import doctest
import subprocess
import sys

import onnx
import onnxruntime
import pytest
import torch
from onnxruntime import quantization
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch.nn.modules.utils import consume_prefix_in_state_dict_if_present

import lga.attention
from lga.attention import LocalGlobalAttention, LocalGlobalAttentionAsWritten, LocalGlobalVariant
from lga.attention.local_global.export import exportable, make_exportable
from lga.attention.local_global.literal import LiteralLocalGlobalAttention

VARIED = {
    "released": {"alpha": "per_channel", "position": "sinusoidal", "local_kernels": (3, 9), "residual": True},
    "as_written": {"alpha": "softmax", "position": "learned_bilinear", "scales": 2, "global_kernel": 5},
    "bare": {"alpha": "frozen", "position": "none", "scales": 0, "local_kernels": (), "heads": 4},
}
MAKERS = {
    "lga": lambda: LocalGlobalAttention(24, 6),
    "lga_as_written": lambda: LocalGlobalAttentionAsWritten(24, 6),
    "released": lambda: LocalGlobalVariant(24, **{"heads": 6} | VARIED["released"]),
    "as_written": lambda: LocalGlobalVariant(24, heads=6, contraction="as_written", **VARIED["as_written"]),
    "bare": lambda: LocalGlobalVariant(24, **VARIED["bare"]),
}


@pytest.fixture(params=MAKERS)
def block(request):
    torch.manual_seed(0)
    return MAKERS[request.param]()


def relative_error(value, expected):
    return ((value - expected).abs().max() / expected.abs().max()).item()


def test_torch_is_all_that_is_imported():
    """Beside torch and what it brings, the top-level modules loaded are `lga` and Python's own."""
    code = """
import sys, torch
before = {name.partition(".")[0] for name in sys.modules} | set(sys.stdlib_module_names)
from lga.attention import LocalGlobalAttention
block, x = LocalGlobalAttention(24, 6), torch.randn(1, 24, 5, 5)
block(x).sum().backward()
with torch.no_grad():
    block.eval()(x)
print(*sorted({name.partition(".")[0] for name in sys.modules} - before))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["lga"]


def test_the_example_of_the_docstring_runs():
    results = doctest.testmod(lga.attention)
    assert results.attempted == 9
    assert results.failed == 0


def test_weights_in_the_author_s_naming_load_strictly():
    """In the author's networks the block is a layer of a list: `model.12.out_conv.weight`."""
    literal = LiteralLocalGlobalAttention(24, 6).eval()
    author = {f"model.12.{key}": value for key, value in literal.state_dict().items()}
    consume_prefix_in_state_dict_if_present(author, "model.12.")
    x = torch.randn(1, 24, 6, 9)
    for block in (LocalGlobalAttention(24, 6), LocalGlobalVariant(24, 6)):
        block.eval().load_state_dict(author)
        with torch.no_grad():
            assert relative_error(block(x), literal(x)) < 1e-5


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_every_precision(block, dtype, training):
    x = torch.randn(2, 24, 9, 11)
    expected = block.train(training)(x)
    y = block.to(dtype)(x.to(dtype))
    assert y.dtype == dtype
    assert relative_error(y.float(), expected) < 0.05
    with torch.no_grad():
        assert relative_error(block(x.to(dtype)).float(), expected) < 0.05


@pytest.mark.parametrize("training", [True, False])
def test_autocast_trains(block, training):
    x = torch.randn(2, 24, 9, 11, requires_grad=True)
    expected = block.train(training)(x).detach()
    with torch.autocast("cpu", torch.bfloat16):
        y = block(x)
    y.float().sum().backward()
    assert relative_error(y.float(), expected) < 0.05
    assert x.grad.isfinite().all()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in block.parameters())


def test_channels_last_inputs_and_weights_give_the_same_numbers_in_their_layout(block):
    x = torch.randn(2, 24, 8, 12)
    rows = x.contiguous(memory_format=torch.channels_last)
    expected = block(x)
    for module in (block, copy.deepcopy(block).to(memory_format=torch.channels_last)):
        y = module(rows)
        torch.testing.assert_close(y, expected, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(module(x), expected, rtol=1e-4, atol=1e-5)
        assert y.is_contiguous(memory_format=torch.channels_last)
    assert expected.is_contiguous()


def test_no_value_is_read_back_to_the_host(block):
    """Tensors of the meta device have no values: `.item()`, `if tensor` and copies to the CPU raise there."""
    block.to("meta")
    x = torch.randn(2, 24, 9, 11, device="meta", requires_grad=True)
    for _ in range(2):
        block.train()(x).sum().backward()
        with torch.no_grad():
            assert block.eval()(x).shape == x.shape


@pytest.mark.parametrize(
    ("backend", "training"),
    [
        ("aot_eager", True),
        pytest.param("inductor", True, marks=pytest.mark.slow),
        pytest.param("inductor", False, marks=pytest.mark.slow),
    ],
)
def test_compiles_as_one_graph(block, backend, training):
    torch.compiler.reset()
    compiled = torch.compile(block.train(training), fullgraph=True, backend=backend)
    x = torch.randn(2, 24, 9, 11)
    with torch.set_grad_enabled(training):
        y, expected = compiled(x), block(x)
    assert relative_error(y, expected) < 1e-5
    if training:
        gradients = torch.autograd.grad(y.square().sum(), list(block.parameters()))
        references = torch.autograd.grad(expected.square().sum(), list(block.parameters()))
        for gradient, reference in zip(gradients, references, strict=True):
            assert (gradient - reference).abs().max() < 1e-5 * max(1, reference.abs().max())


def test_exported_program_takes_any_batch(block):
    block.eval()
    x = torch.randn(3, 24, 9, 11)
    with torch.no_grad():
        program = torch.export.export(block, (x[:2],), dynamic_shapes=({0: torch.export.Dim("batch")},))
        assert relative_error(program.module()(x), block(x)) < 1e-6


@pytest.mark.parametrize("size", [(1, 1), (5, 3), (20, 20)])
def test_the_exportable_form_is_the_block(block, size):
    block.eval()
    x = torch.randn(2, 24, *size)
    network = torch.nn.Sequential(copy.deepcopy(block))
    with torch.no_grad():
        make_exportable(network, x)
        assert relative_error(network(x), block(x)) < 1e-5


def as_onnx(block, x, path):
    torch.onnx.export(
        exportable(block.eval(), tuple(x.shape[-2:])),
        (x,),
        path,
        dynamo=True,
        input_names=["x"],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        external_data=False,
        verbose=False,
    )
    return path


def by_onnx_runtime(path, x):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return torch.from_numpy(session.run(None, {"x": x.numpy()})[0])


def test_onnx_runtime_gives_the_same_numbers(block, tmp_path):
    x = torch.randn(3, 24, 5, 9)
    path = as_onnx(block, x[:2], tmp_path / "block.onnx")
    onnx.checker.check_model(path)
    with torch.no_grad():
        assert relative_error(by_onnx_runtime(path, x), block(x)) < 1e-5


class NormalMaps(quantization.CalibrationDataReader):
    """Six batches to calibrate with."""

    def __init__(self):
        self.left = iter([{"x": torch.randn(8, 24, 20, 20).numpy()} for _ in range(6)])

    def get_next(self):
        return next(self.left, None)


@pytest.mark.parametrize(
    ("make", "dynamic", "static"),
    [(LocalGlobalAttention, 0.016, 0.023), (LocalGlobalAttentionAsWritten, 0.012, 0.028)],
)
def test_eight_bits_cost_what_the_docstring_says(make, dynamic, static, tmp_path):
    """The root mean square of the error relative to the output's own."""
    torch.manual_seed(0)
    block, x = make(24, 6), torch.randn(8, 24, 20, 20)
    path = as_onnx(block, x, tmp_path / "block.onnx")
    prepared, eight_bits = tmp_path / "prepared.onnx", tmp_path / "eight_bits.onnx"
    quant_pre_process(path, prepared)
    expected = block(x).detach()

    def error():
        difference = by_onnx_runtime(eight_bits, x) - expected
        return (difference.square().mean() / expected.square().mean()).sqrt().item()

    unsigned = {"weight_type": quantization.QuantType.QUInt8}
    quantization.quantize_dynamic(prepared, eight_bits, **unsigned)
    assert error() == pytest.approx(dynamic, rel=0.4)
    unsigned["activation_type"] = quantization.QuantType.QUInt8
    quantization.quantize_static(prepared, eight_bits, NormalMaps(), per_channel=True, **unsigned)
    assert error() == pytest.approx(static, rel=0.4)
