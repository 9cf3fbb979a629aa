"""One frozen run, from its mode to its result."""

import sys
from dataclasses import asdict

from lga.config.frozen_run import FrozenRun
from lga.run.devices.device_sets import launched
from lga.run.devices.processes import make_room_for_sockets
from lga.run.folder.directory import RunDirectory
from lga.run.preflight import WITH_WEIGHTS, check, run_with_weights
from lga.system.secrets import hide_variables


def execute(run: FrozenRun) -> float | None:
    """Do what the config's mode says; return the score that selects among runs where there is one."""
    make_room_for_sockets()
    hide_variables(run.variables)
    mode = run.config["mode"]["name"]
    if mode == "train":
        return _train(run)
    chosen = run_with_weights(run) if mode in WITH_WEIGHTS else run
    check(chosen)
    if chosen is not run:
        shipped = chosen.config["mode"]["checkpoint"]
        source = (
            f"the shipped weights: {shipped}" if shipped else f"the newest finished run: {chosen.directory}"
        )
        print(f"{chosen.cell}, {source}", file=sys.stderr, flush=True)
        run = chosen
    elif mode not in ("describe", "inspect") and _is_unfinished(run):
        print(f"{run.cell}: not finished; these are its best weights so far", file=sys.stderr)
    if mode == "evaluate":
        from lga.run.modes.evaluate import evaluate

        return evaluate(run)
    if mode == "describe":
        _describe(run)
    elif mode == "predict":
        from lga.run.modes.predict import predict

        predict(run)
    elif mode == "export":
        from lga.run.modes.export import export

        export(run)
    else:
        from lga.run.modes.inspect import inspect

        inspect(run)
    return None


def _train(run: FrozenRun) -> float:
    if rank := launched(run.config["trainer"]):
        from lga.run.nodes import train_as_rank

        return train_as_rank(run, rank)
    from lga.run.cell import train

    return train(run)


def _describe(run: FrozenRun) -> None:
    """Print the cell, its hash, and the network's counts."""
    from lga.run.build import build_network
    from lga.run.machine.complexity import attention_heads, complexity_of
    from lga.run.machine.console import show_values

    network = build_network(run.cfg)
    counts, heads = complexity_of(network, run.cfg.dataset.image_size), attention_heads(network)
    cell = {**asdict(run.cell), "config_hash": run.config_hash}
    values = {**cell, **asdict(counts), "attention_heads": heads}
    show_values(str(run.cell), values, run.config["mode"]["json"])


def _is_unfinished(run: FrozenRun) -> bool:
    folder = RunDirectory(run)
    own = not run.config["mode"]["checkpoint"] and folder.best_checkpoint.is_file()
    return own and not folder.result.is_file()
