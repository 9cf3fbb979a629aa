"""What the page shows of the insides of blocks: series over epochs, thinned, within a budget for all runs.

What does not fit is named, so that nobody takes the shown runs for all."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lga.dashboard.page.instruments_file import Block, Instruments, Row, read_instruments
from lga.results.collect import CollectedRun, Problem, attempt
from lga.results.curves import evenly_spaced

FILE = "instruments.json"
POINTS = 60
BUDGET = 1_500_000  # characters
DIGITS = 4


def instrumented(
    runs: Sequence[CollectedRun],
    position: Mapping[int, int],
    problems: list[Problem],
    budget: int = BUDGET,
) -> dict[str, Any] | None:
    """The blocks of all finished runs with instruments, and the names of runs that do not fit; None for none.

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
    branches = list(last.gradients.norms) if last.gradients else []
    return {
        "contraction": last.contraction,
        "epochs": [row.epoch for row in rows],
        "alpha": {kind: [_short(b.alpha.values[kind].mean) for b in blocks] for kind in last.alpha.values},
        "gate": _gate(blocks),
        "attention": {
            branch: {
                "entropy": [_short(_of(b.attention, branch, "entropy")) for b in blocks],
                "variance": [_short(_of(b.attention, branch, "variance")) for b in blocks],
            }
            for branch in last.attention or {}
        },
        "paths": {path: [_short((b.paths or {}).get(path)) for b in blocks] for path in last.paths or {}},
        "gradients": {
            branch: {part: [_short(_norm(b, branch, part)) for b in blocks] for part in ("q", "k", "v")}
            for branch in branches
        },
        "samples": last.gradients.samples if last.gradients else None,
        "dead": _short(last.gradients.dead) if last.gradients else None,
        "unreached": {
            name: _short(share)
            for name, share in (last.gradients.dead_by_parameter if last.gradients else {}).items()
        },
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


def _of(parts: Mapping[str, Any] | None, branch: str, field: str) -> float | None:
    part = (parts or {}).get(branch)
    value: float | None = getattr(part, field) if part is not None else None
    return value


def _norm(block: Block, branch: str, part: str) -> float | None:
    return block.gradients.norms.get(branch, {}).get(part) if block.gradients else None


def _short(value: float | None) -> float | None:
    """To so many significant digits that only a zero is shown as one."""
    return None if value is None else float(f"{value:.{DIGITS}g}")
