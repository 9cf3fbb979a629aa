"""`mode=describe`: what a cell's network is, without data."""

import json
from dataclasses import asdict

from lga.config.frozen_run import FrozenRun
from lga.run.build import build_network
from lga.run.machine.complexity import attention_heads, measure


def describe(run: FrozenRun) -> None:
    """Prints one JSON object as the last line: the cell, its hash, and the network's counts."""
    cfg = run.cfg
    network = build_network(cfg)
    counts, heads = measure(network, cfg.dataset.image_size), attention_heads(network)
    told = {**asdict(run.cell), "config_hash": run.config_hash, **counts.as_dict(), "attention_heads": heads}
    print(json.dumps(told))
