"""`mode=predict source=<image, folder, glob>`: what a trained network says, as JSON and as pictures.

Written to `mode.out` (by default the run's folder, `predictions/`): `predictions.json` with `images`,
`categories` (ids from 1) and `annotations` (`bbox` x, y, width, height in pixels of the file, and `score`;
of a classifier none, and each image has its `label` and the `probabilities` by class), and `<name>.png` for
each image. A file that cannot be read is named, skipped and counted.
"""

import inspect
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import PIL.Image
import torch
from numpy.typing import NDArray
from omegaconf import DictConfig
from torch import nn
from torch.nn import functional as F

from lga.config.frozen_run import FrozenRun
from lga.data.classification.augmentation import resize, to_unit_range
from lga.data.detection.batches import letterbox
from lga.data.detection.geometry import PAD_VALUE
from lga.data.detection.image_stores import read_image
from lga.detection.drawing import draw_boxes, drawn, heat, in_pairs, png
from lga.instruments.explanation import explain
from lga.run.folder.directory import RunDirectory
from lga.run.modes.evaluate import trained_network
from lga.run.preflight import images_of
from lga.structures import Detections
from lga.structures.batch import ImageOrigin
from lga.system.errors import UserError
from lga.system.files import writable, write_atomically, write_text
from lga.system.progress import track, untracked
from lga.system.terminal_text import numbered

log = logging.getLogger("lga")

LONGEST_STEM = 48  # characters of a picture's name: in bytes, far below what file systems take
Array = NDArray[np.uint8]


@dataclass(frozen=True)
class Prediction:
    """What a network says of one image.

    Attributes:
        image: RGB, (H, W, 3), uint8.
        class_names: in the order of the labels.
        found: boxes xyxy in pixels of the image, scores and labels, of a detector; None of a classifier.
        heading: of a detector's picture.
        shown: its boxes; the best few where none was sure enough to be found.
        probabilities: by class, of a classifier; empty of a detector.
        looks: pictures of what the network looks at, where that was asked for, with headings.
    """

    image: Array
    class_names: list[str]
    found: Detections | None = None
    heading: str = ""
    shown: Detections | None = None
    probabilities: dict[str, float] = field(default_factory=dict)
    looks: tuple[tuple[str, Array], ...] = ()

    @property
    def label(self) -> str | None:
        """The most probable class; None of a detector."""
        return max(self.probabilities, key=lambda name: self.probabilities[name], default=None)

    def picture(self) -> PIL.Image.Image:
        """Return the image, enlarged if small, boxes below what they are, or its class; the looks."""
        found = self.shown or Detections(torch.empty(0, 4), torch.empty(0), torch.empty(0, dtype=torch.long))
        boxes, labels, scores = (values.numpy() for values in (found.boxes, found.labels, found.scores))
        picture = draw_boxes(self.image, boxes, labels, self.class_names, scores)
        heading = self.heading if self.label is None else f"{self.label} {self.probabilities[self.label]:.2f}"
        return PIL.Image.fromarray(in_pairs([(heading, picture), *self.looks]))

    def _repr_png_(self) -> bytes:
        return png(np.asarray(self.picture()))


def predict(run: FrozenRun) -> None:
    """Predict every image of `source`; the last line counts images, boxes and skipped files."""
    cfg = run.cfg
    files = images_of(cfg.source)
    network = trained_network(run).to(_device(cfg.trainer.accelerator))
    out = Path(cfg.mode.out or RunDirectory(run).path / "predictions")
    with writable(out, "mode.out"):
        out.mkdir(parents=True, exist_ok=True)
        images: list[dict[str, Any]] = []
        boxes: list[dict[str, Any]] = []
        skipped = 0
        for file in (track if cfg.trainer.progress else untracked)(files, "images predicted"):
            try:
                predicted = predict_image(network, as_image(file), cfg, cfg.mode.confidence, cfg.mode.explain)
            except UserError as error:
                print(f"skipped: {str(error).split(';')[0]}", flush=True)
                skipped += 1
                continue
            images.append(_image_entry(len(images) + 1, file, predicted))
            if predicted.found:
                boxes.extend(_box_entries(len(boxes) + 1, images[-1]["id"], predicted.found))
            picture = predicted._repr_png_()
            name = f"{len(images)}-{file.stem[:LONGEST_STEM]}.png"
            write_atomically(out / name, lambda file, picture=picture: file.write(picture))  # type: ignore[misc]
        categories = [{"id": i + 1, "name": name} for i, name in enumerate(cfg.dataset.class_names)]
        content = {"images": images, "categories": categories, "annotations": boxes}
        write_text(out / "predictions.json", json.dumps(content) + "\n")
    counts = [numbered(len(images), "image")]
    counts += [numbered(len(boxes), "box")] if cfg.task.name == "detection" else []
    print(f"{', '.join(counts)}, {skipped} skipped: {out / 'predictions.json'}, pictures beside it")


def as_image(source: str | Path | PIL.Image.Image | Array) -> Array:
    """Return an image as RGB (H, W, 3), uint8; UserError for a file or an array that is none."""
    if isinstance(source, str | Path):
        return np.asarray(read_image(Path(source)))
    if isinstance(source, PIL.Image.Image):
        return np.asarray(source.convert("RGB"))
    array = np.asarray(source)
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or array.shape[2:] not in ((), (1,), (3,)):
        raise UserError(
            f"an array of {array.dtype}, {array.shape}: give uint8 from 0 to 255, (H, W) or (H, W, 3)"
        )
    return np.broadcast_to(array.reshape(*array.shape[:2], -1), (*array.shape[:2], 3))


