"""Makes the plan of one or several sweeps on this machine."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lga.config.frozen_run import FrozenRun
from lga.config.grid import experiment_runs
from lga.results.collect import collect, device_of
from lga.results.experiments import Experiment
from lga.results.matching import cell_names
from lga.results.plan.plan import Plan, data_states, planned_cells
from lga.results.plan.step_times import StepTimes
from lga.results.plan.sweep_options import SweepOptions
from lga.results.published import Cell
from lga.results.settings import digest, recipe
from lga.run.devices.device_sets import device_sets
from lga.run.machine.environment import environment
from lga.system.resources import free_bytes

TIMES = "step_times.json"


def plan_sweeps(
    name: str, experiments: Sequence[Experiment], options: SweepOptions, measuring: bool = True
) -> Plan:
    """The plan of sweeps that are run one after the other; a run of two of them is planned once.

    Where `measuring`, a few steps of each network of unknown speed are timed, and kept. Networks that no
    published row counts are built and counted.
    """
    together = {
        run.config_hash: run for one in experiments for run in experiment_runs(one.name, options.of_runs)
    }
    runs = list(together.values())
    published = {row.cell: row.parameters for one in experiments for row in one.rows}
    counts = {**_counted([run for run in runs if cell_names(run) not in published]), **published}
    trainer = runs[0].config["trainer"]
    outputs = Path(runs[0].config["paths"]["output_dir"])
    data, times = data_states(runs), _times(runs[0].config, measuring)
    places = {each.gpus for each in device_sets(trainer["accelerator"], options.jobs, len(runs))}
    return Plan(
        name=name,
        scale=options.scale,
        cells=planned_cells(runs, data, times, counts),
        data=data,
        device=times.device,
        devices=len(places),
        outputs=outputs,
        free_bytes=free_bytes(outputs),
    )


def _counted(runs: Sequence[FrozenRun]) -> dict[Cell, int]:
    """Parameters of each cell's network, of the largest where there are several."""
    from lga.run.build import build_network

    counts: dict[Cell, int] = {}
    for run in {digest(recipe(run.config)): run for run in runs}.values():
        network = build_network(run.cfg)
        size = sum(parameter.numel() for parameter in network.parameters())
        counts[cell_names(run)] = max(size, counts.get(cell_names(run), 0))
    return counts


def _times(config: Mapping[str, Any], measuring: bool) -> StepTimes:
    here = environment()
    if config["trainer"]["accelerator"] == "cpu":
        here["accelerator"] = "cpu"
    runs = Path(config["paths"]["output_dir"]) / "runs"
    records = [run.record for run in collect(runs).runs] if runs.is_dir() else []
    kept = Path(config["paths"]["cache_dir"]) / TIMES
    return StepTimes(kept, device_of(here), records, _measure if measuring else None)


def _measure(config: Mapping[str, Any]) -> float:
    from lga.results.plan.timed_step import seconds_an_image

    return seconds_an_image(config)
