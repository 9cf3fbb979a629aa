"""The `paper` protocol: the mean average precision of the paper's toolchain.

It knows nothing of regions to be ignored: they are left out, and a detection on one is a false positive. Nor
of tiles: each is an image. An object that is annotated twice, in the same place and class, is one.
"""

import numpy as np

from lga.detection.average_precision import average_precision
from lga.detection.judging.collector import Collected, Floats
from lga.detection.judging.judgement import Judgement


def judge_by_paper(collected: Collected) -> Judgement:
    """Return `paper/map50`, `paper/map50_95` and, of the split alone, `paper/fitness`."""
    found = average_precision(collected.detections, _without_duplicates(collected.judged_objects))
    return Judgement(
        metrics={
            "paper/map50": 100 * found.map50,
            "paper/map50_95": 100 * found.map50_95,
            "paper/fitness": 100 * found.fitness,
        },
        per_class={
            int(label): {"paper/map50": 100 * float(row[0]), "paper/map50_95": 100 * float(row.mean())}
            for label, row in zip(found.classes, found.per_class, strict=True)
        },
    )


def _without_duplicates(objects: Floats) -> Floats:
    first = np.unique(objects, axis=0, return_index=True)[1]
    return objects[np.sort(first)]
