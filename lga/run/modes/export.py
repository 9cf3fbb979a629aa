"""`mode=export`: the cell's network as ONNX, written only if ONNX Runtime agrees with PyTorch.

Shapes: B batch, A anchors of all levels together, K classes, H W height and width of the images.
"""

import json
import logging
import warnings
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import onnx
import onnxruntime  # type: ignore[import-untyped]
import torch
from torch import Tensor, nn
from torch.onnx import OnnxExporterError

from lga.attention.local_global.export import make_exportable
from lga.config.frozen_run import FrozenRun
from lga.detection import Detector
from lga.detection.mmdet_bridge import MMDetDetector
from lga.detection.yolov8.detector import DecodedDetector
from lga.run.build import build_network
from lga.run.folder.directory import RunDirectory
from lga.run.modes.evaluate import trained_network
from lga.system.errors import UserError
from lga.system.files import writable, write_atomically

INPUT = "images"
log = logging.getLogger("lga")
FILE = "model.onnx"
TOLERANCE = 1e-4
BATCH_SIZES = (1, 3)


@dataclass(frozen=True)
class Part:
    """Entries of an output's second axis that have one unit, and the value that an error is relative to.

    None is the largest value there. Probabilities need 1: ONNX Runtime's sigmoid is exact to 1e-7 of 1, and
    no better near 0, where an untrained detector's probabilities are.
    """

    entries: slice
    scale: float | None = None

    def error(self, expected: Tensor, found: Tensor) -> float:
        """Return the largest difference in this part of two outputs (B, entries, ...)."""
        ours, theirs = expected[:, self.entries], found[:, self.entries]
        scale = float(ours.abs().max()) if self.scale is None else self.scale
        return float((ours - theirs).abs().max()) / scale


def to_onnx(network: nn.Module, image_size: int, output: str, metadata: Mapping[str, str]) -> onnx.ModelProto:
    """Convert `network`: from images (B, 3, H, W) of one size to the tensor called `output`, for any B."""
    images = torch.zeros(2, 3, image_size, image_size)  # an axis of length 1 would be taken for a constant
    exportable = deepcopy(network).eval().requires_grad_(False)
    make_exportable(exportable, images)
    try:
        model = _by_torch_export(exportable, images, output)
    except OnnxExporterError as error:
        log.warning("falling back to the TorchScript exporter: %s", str(error).splitlines()[0])
        model = _by_torchscript(exportable, images, output)
    onnx.helper.set_model_props(model, dict(metadata))
    return model


def largest_error(
    network: nn.Module, model: onnx.ModelProto, batches: Iterable[Tensor], parts: Sequence[Part]
) -> float:
    """Return the largest relative difference of ONNX Runtime from PyTorch on images (B, 3, H, W)."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    errors = []
    for images in batches:
        with torch.no_grad():
            expected = network(images)
        (found,) = session.run(None, {INPUT: images.numpy()})
        errors += [part.error(expected, torch.from_numpy(found)) for part in parts]
    return float(torch.tensor(errors).max())  # of NaN, NaN


def _by_torch_export(network: nn.Module, images: Tensor, output: str) -> onnx.ModelProto:
    program = torch.onnx.export(
        network,
        (images,),
        dynamo=True,
        input_names=[INPUT],
        output_names=[output],
        dynamic_shapes=({0: torch.export.Dim("batch")},),
        verbose=False,
    )
    if program is None:
        raise OnnxExporterError("the exporter returned no program")
    return program.model_proto


def _by_torchscript(network: nn.Module, images: Tensor, output: str) -> onnx.ModelProto:
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        path = Path(folder) / "model.onnx"
        warnings.simplefilter("ignore")  # of shapes that are constant here because the image size is
        torch.onnx.export(
            network,
            (images,),
            path,
            dynamo=False,
            input_names=[INPUT],
            output_names=[output],
            dynamic_axes={INPUT: {0: "batch"}, output: {0: "batch"}},
        )
        return onnx.load(path)


@dataclass(frozen=True)
class Form:
    """What is exported: a network with one output, what it is called and what it holds."""

    network: nn.Module
    output: str
    layout: str
    parts: tuple[Part, ...]


def export(run: FrozenRun) -> Path:
    """Write the model, print where it is and how far it is from PyTorch, and return its path."""
    cfg, path = run.cfg, _path(run)
    network, weights = _network(run)
    form, size = _form(network), cfg.dataset.image_size
    model = to_onnx(form.network, size, form.output, _metadata(run, form, weights))
    error = largest_error(form.network, model, _batches(size, cfg.seed), form.parts)
    if not error < TOLERANCE:
        raise UserError(
            f"{path}: not written: ONNX Runtime differs from PyTorch by {error:.1e} of the largest value, "
            f"more than {TOLERANCE:.0e}; other versions of onnxscript or onnxruntime may agree"
        )
    with writable(path.parent, "mode.out"):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, lambda file: file.write(model.SerializeToString()))
    batches = " and ".join(map(str, BATCH_SIZES))
    print(f"{path}: within {error:.1e} of PyTorch, relative to the largest value (batches of {batches})")
    return path


def _path(run: FrozenRun) -> Path:
    out = run.config["mode"]["out"]
    path = Path(out) if out else RunDirectory(run).path
    return path if out and not path.is_dir() else path / FILE


def _network(run: FrozenRun) -> tuple[nn.Module, str]:
    """Return the network in evaluation mode on the CPU, and where its weights are from."""
    mode, own = run.cfg.mode, RunDirectory(run).best_checkpoint
    if mode.untrained and not mode.checkpoint and not own.is_file():
        log.warning("%s: not trained; exporting freshly drawn weights, as mode.untrained=true asks", run.cell)
        return build_network(run.cfg).eval(), "untrained"
    return trained_network(run).cpu(), Path(mode.checkpoint or own).name


def _form(network: nn.Module) -> Form:
    """Return a classifier as it is, the paper's detector with its decoding; mmdet's are not taken."""
    if isinstance(network, MMDetDetector):
        raise UserError(
            "mode=export: detectors of mmdet decode in ways of their own and are not exported; "
            "export detector=yolov8, or mmdet's model with mmdeploy"
        )
    if not isinstance(network, Detector):
        return Form(network, "logits", "(B, K)", (Part(slice(None)),))
    layout = "(B, 4 + K, A): x1, y1, x2, y2 in pixels, then probabilities; before NMS"
    boxes, probabilities = Part(slice(4)), Part(slice(4, None), scale=1.0)
    return Form(DecodedDetector(network), "predictions", layout, (boxes, probabilities))


def _batches(image_size: int, seed: int) -> Iterable[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return (torch.rand(number, 3, image_size, image_size, generator=generator) for number in BATCH_SIZES)


def _metadata(run: FrozenRun, form: Form, weights: str) -> dict[str, str]:
    """Return what a user of the file needs to know, all as text."""
    cfg, cell, identity = run.cfg, run.cell, RunDirectory(run).identity
    return {
        "input": "(B, 3, H, W): RGB in [0, 1]",
        "output": form.layout,
        "image_size": str(cfg.dataset.image_size),
        "class_names": json.dumps(list(cfg.dataset.class_names)),
        "config_hash": identity.read_text().strip() if identity.is_file() else run.config_hash,
        "weights": weights,
        "dataset": cell.dataset,
        "backbone": cell.backbone,
        "detector": cell.detector,
        "attention": cell.attention,
        "seed": str(cell.seed),
    }
