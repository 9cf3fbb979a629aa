"""Made-up `instruments.json` files, in the shape that the instruments write; the numbers are the test's."""

import json
from pathlib import Path

from lga.run.folder.record import InstrumentsRecord, RunRecord

BRANCHES = ("local 3x3", "local 5x5", "local 7x7", "global 11x11")


def made_block(dead_queries=True, epoch=1, contraction="released", alarms=()):
    """A block after an epoch; values have a norm of 0.3, 0.6 in the second epoch and so on."""
    alive = 0.0 if dead_queries else 0.0125
    return {
        "contraction": contraction,
        "alpha": {
            "values": {
                "local": {"mean": 0.5, "least": 0.5, "most": 0.5},
                "global": {"mean": 0.5 + epoch / 100, "least": 0.5, "most": 0.6},
            },
            "local_share": 0.5,
            "entropy": 1.0,
        },
        "gradients": {
            "samples": 2,
            "norms": {name: {"q": alive, "k": alive, "v": 0.3 * epoch} for name in BRANCHES},
            "dead": 0.696,
            "dead_by_parameter": {"position_encoding": 0.957},
        },
        "gate": {"weights": [0.4, 0.3, 0.2, 0.1], "entropy": 0.92, "spread": 0.01},
        "attention": {name: {"entropy": 0.8, "variance": 1e-05} for name in BRANCHES},
        "paths": {"local": 0.4, "global": 0.5, "identity": 0.1},
        "picture": "kernel",
        "kernel": [[float(x == y == 5) + 0.25 for x in range(11)] for y in range(11)],
        "alarms": list(alarms),
    }


def made_instruments(dead_queries=True, epochs=3, name="model.backbone.attention", **block):
    """A whole file; with dead queries and keys it has that alarm."""
    rows = [
        {"epoch": n, "step": 20 * n, "blocks": {name: made_block(dead_queries, n, **block)}}
        for n in range(1, epochs + 1)
    ]
    alarm = {
        "block": name,
        "first": 1,
        "last": epochs,
        "sign": "dead parameters",
        "seen": "the queries and keys got a gradient of exactly 0",
        "meaning": "They have no effect.",
    }
    alarms = [alarm] if dead_queries else []
    return {"every": 10, "images": 16, "epochs": epochs, "blocks": {}, "alarms": alarms, "rows": rows}


def watched(record: RunRecord) -> RunRecord:
    """The record of a run that had instruments."""
    return record.model_copy(update={"instruments": InstrumentsRecord(every=10, images=16, epochs=3)})


def leave_instruments(folder: Path, **settings):
    """Writes the file into a run's folder."""
    (folder / "instruments.json").write_text(json.dumps(made_instruments(**settings)))
