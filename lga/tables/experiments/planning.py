"""Makes the plan of an experiment's sweep on this machine."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lga.data.preparation.disk_space import free_bytes
from lga.run.devices import slots
from lga.run.environment import environment
from lga.run.experiment_grid import experiment_runs
from lga.tables.collect import collect
from lga.tables.experiments.experiment import Experiment
from lga.tables.experiments.plan import Plan, data_states, planned_cells
from lga.tables.experiments.step_times import StepTimes, device_of
from lga.tables.experiments.sweep_options import SweepOptions

TIMES = "step_times.json"


def plan_experiment(experiment: Experiment, options: SweepOptions, measuring: bool = True) -> Plan:
    """The plan; where `measuring`, a few steps of each network of unknown speed are timed, and kept."""
    runs = experiment_runs(experiment.name, options.of_runs)
    trainer = runs[0].config["trainer"]
    outputs = Path(runs[0].config["paths"]["output_dir"])
    data, times = data_states(runs), _times(runs[0].config, measuring)
    parameters = {row.cell: row.parameters for row in experiment.rows}
    places = {slot.device for slot in slots(trainer["accelerator"], options.jobs, len(runs))}
    return Plan(
        name=experiment.name,
        scale=options.scale,
        cells=planned_cells(runs, data, times, parameters),
        data=data,
        device=times.device,
        devices=len(places),
        outputs=outputs,
        free_bytes=free_bytes(outputs),
    )


def _times(config: Mapping[str, Any], measuring: bool) -> StepTimes:
    here = environment()
    if config["trainer"]["accelerator"] == "cpu":
        here["accelerator"] = "cpu"
    runs = Path(config["paths"]["output_dir"]) / "runs"
    records = [run.record for run in collect(runs).runs] if runs.is_dir() else []
    kept = Path(config["paths"]["cache_dir"]) / TIMES
    return StepTimes(kept, device_of(here), records, _measure if measuring else None)


def _measure(config: Mapping[str, Any]) -> float:
    from lga.tables.experiments.dry_step import seconds_an_image

    return seconds_an_image(config)
