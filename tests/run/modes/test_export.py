"""`mode=export`: ONNX Runtime gives PyTorch's numbers, for every attention and any number of images."""

import json

import onnx
import onnxruntime
import pytest
import torch
from torch import nn
from torch.onnx import OnnxExporterError

import lga
from lga.attention import LocalGlobalAttention
from lga.run.execute import execute
from lga.run.modes import export as export_mode
from lga.run.modes import export as onnx_model
from lga.run.modes.export import Part, largest_error, to_onnx
from lga.system import errors
from lga.system.errors import UserError
from tests.attention.test_attention_blocks import NAMES, build
from tests.run.cells import cell

CHANNELS, HEADS = 24, 6


class OnItsOwn(nn.Module):
    """A block behind a convolution from the three channels of an image."""

    def __init__(self, block):
        super().__init__()
        self.widen = nn.Conv2d(3, CHANNELS, 1)
        self.attention = block

    def forward(self, images):
        return self.attention(self.widen(images))


def test_without_onnx_one_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(errors, "find_spec", lambda name: None if name == "onnxscript" else object())
    with pytest.raises(UserError, match=r"mode=export needs onnxscript: pip install 'lga\[export\]'"):
        execute(cell(tmp_path, "mode=export"))


def images(size, *batch_sizes):
    generator = torch.Generator().manual_seed(0)
    return [torch.rand(number, 3, size, size, generator=generator) for number in batch_sizes]


WHOLE = (Part(slice(None)),)


@pytest.mark.parametrize("size", [8, 11])
@pytest.mark.parametrize("attention", NAMES)
def test_every_block_agrees(attention, size):
    """8: there ONNX Runtime's nearest neighbour from 14 to 8 is not PyTorch's; 11: no scale divides it."""
    torch.manual_seed(0)
    network = OnItsOwn(build(attention, CHANNELS, HEADS)).eval()
    model = to_onnx(network, size, "maps", {})
    assert largest_error(network, model, images(size, 1, 3), WHOLE) < 1e-5
    assert type(network.attention) is type(build(attention, CHANNELS, HEADS))


def test_a_released_block_is_exported_folded():
    """Three depthwise and three 1x1 convolutions of the scales, one to the gates, 11x11, and the last."""
    network = OnItsOwn(LocalGlobalAttention(CHANNELS, HEADS)).eval()
    model = to_onnx(network, 8, "maps", {})
    assert sum(node.op_type == "Conv" for node in model.graph.node) == 1 + 9
    assert not any(node.op_type in ("MatMul", "Gemm") for node in model.graph.node)


def test_the_older_exporter_takes_over_where_the_newer_one_fails(monkeypatch, caplog):
    def fail(*_):
        raise OnnxExporterError("no such operator\nand more")

    monkeypatch.setattr(onnx_model, "_by_torch_export", fail)
    network = OnItsOwn(LocalGlobalAttention(CHANNELS, HEADS)).eval()
    model = to_onnx(network, 8, "maps", {"key": "value"})
    assert largest_error(network, model, images(8, 1, 3), WHOLE) < 1e-5
    assert [(entry.key, entry.value) for entry in model.metadata_props] == [("key", "value")]
    assert "no such operator" in caplog.text
    assert "and more" not in caplog.text


def test_errors_are_relative_to_each_part():
    """Off by 1 in the first part, whose largest value is 100, by 0.1 in the second, whose is 0.4."""

    class Constant(nn.Module):
        def __init__(self, *values):
            super().__init__()
            self.constant = nn.Buffer(torch.tensor(values))

        def forward(self, batch):
            return self.constant + 0 * batch.flatten(1)[:, :3]

    model = to_onnx(Constant(51.0, 100.0, 0.5), 8, "values", {})

    def error(*parts):
        return largest_error(Constant(50.0, 100.0, 0.4), model, images(8, 1), parts)

    assert error(Part(slice(2))) == pytest.approx(1 / 100)
    assert error(Part(slice(2)), Part(slice(2, None))) == pytest.approx(0.1 / 0.4)
    assert error(Part(slice(2)), Part(slice(2, None), scale=1.0)) == pytest.approx(0.1)


def exported(run, capsys):
    path = export_mode.export(run)
    assert capsys.readouterr().out.startswith(f"{path}: within ")
    return path