def predict_image(
    network: nn.Module, image: Array, cfg: DictConfig, confidence: float, explained: bool = False
) -> Prediction:
    """Return what a network of `cfg` in evaluation mode says of an RGB image (H, W, 3), uint8."""
    names = [str(name) for name in cfg.dataset.class_names]
    if cfg.task.name == "detection":
        found = find(network, image, cfg.dataset.image_size)
        sure = int((found.scores >= confidence).sum())
        predicted = Prediction(image, names, found[:sure], *drawn(found, confidence))
    else:
        with torch.no_grad():
            logits = network(to_unit_range(_square(network, image, cfg.dataset.image_size)))
        probabilities = logits.float().softmax(1)[0].tolist()
        predicted = Prediction(image, names, probabilities=dict(zip(names, probabilities, strict=True)))
    return replace(predicted, looks=_looks(network, predicted, cfg)) if explained else predicted


def find(network: nn.Module, image: Array, image_size: int) -> Detections:
    """Return what `network` finds on an RGB image (H, W, 3), in its pixels; it sees the image letterboxed."""
    batch, origin = _letterboxed(network, image, image_size)
    with torch.no_grad():
        found: Detections = cast(Any, network).predict(to_unit_range(batch))[0]
    return Detections(origin.to_original(found.boxes).cpu(), found.scores.cpu(), found.labels.cpu())


def _square(network: nn.Module, image: Array, image_size: int) -> torch.Tensor:
    """Return (1, 3, S, S), uint8, on the network's device, resized as evaluation does."""
    batch = resize(torch.tensor(image).permute(2, 0, 1)[None], image_size)
    return batch.to(next(network.parameters()).device)


def _letterboxed(network: nn.Module, image: Array, image_size: int) -> tuple[torch.Tensor, ImageOrigin]:
    """Return (1, 3, S, S), uint8, on the network's device, and where the image lies in it."""
    height, width = image.shape[:2]
    canvas = np.full((image_size, image_size, 3), PAD_VALUE, np.uint8)
    place = letterbox((width, height), image_size, (image_size, image_size))
    place.draw(canvas, image)
    batch = torch.from_numpy(canvas).permute(2, 0, 1)[None].to(next(network.parameters()).device)
    return batch, ImageOrigin(0, "", width, height, place.scale, place.corner)


def _looks(network: nn.Module, predicted: Prediction, cfg: DictConfig) -> tuple[tuple[str, Array], ...]:
    """Return what the network looks at for the class that it says, or for as many boxes as are shown."""
    model, label, size = cast(Any, network), predicted.label, cfg.dataset.image_size
    boxes = len(predicted.shown.scores) if predicted.shown else 0

    def score(images: torch.Tensor) -> torch.Tensor:
        if label is None:
            with_gradients = inspect.unwrap(type(model).predict)  # it is wrapped in no_grad
            return with_gradients(model, images)[0].scores[:boxes].sum()[None]  # type: ignore[no-any-return]
        return model(images)[:, predicted.class_names.index(label)]  # type: ignore[no-any-return]

    batch, window, of = _square(network, predicted.image, size), (slice(None), slice(None)), label
    if label is None:
        batch, origin = _letterboxed(network, predicted.image, size)
        left, top = (round(shift) for shift in origin.shift)
        width, height = round(origin.width * origin.scale[0]), round(origin.height * origin.scale[1])
        window, of = (slice(top, top + height), slice(left, left + width)), numbered(boxes, "box")
    seen = batch[0].permute(1, 2, 0).cpu().numpy()[window]

    def over_image(values: torch.Tensor) -> Array:
        spread = F.interpolate(values[None, None].float(), (size, size), mode="bilinear")
        return heat(seen, spread[0, 0][window])

    said = explain(network, model.backbone, to_unit_range(batch), score)
    looks = [("no Grad-CAM: its scores have no gradient", seen)]  # of some of mmdet's detectors
    if said.grad_cam is not None:
        looks = [(f"Grad-CAM of {of}", over_image(said.grad_cam))]
    for block in said.blocks.values():
        if block.gate is not None:
            first, *others = (f"{share:.2f}" for share in block.gate.mean((1, 2)).tolist())
            tiles = in_pairs([("", over_image(weights)) for weights in block.gate])
            looks.append((f"gate by row: itself {first}, scales {' '.join(others)}", tiles))
        squares = (
            (block.kernel / block.kernel.max().clamp(min=1e-12))
            .repeat_interleave(size, 0)
            .repeat_interleave(size, 1)
        )
        looks.append((f"its {block.picture}", heat(np.full((size, size, 3), 255, np.uint8), squares)))
    return tuple(looks)


def _image_entry(number: int, file: Path, predicted: Prediction) -> dict[str, Any]:
    height, width = predicted.image.shape[:2]
    entry = {"id": number, "file_name": str(file), "height": height, "width": width}
    said = {"label": predicted.label, "probabilities": predicted.probabilities}
    return {**entry, **(said if predicted.probabilities else {})}


def _box_entries(first: int, image_id: int, found: Detections) -> Iterator[dict[str, Any]]:
    rows = zip(found.boxes.tolist(), found.scores.tolist(), found.labels.tolist(), strict=True)
    for number, ((x1, y1, x2, y2), score, label) in enumerate(rows, start=first):
        yield {
            "id": number,
            "image_id": image_id,
            "category_id": label + 1,
            "bbox": [x1, y1, x2 - x1, y2 - y1],
            "area": (x2 - x1) * (y2 - y1),
            "iscrowd": 0,
            "score": score,
        }


def _device(accelerator: str) -> torch.device:
    return torch.device("cuda" if accelerator != "cpu" and torch.cuda.is_available() else "cpu")
