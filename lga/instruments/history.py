"""What the instruments saw, epoch by epoch: rows for a file, numbers for a logger, a summary for a record.

A row is `{"epoch": 1, "step": 75, "blocks": {name: state}}`, with the state of `BlockState.as_json` and its
`alarms`, each a sign with what was seen and what it means."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from lga.instruments.alarms import alarms
from lga.instruments.gradients import PARTS
from lga.instruments.readings import BlockState

Row = dict[str, Any]


def row(epoch: int, step: int, states: Mapping[str, BlockState], before: Row | None) -> Row:
    """Return the row of an epoch; ``before`` is the row of the epoch before it, if there is one."""
    blocks = {}
    for name, state in states.items():
        plain = state.as_json()
        earlier = before["blocks"].get(name) if before else None
        blocks[name] = {**plain, "alarms": [asdict(alarm) for alarm in alarms(plain, earlier)]}
    return {"epoch": epoch, "step": step, "blocks": blocks}


def scalars(last: Row) -> dict[str, float]:
    """Return the numbers of a row under flat names, `instruments/<block>/...`, for a logger."""
    return {
        f"instruments/{block}/{name}": value
        for block, state in last["blocks"].items()
        for name, value in _scalars(state)
        if value is not None
    }


def summary(rows: list[Row]) -> dict[str, Any]:
    """Return the last numbers of each block, and every alarm with its first and last epoch."""
    blocks = rows[-1]["blocks"] if rows else {}
    return {
        "epochs": len(rows),
        "blocks": {name: dict(_scalars(state)) for name, state in blocks.items()},
        "alarms": alarm_list(rows),
    }


def alarm_list(rows: list[Row]) -> list[dict[str, Any]]:
    """Return each block's alarms by sign, as they were last seen."""
    listed: dict[tuple[str, str], dict[str, Any]] = {}
    for line in rows:
        for block, state in line["blocks"].items():
            for alarm in state["alarms"]:
                first = listed.get((block, alarm["sign"]), {}).get("first", line["epoch"])
                told = {"block": block, "first": first, "last": line["epoch"], **alarm}
                listed[block, alarm["sign"]] = told
    return list(listed.values())


def _scalars(state: Mapping[str, Any]) -> Iterator[tuple[str, float | None]]:
    for kind, values in state["alpha"]["values"].items():
        yield f"alpha/{kind}", values["mean"]
    yield "alpha/local_share", state["alpha"]["local_share"]
    if gate := state["gate"]:
        yield "gate/entropy", gate["entropy"]
        yield "gate/entropy_spread", gate["spread"]
        yield from ((f"gate/weight_{index}", weight) for index, weight in enumerate(gate["weights"]))
    for branch, attention in (state["attention"] or {}).items():
        yield f"attention/{branch}/entropy", attention["entropy"]
        yield f"attention/{branch}/variance", attention["variance"]
    for path, share in (state["paths"] or {}).items():
        yield f"path/{path}", share
    if gradients := state["gradients"]:
        for branch, norms in gradients["norms"].items():
            yield from ((f"gradient/{branch}/{part}", norms[part]) for part in PARTS)
        yield "gradient/dead", gradients["dead"]
    yield "alarms", float(len(state["alarms"]))
