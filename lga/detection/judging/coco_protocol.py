"""The `coco` protocol: COCO's mean average precision, by faster-coco-eval, https://github.com/MiXaiLL76/faster_coco_eval.

What is to be ignored, for whatever reason, is a crowd (`iscrowd`): a detection on one counts neither for
nor against, and a region of no class is a crowd of every class. At most `MAX_DETECTIONS` of each class on an
image are looked at, the best ones, where COCO's own setting is 100. Sizes are COCO's: areas, as annotations
give them, below 32^2, below 96^2, and above.
torchmetrics' wrapper is not used, since it makes its input box by box, which takes longer than the judging.

Shapes: N boxes, K classes that have objects, T = 10 thresholds of overlap 0.5, 0.55, ..., 0.95, R = 101
points of recall, A = 4 sizes (all, small, medium, large); -1 where there is no value.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lga.detection.judging.collector import BOX, CLASS, IMAGE, SCORE, Floats, Judgement, WholeImages, areas_of
from lga.structures.annotations import Annotations

MAX_DETECTIONS = 500
Annotation = dict[str, Any]
SIZES = ("", "_small", "_medium", "_large")
AT_50, AT_75 = 0, 5


@dataclass(frozen=True)
class CocoEvaluation:
    """The result.

    Attributes:
        classes: (K,).
        precision: (T, R, K, A).
        recall: (T, K, A), the largest reached.
    """

    classes: NDArray[np.int64]
    precision: Floats
    recall: Floats

    @property
    def judgement(self) -> Judgement:
        """Return `coco/map`, `map50`, `map75`, `map_small`, `map_medium`, `map_large` and `mar`."""
        return Judgement(
            metrics=_named(self.precision, self.recall),
            per_class={
                int(label): _named(self.precision[:, :, [row]], self.recall[:, [row]])
                for row, label in enumerate(self.classes)
            },
        )

    def precision_curves(self) -> dict[int, list[float]]:
        """Return for each class the precision at recall 0, 0.01, ..., 1, at an overlap of 0.5."""
        curves = self.precision[AT_50, :, :, 0]
        return {int(label): curves[:, row].tolist() for row, label in enumerate(self.classes)}


def evaluate_coco(found: WholeImages, max_detections: int = MAX_DETECTIONS) -> CocoEvaluation:
    """Judge a split; classes without an object that counts have no value, and are left out."""
    classes = np.unique(found.truth.labels[found.truth.counts])
    if not len(classes):
        return CocoEvaluation(classes, np.full((10, 101, 0, 4), -1.0), np.full((10, 0, 4), -1.0))
    with _paused_collector():
        precision, recall = _evaluate(
            images=found.images.tolist(),
            classes=classes.tolist(),
            objects=_objects(found.truth, classes),
            detections=_detections(found.detections, classes),
            max_detections=max_detections,
        )
    return CocoEvaluation(classes, precision, recall)


def _evaluate(
    images: list[int],
    classes: list[int],
    objects: list[Annotation],
    detections: list[Annotation],
    max_detections: int,
) -> tuple[Floats, Floats]:
    """Return precision (T, R, K, A) and recall (T, K, A)."""
    from faster_coco_eval import COCO, COCOeval_faster  # type: ignore[import-untyped]

    datasets = []
    for annotations in (objects, detections):
        dataset = COCO()
        dataset.dataset = {
            "images": [{"id": image} for image in images],
            "categories": [{"id": label} for label in classes],
            "annotations": annotations,
        }
        dataset.createIndex()
        datasets.append(dataset)
    evaluation = COCOeval_faster(*datasets, iouType="bbox")
    evaluation.params.maxDets = [max_detections]
    evaluation.evaluate()
    evaluation.accumulate()
    precision, recall = (np.asarray(evaluation.eval[name])[..., 0] for name in ("precision", "recall"))
    return precision, recall


def _named(precision: Floats, recall: Floats) -> dict[str, float]:
    """Return the metrics of precision (T, R, K, A) and recall (T, K, A), in percent."""
    values = {f"coco/map{size}": precision[..., area] for area, size in enumerate(SIZES)}
    values["coco/map50"] = precision[AT_50, ..., 0]
    values["coco/map75"] = precision[AT_75, ..., 0]
    values["coco/mar"] = recall[..., 0]
    return {name: 100 * float(v[v > -1].mean()) for name, v in values.items() if (v > -1).any()}


def _objects(truth: Annotations, classes: NDArray[np.int64]) -> list[Annotation]:
    """Return COCO's annotations of the objects and of what is to be ignored."""
    of_no_class = np.flatnonzero(truth.labels < 0)
    rows = np.r_[np.flatnonzero(np.isin(truth.labels, classes)), np.repeat(of_no_class, len(classes))]
    labels = truth.labels[rows]
    labels[len(rows) - len(of_no_class) * len(classes) :] = np.tile(classes, len(of_no_class))
    crowds = (~truth.counts[rows]).astype(int)
    sized = {"area": truth.areas[rows].tolist(), "iscrowd": crowds.tolist()}
    return _annotations(truth.image[rows], truth.boxes[rows], labels, sized)


def _detections(rows: Floats, classes: NDArray[np.int64]) -> list[Annotation]:
    """Return COCO's annotations of the detections (N, 7)."""
    rows = rows[np.isin(rows[:, CLASS], classes)]
    scored = {"area": areas_of(rows[:, BOX]).tolist(), "score": rows[:, SCORE].tolist()}
    return _annotations(rows[:, IMAGE], rows[:, BOX], rows[:, CLASS], scored)


def _annotations(
    images: NDArray[Any], boxes: Floats, labels: NDArray[Any], other: dict[str, list[float]]
) -> list[Annotation]:
    """Return a dictionary per box (N, 4), numbered from 1 (COCO's matching takes 0 for none)."""
    columns = {
        "id": range(1, len(boxes) + 1),
        "image_id": images.astype(int).tolist(),
        "category_id": labels.astype(int).tolist(),
        "bbox": np.c_[boxes[:, :2], boxes[:, 2:] - boxes[:, :2]].tolist(),
        **other,
    }
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


@contextmanager
def _paused_collector() -> Iterator[None]:
    """Pauses Python's cycle collector, which walks the hundred thousands of new dictionaries again and again.

    None of them is part of a cycle; it took almost half of the time.
    """
    was_running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_running:
            gc.enable()
