"""COCO's own tool on a judged split."""

import contextlib
import io

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def pycocotools_stats(collected):
    """Its twelve numbers, at 100 detections of a class on an image."""
    images = np.unique(np.r_[collected.objects[:, 0], collected.detections[:, 0]]).astype(int).tolist()
    classes = np.unique(np.r_[collected.objects[:, 5], collected.detections[:, 6]]).astype(int).tolist()
    there = [
        {**_annotation(row[0], row[1:5], row[5]), "id": number, "iscrowd": int(ignore)}
        for number, (row, ignore) in enumerate(zip(collected.objects, collected.ignore, strict=True), 1)
    ]
    found = [
        {**_annotation(row[0], row[1:5], row[6]), "score": float(row[5])} for row in collected.detections
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "info": {},
            "images": [{"id": image} for image in images],
            "categories": [{"id": label} for label in classes],
            "annotations": there,
        }
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(found), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation.stats


def _annotation(image, box, label):
    x, y, right, bottom = box.tolist()
    width, height = right - x, bottom - y
    return {
        "image_id": int(image),
        "category_id": int(label),
        "bbox": [x, y, width, height],
        "area": width * height,
    }
