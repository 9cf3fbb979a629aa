"""One frozen run, from its mode to its result."""

import json
from dataclasses import asdict

from lga.config.frozen_run import FrozenRun
from lga.run.devices.device_sets import launched
from lga.run.devices.processes import make_room_for_sockets
from lga.system.errors import UserError, require_extra

MODES = ("train", "evaluate", "predict", "export", "describe", "inspect")


def execute(run: FrozenRun) -> float | None:
    """Do what the config's mode says; return the score that selects among runs where there is one."""
    make_room_for_sockets()
    mode = run.config["mode"]["name"]
    if mode == "train":
        return _train(run)
    if mode == "evaluate":
        from lga.run.modes.evaluate import evaluate

        return evaluate(run)
    if mode == "describe":
        _describe(run)
    elif mode == "predict":
        from lga.run.modes.predict import predict

        predict(run)
    elif mode == "export":
        require_extra("export", "mode=export", "onnx", "onnxruntime", "onnxscript")
        from lga.run.modes.export import export

        export(run)
    elif mode == "inspect":
        from lga.run.modes.inspect import inspect

        inspect(run)
    else:
        raise UserError(f"mode={mode}: valid: {', '.join(MODES)}")
    return None


def _train(run: FrozenRun) -> float:
    if rank := launched(run.config["trainer"]):
        from lga.run.nodes import train_as_rank

        return train_as_rank(run, rank)
    from lga.run.cell import train

    return train(run)


def _describe(run: FrozenRun) -> None:
    """Print one JSON object as the last line: the cell, its hash, and the network's counts."""
    from lga.run.build import build_network
    from lga.run.machine.complexity import attention_heads, complexity_of

    network = build_network(run.cfg)
    counts, heads = complexity_of(network, run.cfg.dataset.image_size), attention_heads(network)
    cell = {**asdict(run.cell), "config_hash": run.config_hash}
    print(json.dumps({**cell, **counts.as_dict(), "attention_heads": heads}))
