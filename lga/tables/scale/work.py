"""The runs of the paper's tables as work: images, network and disk of each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lga.run.experiment_grid import experiment_runs
from lga.tables.experiments.experiment import EXPERIMENTS
from lga.tables.experiments.image_counts import PUBLISHED_COUNTS
from lga.tables.experiments.plan import BYTES_A_PARAMETER, BYTES_BESIDE, CHECKPOINT_COPIES
from lga.tables.experiments.step_times import Work
from lga.tables.experiments.sweep_options import SweepOptions
from lga.tables.scale.measurements import network_name


@dataclass(frozen=True)
class RunWork:
    """One run.

    Attributes:
        identity: two runs of one identity are one run.
        dataset: its name.
        network: as `network_name` has it.
        batch: images of a step.
        trained: images trained on, over all epochs.
        judged: images judged, over all epochs and at the end.
    """

    identity: str
    dataset: str
    network: str
    batch: int
    trained: int
    judged: int


def table_runs(seeds: int) -> dict[str, tuple[RunWork, ...]]:
    """The runs of each table, at full scale."""
    overrides = SweepOptions(seeds, "full").of_runs
    return {
        experiment.name: tuple(
            _of_run(run.config_hash, run.config) for run in experiment_runs(experiment.name, overrides)
        )
        for experiment in EXPERIMENTS
    }


def once(tables: Iterable[tuple[RunWork, ...]]) -> tuple[RunWork, ...]:
    """All runs of the tables; one that stands in two of them is run once."""
    return tuple({run.identity: run for runs in tables for run in runs}.values())


def network_configs(seeds: int = 1) -> dict[str, Mapping[str, Any]]:
    """A config for each network and image size of the tables, by `network_name`."""
    overrides = SweepOptions(seeds, "full").of_runs
    runs = (run for experiment in EXPERIMENTS for run in experiment_runs(experiment.name, overrides))
    configs: dict[str, Mapping[str, Any]] = {}
    for run in runs:
        configs.setdefault(network_name(run.config), run.config)
    return configs


def bytes_left(parameters: int) -> int:
    """That a finished run leaves on disk."""
    return CHECKPOINT_COPIES * BYTES_A_PARAMETER * parameters + BYTES_BESIDE


def _of_run(identity: str, config: Mapping[str, Any]) -> RunWork:
    dataset = config["dataset"]["name"]
    counts = PUBLISHED_COUNTS[dataset]
    work = Work.of(config, counts.train, counts.val, counts.test)
    return RunWork(
        identity=identity,
        dataset=dataset,
        network=network_name(config),
        batch=int(config["recipe"]["batch_size"]),
        trained=work.epochs * work.train,
        judged=work.epochs * work.val + work.test,
    )
