"""Tables beside an experiment's gains, of what its records hold: they come without verdicts."""

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import NamedTuple

from lga.results.families import Number, Results, Row
from lga.results.items import DRAWS, row_gain
from lga.results.labels import label, p_text

SECOND = ("paper/map50_95", "coco/map75", "coco/map_small", "coco/map_medium", "coco/map_large")
INSIDE = {
    "alpha/local": "local alpha", "alpha/global": "global alpha", "alpha/local_share": "local share",
    "gate/entropy": "gate entropy",
}  # fmt: skip


class Supplement(NamedTuple):
    """A table of texts; its first columns are where, and the attention."""

    title: str
    note: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]


def supplements(results: Results) -> list[Supplement]:
    """Return the tables that have a row."""
    return [table for table in (_second(results), _inside(results), _items(results)) if table.rows]


def second_numbers(row: Row | None) -> dict[str, Number]:
    """Return the metrics that a row is not judged by: stricter overlap, and mAP by size of object."""
    runs = [run.record for run in row.runs] if row else []
    values = {
        name: {run.cell.seed: run.metrics[name] for run in runs if name in run.metrics} for name in SECOND
    }
    own = [number.metric for number in row.numbers] if row else []
    return {name: Number(name, found) for name, found in values.items() if found and name not in own}


def _rows(results: Results) -> Iterator[tuple[str, Row, Row | None]]:
    """Where, each row that ran, and the reference that its gain is over."""
    for family in results.families:
        reference = family.row(results.experiment.reference)
        yield from (
            (family.place, row, None if row is reference else reference) for row in family.rows if row.runs
        )


def _second(results: Results) -> Supplement:
    found = [(place, row, second_numbers(row), second_numbers(base)) for place, row, base in _rows(results)]
    names = [name for name in SECOND if any(name in own for _, _, own, _ in found)]
    rows = [
        (place, row.label, *(_with_gain(own.get(name), base.get(name)) for name in names))
        for place, row, own, base in found
        if own
    ]
    note = f"Means over seeds; in brackets the mean gain over {results.experiment.reference}, paired by seed."
    return Supplement("Other metrics", note, list(map(label, names)), rows)


def _with_gain(own: Number | None, base: Number | None) -> str:
    if own is None:
        return "-"
    gains = (
        [own.values[seed] - base.values[seed] for seed in own.values.keys() & base.values.keys()]
        if base
        else []
    )
    return f"{fmean(own.values.values()):.2f}{f' ({fmean(gains):+.2f})' if gains else ''}"


def _inside(results: Results) -> Supplement:
    rows = []
    for place, row, _ in _rows(results):
        for cell, seen in ((r.record.cell, r.record.instruments) for r in row.runs if r.record.instruments):
            for block, numbers in seen.blocks.items():
                shown = ("-" if (value := numbers.get(name)) is None else f"{value:.3f}" for name in INSIDE)
                rung = [f"{a.sign} (epochs {a.first} to {a.last})" for a in seen.alarms if a.block == block]
                rows.append((place, row.label, str(cell.seed), block, *shown, ", ".join(rung) or "none"))
    note = (
        "After the last epoch: the mean alphas, the local branches' share of their sum, and the gate's "
        "entropy by the largest possible, which is 1 where all scales count alike."
    )
    return Supplement("Inside the block", note, ("seed", "block", *INSIDE.values(), "alarms"), rows)


def _items(results: Results) -> Supplement:
    rows = []
    for place, row, reference in _rows(results):
        if reference and (found := row_gain(row, reference)):
            drawn = [f"[{low:+.2f}, {high:+.2f}]" for low, high in found.drawn]
            if len(found.alone) == 1:
                drawn[1:] = "-", "-"
            tests = "; ".join(f"{seed}: {a} / {b}, p {p_text(p)}" for seed, (a, b, p) in found.alone.items())
            cells = str(len(found.alone)), f"{found.images:,}", f"{found.gain:+.2f}"
            rows.append((place, row.label, *cells, *drawn, tests))
    note = (
        f"Between what a gain lies in 95 % of {DRAWS:,} draws with replacement of test images, of seeds, and "
        "of both crossed. Draws of few seeds spread too little: whether there is a gain, the table of gains "
        "says. By seed: images that one alone / the reference alone got right, and McNemar's exact p."
    )
    headings = ("seeds", "images", "gain", "other images", "other seeds", "both", "by seed")
    return Supplement("What other test images would change", note, headings, rows)
