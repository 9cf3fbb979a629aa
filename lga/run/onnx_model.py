"""From a network to ONNX, and from ONNX back to numbers: conversion and parity with PyTorch.

Shapes: B batch, H W height and width of the images.
"""

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

log = logging.getLogger("lga")

INPUT = "images"


@dataclass(frozen=True)
class Part:
    """Entries of an output's second axis that have one unit, and the value that an error is relative to.

    None is the largest value there. Probabilities need 1: ONNX Runtime's sigmoid is exact to 1e-7 of 1, and
    no better near 0, where an untrained detector's probabilities are.
    """

    entries: slice
    scale: float | None = None

    def error(self, expected: Tensor, found: Tensor) -> float:
        """The largest difference in this part of two outputs (B, entries, ...)."""
        ours, theirs = expected[:, self.entries], found[:, self.entries]
        scale = float(ours.abs().max()) if self.scale is None else self.scale
        return float((ours - theirs).abs().max()) / scale


def to_onnx(network: nn.Module, image_size: int, output: str, metadata: Mapping[str, str]) -> onnx.ModelProto:
    """The model of `network`, from images (B, 3, H, W) of one size to the tensor called `output`; any B."""
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
    """The largest relative difference of ONNX Runtime from PyTorch on `batches` of images (B, 3, H, W)."""
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
