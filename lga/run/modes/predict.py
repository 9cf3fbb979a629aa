"""`mode=predict source=<image, folder, glob>`: what a trained detector finds, as COCO JSON and as pictures.

Written to `mode.out` (by default the run's folder, `predictions/`): `predictions.json` with `images`,
`categories` (ids from 1) and `annotations` (`bbox` x, y, width, height in pixels of the file, and `score`),
and `<name>.png` for each image. A file that cannot be read is named, skipped and counted.
"""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lga.config.frozen_run import FrozenRun
from lga.data.detection.batches import letterbox
from lga.data.detection.geometry import PAD_VALUE
from lga.data.detection.image_stores import read_image
from lga.detection.drawing import draw_boxes, png
from lga.run.folder.directory import RunDirectory
from lga.run.modes.evaluate import trained_network
from lga.run.preflight import images_of
from lga.structures import Detections
from lga.structures.batch import ImageOrigin
from lga.system.errors import UserError
from lga.system.files import writable, write_atomically, write_text
from lga.system.progress import track, untracked

log = logging.getLogger("lga")

LONGEST_STEM = 48  # characters of a picture's name: in bytes, far below what file systems take
Image = NDArray[np.uint8]


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
                image = np.asarray(read_image(file))
            except UserError as error:
                print(f"skipped: {str(error).split(';')[0]}", flush=True)
                skipped += 1
                continue
            found = sure(find(network, image, cfg.dataset.image_size), cfg.mode.confidence)
            images.append(_image_entry(len(images) + 1, file, image))
            boxes.extend(_box_entries(len(boxes) + 1, images[-1]["id"], found))
            _draw(
                out / f"{len(images)}-{file.stem[:LONGEST_STEM]}.png",
                image,
                found,
                list(cfg.dataset.class_names),
            )
        categories = [{"id": i + 1, "name": name} for i, name in enumerate(cfg.dataset.class_names)]
        content = {"images": images, "categories": categories, "annotations": boxes}
        write_text(out / "predictions.json", json.dumps(content) + "\n")
    print(f"{len(images)} images, {len(boxes)} boxes, {skipped} skipped: {out / 'predictions.json'}")


def find(network: nn.Module, image: Image, image_size: int) -> Detections:
    """Return what `network` finds on an RGB image (H, W, 3), in its pixels; it sees the image letterboxed."""
    height, width = image.shape[:2]
    canvas = np.full((image_size, image_size, 3), PAD_VALUE, np.uint8)
    place = letterbox((width, height), image_size, (image_size, image_size))
    place.draw(canvas, image)
    origin = ImageOrigin(0, "", width, height, place.scale, place.corner)
    device = next(network.parameters()).device
    batch = torch.from_numpy(canvas).permute(2, 0, 1)[None].to(device).float() / 255
    with torch.no_grad():
        found: Detections = cast(Any, network).predict(batch)[0]
    return Detections(origin.to_original(found.boxes).cpu(), found.scores.cpu(), found.labels.cpu())


def sure(found: Detections, confidence: float) -> Detections:
    """Return the detections whose score is at least `confidence`."""
    kept: Tensor = found.scores >= confidence
    return Detections(found.boxes[kept], found.scores[kept], found.labels[kept])


def _image_entry(number: int, file: Path, image: Image) -> dict[str, Any]:
    return {"id": number, "file_name": str(file), "height": image.shape[0], "width": image.shape[1]}


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


def _draw(path: Path, image: Image, found: Detections, class_names: list[str]) -> None:
    drawn = draw_boxes(image, found.boxes.numpy(), found.labels.numpy(), class_names, found.scores.numpy())
    write_atomically(path, lambda file: file.write(png(drawn)))


def _device(accelerator: str) -> torch.device:
    return torch.device("cuda" if accelerator != "cpu" and torch.cuda.is_available() else "cpu")
