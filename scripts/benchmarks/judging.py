"""Seconds to judge 548 images with 300 detections each, ten classes, by both protocols and by pycocotools.

548 images are VisDrone's validation split. The values of `coco` and pycocotools are compared at 100
detections of a class on an image, all that pycocotools can report.

    python scripts/benchmarks/judging.py [images]
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).parents[2]))

from lga.detection.judging import evaluate_coco, judge_by_paper
from tests.detection.judging.cases import made_split, whole
from tests.detection.judging.with_pycocotools import pycocotools_stats

DETECTIONS, OBJECTS, CLASSES = 300, 70, 10
NAMES = ("map", "map50", "map75", "map_small", "map_medium", "map_large")
Result = TypeVar("Result")


def timed(function: Callable[[], Result]) -> tuple[Result, float]:
    """Return what `function` returns, and its seconds."""
    started = time.perf_counter()
    result = function()
    return result, time.perf_counter() - started


def main() -> None:
    """Print the three times and the largest difference."""
    images = int(sys.argv[1]) if len(sys.argv) > 1 else 548
    evaluate_coco(whole(made_split(2, DETECTIONS, OBJECTS, CLASSES)))  # imports
    split = made_split(images, DETECTIONS, OBJECTS, CLASSES)
    found = whole(split)
    paper = timed(lambda: judge_by_paper(split))[1]
    coco, ours = timed(lambda: evaluate_coco(found, max_detections=100))
    stats, theirs = timed(lambda: pycocotools_stats(split))
    metrics = coco.judgement.metrics
    difference = max(abs(metrics[f"coco/{name}"] / 100 - stats[i]) for i, name in enumerate(NAMES))
    print(f"{images} images x {DETECTIONS} detections, {CLASSES} classes")
    print(f"  paper        {paper:6.2f} s  {theirs / paper:5.1f}x pycocotools")
    print(f"  coco         {ours:6.2f} s  {theirs / ours:5.1f}x pycocotools (asked: 5x)")
    print(f"  pycocotools  {theirs:6.2f} s")
    print(f"  largest difference of {len(NAMES)} values: {difference:.0e} (asked: 1e-6)")


if __name__ == "__main__":
    main()
