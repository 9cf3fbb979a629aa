"""What the page shows of the insides of blocks: series over epochs, thinned, within a budget for all runs.

What does not fit is named, so that nobody takes the shown runs for all. A run's `instruments.json` is as
lga/instruments/callback.py writes it; of values that were not finite only their absence is known."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, FiniteFloat, NonNegativeInt, PositiveInt, ValidationError

from lga.results.collect import CollectedRun, Problem, attempt
from lga.results.curves import evenly_spaced
from lga.run.folder.record import MOST_BYTES, AlarmRecord
from lga.system.errors import UserError
from lga.system.files import read_regular

FILE = "instruments.json"
POINTS = 60
BUDGET = 1_500_000  # characters
DIGITS = 4

Number = FiniteFloat | None
Numbers = dict[str, dict[str, Number]]


class _Part(BaseModel):
    """Fields that are read here; others are let be."""

    model_config = ConfigDict(frozen=True)


class Alpha(_Part):
    """Alphas by kind of branches: `mean`, `least` and `most` over channels."""

    values: Numbers


class Gate(_Part):
    """Mean weights by scale, the map itself first, and the entropy as a share of the largest."""

    weights: list[Number]
    entropy: Number
    spread: Number


class Gradients(_Part):
    """Mean norms by branch and part (q, k, v); the shares of all parameters and of each without gradient."""

    samples: PositiveInt
    norms: Numbers
    dead: Number
    dead_by_parameter: dict[str, Number]


class Block(_Part):
    """A block after one epoch; of a branch's attention `entropy` and, over images, its `variance`."""

    contraction: str
    alpha: Alpha
    gradients: Gradients | None
    gate: Gate | None
    attention: Numbers | None
    paths: dict[str, Number] | None
    picture: str | None
    kernel: list[list[Number]] | None


class Row(_Part):
    """An epoch (from 1), and the blocks by name."""

    epoch: PositiveInt
    step: NonNegativeInt
    blocks: dict[str, Block]


class Instruments(_Part):
    """The whole file."""

    every: PositiveInt
    images: PositiveInt
    alarms: list[AlarmRecord]
    rows: list[Row]


def read_instruments(path: Path) -> Instruments | None:
    """Return what lies at `path`; None if nothing does, UserError if it cannot be used."""
    if not path.exists():
        return None
    try:
        return Instruments.model_validate_json(read_regular(path, MOST_BYTES))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise UserError(f"{path}: not what instruments write: {where}: {first['msg']}") from error


def instrumented(
    runs: Sequence[CollectedRun], position: Mapping[int, int], problems: list[Problem], budget: int = BUDGET
) -> dict[str, Any] | None:
    """Return the blocks of finished runs with instruments, and the runs that do not fit; None for none.

    `position` is each run's place on the page by its id; files that cannot be read are added to `problems`.
    """
    blocks: list[dict[str, Any]] = []
    left_out: list[str] = []
    for run in runs:
        watched = run.record.instruments and run.folder.is_dir()
        found = attempt(read_instruments, run.folder / FILE, problems) if watched else None
        if found is None or not found.rows:
            continue
        shown = [{"run": position[id(run)], **block} for block in _blocks(found)]
        size = len(json.dumps(shown))
        if size > budget:
            left_out.append(f"{run.record.cell.dataset}, {run.network}, {run.record.cell.attention}")
        else:
            budget -= size
            blocks.extend(shown)
    return {"blocks": blocks, "left_out": list(dict.fromkeys(left_out))} if blocks or left_out else None


def _blocks(found: Instruments) -> Iterable[dict[str, Any]]:
    rows = [found.rows[index] for index in evenly_spaced(len(found.rows), POINTS)]
    for name in rows[-1].blocks:
        yield {
            "name": name,
            "every": found.every,
            "images": found.images,
            **_series([row for row in rows if name in row.blocks], name),
            "alarms": [alarm.model_dump(exclude={"block"}) for alarm in found.alarms if alarm.block == name],
        }


def _series(rows: list[Row], name: str) -> dict[str, Any]:
    blocks = [row.blocks[name] for row in rows]
    last = blocks[-1]
    seen = last.gradients
    gradients = [block.gradients.norms if block.gradients else {} for block in blocks]
    return {
        "contraction": last.contraction,
        "epochs": [row.epoch for row in rows],
        "alpha": {kind: [_at(b.alpha.values, kind, "mean") for b in blocks] for kind in last.alpha.values},
        "gate": _gate(blocks),
        "attention": {
            branch: {of: [_at(b.attention, branch, of) for b in blocks] for of in ("entropy", "variance")}
            for branch in last.attention or {}
        },
        "paths": {path: [_short((b.paths or {}).get(path)) for b in blocks] for path in last.paths or {}},
        "gradients": {
            branch: {part: [_at(norms, branch, part) for norms in gradients] for part in ("q", "k", "v")}
            for branch in gradients[-1]
        },
        "samples": seen and seen.samples,
        "dead": seen and _short(seen.dead),
        "unreached": {name: _short(share) for name, share in seen.dead_by_parameter.items()} if seen else {},
        "picture": last.picture,
        "kernel": [[_short(value) for value in line] for line in last.kernel] if last.kernel else None,
    }


def _gate(blocks: list[Block]) -> dict[str, Any] | None:
    gate = blocks[-1].gate
    if gate is None:
        return None
    return {
        "weights": [
            [_short(b.gate.weights[index]) if b.gate else None for b in blocks]
            for index in range(len(gate.weights))
        ],
        "entropy": [_short(b.gate.entropy) if b.gate else None for b in blocks],
        "spread": _short(gate.spread),
    }


def _at(numbers: Numbers | None, name: str, field: str) -> float | None:
    return _short((numbers or {}).get(name, {}).get(field))


def _short(value: float | None) -> float | None:
    """To so many significant digits that only a zero is shown as one."""
    return None if value is None else float(f"{value:.{DIGITS}g}")
