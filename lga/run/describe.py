"""`mode=describe`: what a cell's network is, without data."""

import json
from dataclasses import asdict

from lga.run.build import build_network
from lga.run.complexity import measure
from lga.run.identity import FrozenRun


def describe(run: FrozenRun) -> None:
    """Prints one JSON object as the last line: the cell, its hash, and the network's counts."""
    cfg = run.cfg
    counts = measure(build_network(cfg), cfg.dataset.image_size)
    print(json.dumps({**asdict(run.cell), "config_hash": run.config_hash, **counts.as_dict()}))