def run_onnx(path, batch):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (output,) = session.get_outputs()
    return output.name, session.run(None, {"images": batch.numpy()})[0]


def test_a_trained_classifier(tmp_path, capsys):
    overrides = ("attention=lga", "recipe.ema_decay=0.5")
    execute(cell(tmp_path, *overrides))
    run = cell(tmp_path, *overrides, "mode=export")
    capsys.readouterr()
    execute(run)
    path = run.directory / "model.onnx"
    assert capsys.readouterr().out.startswith(f"{path}: within ")

    metadata = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert metadata["config_hash"] == run.config_hash
    assert json.loads(metadata["class_names"]) == [str(digit) for digit in range(10)]
    assert (metadata["image_size"], metadata["weights"]) == ("32", "best.ckpt")

    trained = lga.build_model(overrides).eval()
    best = run.directory / "checkpoints" / "best.ckpt"
    trained.load_state_dict(torch.load(best, weights_only=True)["state_dict"])
    (batch,) = images(32, 5)
    name, logits = run_onnx(path, batch)
    assert name == "logits"
    torch.testing.assert_close(torch.from_numpy(logits), trained(batch).detach(), rtol=1e-4, atol=1e-4)


def test_a_detector_gives_decoded_boxes_and_probabilities(tmp_path, capsys):
    """Held against `predict` with nothing suppressed: each of its boxes with its score is there."""
    overrides = ("dataset=digit_scenes", "dataset.image_size=64", "attention=lga", "seed=3")
    file = tmp_path / "detector.onnx"
    run = cell(tmp_path, *overrides, "mode=export", "mode.untrained=true", f"mode.out={file}")
    assert exported(run, capsys) == file

    (batch,) = images(64, 2)
    name, predictions = run_onnx(file, batch)
    assert name == "predictions"
    assert predictions.shape == (2, 4 + 10, 8 * 8 + 4 * 4 + 2 * 2)
    model = lga.build_model(overrides).eval()
    model.confidence, model.nms_iou, model.max_detections = 0.0, 1.0, 84 * 10
    for image, found in zip(torch.from_numpy(predictions), model.predict(batch), strict=True):
        boxes, probabilities = image[:4].T, image[4:].T
        torch.testing.assert_close(probabilities.flatten().sort(descending=True)[0], found.scores)
        distances = (found.boxes[:, None] - boxes).abs().amax(2)
        nearest, anchors = distances.min(1)
        assert nearest.max() < 1e-2
        torch.testing.assert_close(probabilities[anchors, found.labels], found.scores)


def test_an_untrained_cell_is_refused(tmp_path):
    with pytest.raises(UserError, match="not trained yet"):
        export_mode.export(cell(tmp_path, "mode=export"))


def test_a_detector_needs_sizes_that_its_strides_divide(tmp_path):
    with pytest.raises(UserError, match=r"dataset.image_size=80: .*; set 96"):
        cell(tmp_path, "dataset=digit_scenes", "dataset.image_size=80", "mode=export", "mode.untrained=true")


def test_what_does_not_agree_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(export_mode, "largest_error", lambda *_: float("nan"))
    run = cell(tmp_path, "mode=export", "mode.untrained=true")
    with pytest.raises(UserError, match="not written: ONNX Runtime differs"):
        export_mode.export(run)
    assert not list(tmp_path.rglob("*.onnx"))


@pytest.mark.slow
@pytest.mark.parametrize("dataset", ["digits", "digit_scenes"])
@pytest.mark.parametrize("attention", NAMES)
def test_every_attention_exports_and_agrees(attention, dataset, tmp_path, capsys):
    size = {"digits": 32, "digit_scenes": 64}[dataset]
    run = cell(
        tmp_path,
        f"dataset={dataset}",
        f"dataset.image_size={size}",
        f"attention={attention}",
        "mode=export",
        "mode.untrained=true",
    )
    assert exported(run, capsys).is_file()


@pytest.mark.slow
@pytest.mark.parametrize("attention", ["lga", "lga_as_written"])
@pytest.mark.parametrize("backbone", ["resnet18", "yolov8"])
def test_the_other_backbones_export_and_agree(backbone, attention, tmp_path, capsys):
    run = cell(
        tmp_path,
        "dataset=digit_scenes",
        f"backbone={backbone}",
        f"attention={attention}",
        "mode=export",
        "mode.untrained=true",
    )
    assert exported(run, capsys).is_file()
