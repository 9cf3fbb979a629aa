"""What a sweep would do, before anything runs: cells, what is cached and left, hours, disk, missing data."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lga.config.compose import nearest
from lga.config.frozen_run import FrozenRun
from lga.config.grid import experiment_runs
from lga.config.instantiation import make
from lga.results.collect import CollectedRun, collect, device_of
from lga.results.experiments import Experiment
from lga.results.matching import cell_names
from lga.results.plan.image_counts import ImageCounts, image_counts
from lga.results.plan.step_times import StepTimes, Work
from lga.results.plan.sweep_options import SweepOptions
from lga.results.published import NEEDED, Cell
from lga.results.settings import recipe
from lga.run.devices.device_sets import device_sets
from lga.run.folder.data_files import missing_data
from lga.run.folder.directory import RunDirectory
from lga.run.machine.environment import environment
from lga.system.digests import digest
from lga.system.errors import UserError
from lga.system.progress import track
from lga.system.resources import free_bytes

CHECKPOINT_COPIES = 5  # of the parameters: the weights, their average, two moments of Adam, the chosen epoch
BYTES_A_PARAMETER = 4
BYTES_BESIDE = 5_000_000  # pictures, logs and the files of W&B
SECONDS_AROUND = 10.0  # starting a run, counting its network's operations, writing its files
TILE_BYTES = 1_500_000  # of one tile of 1024 pixels as PNG
TIMES = "step_times.json"


@dataclass(frozen=True)
class DataState:
    """A dataset's images, and what of it is missing with what to do (None: nothing)."""

    counts: ImageCounts | None
    missing: str | None
    bytes_to_make: int = 0


@dataclass(frozen=True)
class PlannedCell:
    """One cell of a sweep, all its seeds.

    Attributes:
        cell: dataset, model and attention.
        cached: runs with a finished record, here or kept.
        started: runs that were interrupted and continue.
        left: runs that have to be done, those included.
        seconds: of one run with the whole machine, or a GPU, to itself; None where it is not known.
        bytes: that one run leaves on disk.
        problems: what stands in the way, such as a damaged record.
    """

    cell: Cell
    cached: int
    started: int
    left: int
    seconds: float | None
    bytes: int
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """A sweep's cells, its datasets, and the machine.

    Attributes:
        name: of the experiment.
        scale: of its runs.
        cells: in the sweep's order.
        data: state of each dataset.
        device: what the times are of.
        devices: runs that do not slow each other: GPUs, or 1 processor.
        outputs: folder that runs are left in.
        free_bytes: on its disk.
        kept: finished runs whose records are kept beside the experiment.
    """

    name: str
    scale: str
    cells: tuple[PlannedCell, ...]
    data: Mapping[str, DataState]
    device: str
    devices: int
    outputs: Path
    free_bytes: int
    kept: tuple[CollectedRun, ...] = ()

    @property
    def runnable(self) -> tuple[PlannedCell, ...]:
        """Cells whose data is there."""
        return tuple(cell for cell in self.cells if self.data[cell.cell[0]].missing is None)

    @property
    def datasets(self) -> tuple[str, ...]:
        """Datasets that are there."""
        return tuple(dict.fromkeys(cell.cell[0] for cell in self.runnable))

    @property
    def missing(self) -> Mapping[str, str]:
        """What is missing, by dataset."""
        return {name: state.missing for name, state in self.data.items() if state.missing is not None}

    def hours(self, cells: Iterable[PlannedCell]) -> float | None:
        """Until the runs that are left of `cells` end; None where a time is not known."""
        left = [cell for cell in cells if cell.left]
        known = [cell.seconds * cell.left for cell in left if cell.seconds is not None]
        return sum(known) / self.devices / 3600 if len(known) == len(left) else None

    def bytes(self, cells: Sequence[PlannedCell]) -> int:
        """Return the space that the runs left of `cells`, and what is made of their data, take."""
        datasets = {cell.cell[0] for cell in cells if cell.left}
        made = sum(self.data[name].bytes_to_make for name in datasets)
        return made + sum(cell.bytes * cell.left for cell in cells)


def plan_sweeps(
    name: str, experiments: Sequence[Experiment], options: SweepOptions, measuring: bool = True
) -> Plan:
    """Return the plan of sweeps that are run one after the other; a run of two of them is planned once.

    Where `measuring`, a few steps of each network of unknown speed are timed, and kept. Networks that no
    published row counts are built and counted.
    """
    together = {
        run.config_hash: run
        for one in track(experiments, "composing cells")
        for run in experiment_runs(one.name, options.of_runs)
    }
    for one in experiments:
        _check_rows(one)
    runs = list(together.values())
    published = {row.cell: row.parameters for one in experiments for row in one.rows if row.parameters}
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
        kept=tuple(CollectedRun(*found) for run in runs if (found := RunDirectory(run).kept())),
    )


