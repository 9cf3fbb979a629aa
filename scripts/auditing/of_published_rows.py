"""Findings on the published rows: what was counted, labelled and left out, and which images were judged."""

import math
from collections import Counter
from statistics import median

from lga.data.published.gwhd.codalab import GWHDCodalabReader
from lga.results.audited import Finding
from lga.results.published import METRICS, PUBLISHED_IMAGES, PublishedRow
from scripts.auditing.rows import AuditedRow

OPTIMIZED_SETS = ("coco_minitrain", "dota", "gwhd", "visdrone", "voc2012")  # whose choice is reported
TOOLCHAIN_EPOCHS = 100


def trainable_counts(audited: tuple[AuditedRow, ...]) -> Finding:
    """9: rows whose printed count is that of the trainable parameters."""
    rows = _explained(audited, "trainable count")
    return Finding(
        9,
        "Two rows count trainable parameters",
        "one column of parameter counts",
        f"{_named(rows)}: 16 fewer than the network has, exactly its frozen bin values; every other row "
        "counts all",
        "the counts of one column were not taken in the same way; the networks are the same",
        holds=len(rows) == 2,
    )


def other_networks(audited: tuple[AuditedRow, ...]) -> Finding:
    """10: rows whose printed count is that of another variant."""
    half, heads = _explained(audited, "global-only variant"), _explained(audited, "64 heads")
    return Finding(
        10,
        "The LGA rows of YOLOv8n are not the same block",
        "LGA in every LGA row",
        f"{_named(half)} has the parameters of `lga_global`, to the digit; {_named(heads)} those of 64 "
        "heads, where the other YOLOv8n rows have 16",
        "the gains of these rows are not gains of one and the same block",
        holds=len(half) == 1 and len(heads) == 1,
    )


def ablation_labels(audited: tuple[AuditedRow, ...]) -> Finding:
    """12: the ablation's local and global rows, by the counts of the network they are filed under here."""
    rows = [
        row
        for row in audited
        if row.published.attention in ("lga_local", "lga_global") and row.published.model != "mobilenetv3"
    ]
    counts = sorted({row.published.parameters or 0 for row in rows})
    labelled = {
        row.published.parameters or 0
        for row in audited
        if row.published.attention in ("lga_local", "lga_global") and row.published.model == "mobilenetv3"
    }
    return Finding(
        12,
        "Rows of the ablation are labelled with another model",
        "the local and global rows of two blocks of the ablation read MobileNetV3",
        f"their {len(rows)} counts ({', '.join(f'{number:,}' for number in counts)}) are those of ResNet18 "
        "and YOLOv8n with these variants, to the digit; MobileNetV3 with them has "
        f"{' and '.join(f'{number:,}' for number in sorted(labelled))}",
        "they are filed here under the model that has their parameters",
        holds=len(rows) == 4 and all(row.equal for row in rows) and not labelled & set(counts),
    )


def no_seeds(rows: tuple[PublishedRow, ...]) -> Finding:
    """14: the published gains of LGA beside the resolution of what is printed."""
    baselines = {(row.dataset, row.model): row for row in rows if row.attention == "none"}
    gains = sorted(
        abs(_score(row) - _score(baselines[row.dataset, row.model])) for row in rows if row.attention == "lga"
    )
    small = sum(gain <= 0.3 + 1e-9 for gain in gains)
    return Finding(
        14,
        "No row has a seed count, a deviation or an epoch count",
        "LGA above no attention, row by row",
        f"of {len(gains)} gains of LGA over no attention the median is {median(gains):.2f} points; {small} "
        "are 0.3 points or less, of numbers printed to three digits, from one run each",
        "most gains are no larger than what a change of the seed alone may do: see our intervals over seeds",
        holds=small >= len(gains) / 3,
    )


def optimizers(rows: tuple[PublishedRow, ...]) -> Finding:
    """16: the optimizer column against the toolchain's automatic choice."""
    used = Counter(row.optimizer for row in rows)
    chosen = {name: _automatic(PUBLISHED_IMAGES[name][0]) for name in OPTIMIZED_SETS}
    by_hand = sorted({row.dataset for row in rows if row.optimizer == "Adam"})
    optimizers = ", ".join(f"{name} {optimizer}" for name, optimizer in chosen.items())
    return Finding(
        16,
        "The optimizer differs from dataset to dataset",
        ", ".join(f"{optimizer} in {number} rows" for optimizer, number in sorted(used.items())),
        f"the toolchain's automatic choice knows SGD and AdamW only; at {TOOLCHAIN_EPOCHS} epochs it gives "
        f"{optimizers}. Adam ({', '.join(by_hand)}) was set by hand",
        "numbers of different datasets differ in more than the dataset; rates and epochs of the hand-set "
        "rows are not known",
        holds=used["Adam"] > 0 and "Adam" not in chosen.values(),
    )


def _automatic(images: int) -> str:
    """Return the toolchain's rule: by the number of iterations at its nominal batch of 64."""
    return "SGD" if math.ceil(images / 64) * TOOLCHAIN_EPOCHS > 10_000 else "AdamW"


def _explained(audited: tuple[AuditedRow, ...], name: str) -> list[AuditedRow]:
    return [row for row in audited if row.explained and row.explained.explanation.name == name]


def _named(rows: list[AuditedRow]) -> str:
    return " and ".join(
        f"{row.published.dataset} {row.published.model} {row.published.attention} "
        f"({row.published.parameters:,})"
        for row in rows
    )


def _score(row: PublishedRow) -> float:
    return float(getattr(row, METRICS[row.task][0]))


def leaking_splits() -> Finding:
    """13: the parts of the wheat split that the paper's toolchain has; MNIST's."""
    plan = GWHDCodalabReader.plans["paper"]
    reported = GWHDCodalabReader.published[plan.test].images or 0
    overlap = plan.test in plan.train
    return Finding(
        13,
        "The wheat rows are validated on training images",
        "95.5 to 96.3 mAP50 on Global Wheat",
        f"the toolchain's stock split trains on {len(plan.train)} domains and validates on one of them, "
        f"{plan.test}: all {reported} images reported are trained on. MNIST and Fashion-MNIST have no "
        "validation part there: the epoch is chosen on the 10,000 test images that are reported",
        "those numbers are not of unseen images; `dataset.splits=official` (wheat) and "
        "`dataset.selection=validation` are this project's honest splits",
        holds=overlap and reported > 0,
    )
