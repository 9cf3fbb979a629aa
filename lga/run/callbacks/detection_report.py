"""What a detector's test leaves beside its numbers: pictures of the same images in every run, and curves.

Under the run's folder: `pictures/<number>-<image>.png`, true boxes left, those found right (the best few
where none is sure), coloured by what is right, wrong and missed; and `curves.json`, precision against recall
of each class and the confusion matrix. The images are chosen by the hashes of their names, which neither
attention nor seed nor the number of devices changes.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
from numpy.typing import NDArray
from torch import Tensor

from lga.detection.judging import JudgedImage, outcomes
from lga.detection.judging.outcomes import IGNORED, MISSED, RIGHT, WRONG
from lga.run.callbacks.wandb_logger import WandbLogger
from lga.structures import DetectionBatch
from lga.system.files import write_atomically, write_text
from lga.tasks.devices import gathered

SHOWN_IMAGES = 8
SHOWN_CONFIDENCE = 0.25
_Shown = tuple[NDArray[np.uint8], JudgedImage]


class DetectionReport(pl.Callback):
    """Writes pictures and curves into `folder` when a `DetectionTask` has been tested."""

    def __init__(self, folder: Path) -> None:
        self.pictures = folder / "pictures"
        self.curves = folder / "curves.json"
        self._shown: list[_Shown] = []

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Forget an earlier test's images."""
        self._shown = []

    def on_test_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: DetectionBatch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keep those of the batch that are chosen so far."""
        if not outputs["images"]:  # another device judges them
            return
        for pixels, image in zip(batch.images, outputs["images"], strict=True):
            if len(self._shown) < SHOWN_IMAGES or _rank(image) < _rank(self._shown[-1][1]):
                self._shown = _chosen([*self._shown, (_without_padding(pixels, image), image.cpu())])

    def on_test_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write both; of several devices the first one does."""
        shown = _chosen(picture for device in gathered(self._shown) for picture in device)
        if not trainer.is_global_zero:
            return
        write_text(self.curves, json.dumps(pl_module.curves, indent=1) + "\n")
        self.pictures.mkdir(exist_ok=True)
        paths = [
            self._draw(number, pixels, image, pl_module.class_names)  # type: ignore[arg-type]
            for number, (pixels, image) in enumerate(shown)
        ]
        for logger in trainer.loggers:
            if isinstance(logger, WandbLogger):
                named = {f"pictures/{number}": path for number, path in enumerate(paths)}
                logger.log_pictures(named, trainer.global_step)

    def _draw(
        self, number: int, pixels: NDArray[np.uint8], image: JudgedImage, class_names: list[str]
    ) -> Path:
        from lga.detection.drawing import counted, draw_boxes, drawn, png, side_by_side

        heading, found = drawn(image.detections, SHOWN_CONFIDENCE)
        of_true, of_found = outcomes(image, found)
        boxes, labels, scores = _scaled(image.boxes, image), image.labels.numpy(), None
        true = draw_boxes(pixels, boxes, labels, class_names, scores, of_true)
        boxes, labels, scores = _scaled(found.boxes, image), found.labels.numpy(), found.scores.numpy()
        predicted = draw_boxes(pixels, boxes, labels, class_names, scores, of_found)
        halves = [
            (f"true: {(of_true != IGNORED).sum()}, {counted(of_true, MISSED)}", true),
            (f"{heading}: {counted(of_found, RIGHT, WRONG)}", predicted),
        ]
        path = self.pictures / f"{number}-{Path(image.origin.name).stem}.png"
        picture = png(side_by_side(halves))
        write_atomically(path, lambda file: file.write(picture))
        return path


def _chosen(shown: Iterable[_Shown]) -> list[_Shown]:
    return sorted(shown, key=lambda picture: _rank(picture[1]))[:SHOWN_IMAGES]


def _rank(image: JudgedImage) -> tuple[bytes, int]:
    """Return what images are sorted by, the first ones chosen; tiles of one name stay in their order."""
    return hashlib.sha256(os.fsencode(image.origin.name)).digest(), image.origin.index


def _without_padding(pixels: Tensor, image: JudgedImage) -> NDArray[np.uint8]:
    """Return the image (H, W, 3) as the network saw it, of an image (3, H, W) in [0, 1] of a batch."""
    origin = image.origin
    left, top = (round(shift) for shift in origin.shift)
    width, height = round(origin.width * origin.scale[0]), round(origin.height * origin.scale[1])
    inner = pixels[:, top : top + height, left : left + width]
    return (inner.float() * 255).round().byte().permute(1, 2, 0).contiguous().cpu().numpy()


def _scaled(boxes: Tensor, image: JudgedImage) -> NDArray[np.float32]:
    """Return boxes (N, 4) of the original in pixels of the image as the network saw it."""
    return np.asarray((boxes.float() * boxes.new_tensor(image.origin.scale * 2)).numpy(), np.float32)