def _check_rows(experiment: Experiment) -> None:
    """Raise a UserError for a row of a user's file that names what no cell of the sweep has."""
    if not experiment.published_rows:
        return
    cells = [cell_names(run) for run in experiment_runs(experiment.name, ["seed=1"])]
    for row in experiment.rows:
        for column, name, valid in zip(NEEDED, row.cell, zip(*cells, strict=True), strict=True):
            if name not in valid:
                wrong = f"{experiment.published_rows}: {column}={name}: no cell of experiment="
                raise UserError(f"{wrong}{experiment.name}; {nearest(name, dict.fromkeys(valid))}")


def data_states(runs: Iterable[FrozenRun]) -> dict[str, DataState]:
    """Return the state of each dataset of the runs."""
    firsts: dict[str, FrozenRun] = {}
    for run in runs:
        firsts.setdefault(run.cell.dataset, run)
    return {name: _data_state(firsts[name]) for name in track(list(firsts), "looking at data")}


def planned_cells(
    runs: Iterable[FrozenRun], data: Mapping[str, DataState], times: StepTimes, parameters: Mapping[Cell, int]
) -> tuple[PlannedCell, ...]:
    """Return the runs by cell; `parameters` are of each cell's network."""
    by_cell: dict[str, list[FrozenRun]] = {}
    for run in runs:
        by_cell.setdefault(digest(recipe(run.config)), []).append(run)
    planned = []
    for seeds in track(list(by_cell.values()), "timing cells"):
        cell = cell_names(seeds[0])
        planned.append(_planned(cell, seeds, data[cell[0]].counts, times, parameters.get(cell, 0)))
    return tuple(planned)


def _planned(
    cell: Cell, runs: Sequence[FrozenRun], counts: ImageCounts | None, times: StepTimes, parameters: int
) -> PlannedCell:
    states: Counter[str] = Counter()
    problems = []
    for run in runs:
        try:
            states[_state(RunDirectory(run))] += 1
        except UserError as error:
            problems.append(str(error))
    left = states["new"] + states["started"]
    size = bytes_left(parameters)
    seconds = _seconds(runs[0].config, counts, times) if left else None
    return PlannedCell(cell, states["finished"], states["started"], left, seconds, size, tuple(problems))


def bytes_left(parameters: int) -> int:
    """Return the bytes that a finished run of a network of so many parameters leaves on disk."""
    return CHECKPOINT_COPIES * BYTES_A_PARAMETER * parameters + BYTES_BESIDE


def _state(folder: RunDirectory) -> str:
    if folder.done() is not None:
        return "finished"
    return "started" if folder.last_checkpoint.is_file() else "new"


def _seconds(config: Mapping[str, Any], counts: ImageCounts | None, times: StepTimes) -> float | None:
    if counts is None:
        return None
    an_image = times.seconds_an_image(config)
    train = max(1, round(config["data"]["train_share"] * counts.train))
    work = Work.of(config, train, counts.val, counts.test)
    return None if an_image is None else an_image * work.images + SECONDS_AROUND


def _data_state(run: FrozenRun) -> DataState:
    cfg = run.cfg
    try:
        reader = make(cfg.dataset.reader, "dataset.reader")
        missing = missing_data(reader)
    except UserError as error:
        return DataState(image_counts(cfg.dataset.name, None), str(error))
    counts = image_counts(cfg.dataset.name, reader)
    return DataState(counts, missing, _bytes_to_make(cfg.dataset.name, reader, counts))


def _bytes_to_make(dataset: str, reader: Any, counts: ImageCounts | None) -> int:
    """Bytes of the tiles that are still to be cut."""
    if counts is None or getattr(reader, "tiling", None) is None:
        return 0
    tiles = Path(reader.cache_dir) / "tiles"
    cut = any(tiles.glob(f"{dataset}*")) if tiles.is_dir() else False
    return 0 if cut else (counts.train + counts.test) * TILE_BYTES


def _counted(runs: Sequence[FrozenRun]) -> dict[Cell, int]:
    """Parameters of each cell's network, of the largest where there are several."""
    from lga.run.build import build_network

    counts: dict[Cell, int] = {}
    networks = {digest(recipe(run.config)): run for run in runs}
    for run in track(list(networks.values()), "counting parameters"):
        size = sum(parameter.numel() for parameter in build_network(run.cfg).parameters())
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
