"""Seconds, memory and cost of runs on GPUs that were not at hand: a roofline and how much of it is reached.

A training step moves each kept activation about six times through memory (written, read by the next layer,
read in the backward pass; its gradient written, read and written again). It cannot be faster than that, nor
than its operations. Small networks reach a part of that floor, and which part is assumed. Nor is a step
faster than its operators are launched or its images loaded. Judging is one process's.

What was measured on the machine at hand is kept in `experiments/scale/measurements.json`.
"""

import heapq
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from lga.config.frozen_run import FrozenRun
from lga.config.grid import experiment_runs
from lga.results.experiments import FOLDER, judged_experiments
from lga.results.plan.image_counts import PUBLISHED_COUNTS
from lga.results.plan.step_times import Work
from lga.results.plan.sweep_options import SweepOptions
from lga.system.errors import UserError
from lga.system.files import write_text

PATH = FOLDER / "scale" / "measurements.json"
MOVES = 6  # of a kept activation through memory, in one training step
FORWARD_SHARE = 1 / 3  # of a training step's time, for an image that is judged
MOSAIC = 4  # photographs in one training image
COPIES = 5  # of the parameters on the device: weights, gradients, two moments of Adam, the moving average
SECONDS_A_CALL = 8e-6  # to launch an operator from Python
CONTEXT_BYTES = 600_000_000  # CUDA's context and libraries, of each process


@dataclass(frozen=True)
class NetworkCost:
    """One network on images of one size.

    Attributes:
        seconds: of one thread of the processor, for forward, loss and backward on one image.
        gflops: of the same, 10^9 operations, a multiply-add being two; three times the forward pass's.
        kept_bytes: that the forward pass keeps for the backward pass, an image, in single precision.
        calls: operators of a step, of however many images.
        parameters: of the network.
    """

    seconds: float
    gflops: float
    kept_bytes: int
    calls: int
    parameters: int


@dataclass(frozen=True)
class Loading:
    """Training images a second, with mosaic, that one core makes of photographs of one size.

    Attributes:
        decoding: where each is decoded every time.
        resized: where they are kept resized in memory.
        width: of the photographs, pixels.
        height: likewise.
    """

    decoding: float
    resized: float
    width: int
    height: int


@dataclass(frozen=True)
class Measurements:
    """Everything measured, and where.

    Attributes:
        machine: its processor.
        torch: the version that ran.
        networks: costs by `network_name`.
        loading: rates by dataset.
        judging: seconds of one core that judging one image's 300 detections takes.
    """

    machine: str
    torch: str
    networks: Mapping[str, NetworkCost]
    loading: Mapping[str, Loading]
    judging: float

    def network(self, name: str) -> NetworkCost:
        """Return the costs of that network; one that was not measured is a UserError."""
        if name not in self.networks:
            raise UserError(f"{PATH}: nothing of {name!r}; measure it with scripts/scale.py --measure")
        return self.networks[name]


def network_name(config: Mapping[str, Any]) -> str:
    """Return a name for cells whose images cost the same, such as ``resnet18-yolov8-lga at 640``."""
    parts = (config["backbone"]["name"], config["detector"]["name"], config["attention"]["name"])
    return f"{'-'.join(parts)} at {config['dataset']['image_size']}"


def write_measurements(measured: Measurements, path: Path = PATH) -> None:
    """Write the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, json.dumps(asdict(measured), indent=1) + "\n")


def read_measurements(path: Path = PATH) -> Measurements:
    """Return the measurements in the file; one that cannot be read is a UserError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        networks = {name: NetworkCost(**cost) for name, cost in content.pop("networks").items()}
        loading = {name: Loading(**rates) for name, rates in content.pop("loading").items()}
        return Measurements(networks=networks, loading=loading, **content)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(
            f"{path}: not measurements ({error}); scripts/scale.py --measure makes them"
        ) from error


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
    """Return the runs of each table, at full scale."""
    return {name: tuple(map(_work_of, runs)) for name, runs in _runs_of_tables(seeds).items()}


def once(tables: Iterable[tuple[RunWork, ...]]) -> tuple[RunWork, ...]:
    """Return all runs of the tables; one that stands in two of them is run once."""
    return tuple({run.identity: run for runs in tables for run in runs}.values())


def network_configs(seeds: int = 1) -> dict[str, Mapping[str, Any]]:
    """Return a config for each network and image size of the tables, by `network_name`."""
    configs: dict[str, Mapping[str, Any]] = {}
    for run in chain.from_iterable(_runs_of_tables(seeds).values()):
        configs.setdefault(network_name(run.config), run.config)
    return configs


def _runs_of_tables(seeds: int) -> dict[str, tuple[FrozenRun, ...]]:
    overrides = SweepOptions(seeds, "full").of_runs
    return {
        experiment.name: experiment_runs(experiment.name, overrides) for experiment in judged_experiments()
    }


def _work_of(run: FrozenRun) -> RunWork:
    config, counts = run.config, PUBLISHED_COUNTS[run.cell.dataset]
    work = Work.of(config, counts.train, counts.val, counts.test)
    return RunWork(
        identity=run.config_hash,
        dataset=run.cell.dataset,
        network=network_name(config),
        batch=int(config["recipe"]["batch_size"]),
        trained=work.epochs * work.train,
        judged=work.epochs * work.val + work.test,
    )


@dataclass(frozen=True)
class Gpu:
    """One GPU with its share of a node.

    Attributes:
        name: as sold.
        flops: operations a second in the precision of training, as published.
        bandwidth: bytes a second of its memory, as published.
        memory: bytes.
        cores: of the processor, for loading.
        dollars: an hour of all that.
    """

    name: str
    flops: float
    bandwidth: float
    memory: float
    cores: int
    dollars: float


@dataclass(frozen=True)
class Assumed:
    """The part of the floor that is reached, and whether images are kept resized."""

    reached: float
    cached: bool = False


def training_rate(cost: NetworkCost, batch: int, gpu: Gpu, assumed: Assumed) -> float:
    """Return images a second that the GPU trains on in batches of that size, if they are there."""
    floor = max(1e9 * cost.gflops / gpu.flops, MOVES * cost.kept_bytes / gpu.bandwidth)
    return 1 / max(floor / assumed.reached, cost.calls * SECONDS_A_CALL / batch)


def loading_rate(loading: Loading | None, gpu: Gpu, assumed: Assumed) -> float:
    """Return images a second that the GPU's cores load; of sets that lie in memory as arrays, any number."""
    if loading is None:
        return float("inf")
    return gpu.cores * (loading.resized if assumed.cached else loading.decoding)


def seconds_of(run: RunWork, measured: Measurements, gpu: Gpu, assumed: Assumed) -> float:
    """Return one run on one GPU with its cores."""
    cost, loading = measured.network(run.network), measured.loading.get(run.dataset)
    trained, loaded = training_rate(cost, run.batch, gpu, assumed), loading_rate(loading, gpu, assumed)
    training = run.trained / min(trained, loaded)
    judging = run.judged / min(trained / FORWARD_SHARE, loaded * MOSAIC)
    return training + judging + (run.judged * measured.judging if loading else 0.0)


def memory_of(run: RunWork, cost: NetworkCost) -> float:
    """Return bytes of the GPU that a training step fills."""
    return run.batch * cost.kept_bytes + COPIES * 4 * cost.parameters + CONTEXT_BYTES


def makespan(seconds: Iterable[float], gpus: int) -> float:
    """Until all runs have ended, the longest started first, each on one of so many GPUs."""
    ends = [0.0] * gpus
    for one in sorted(seconds, reverse=True):
        heapq.heappush(ends, heapq.heappop(ends) + one)
    return max(ends)


def gpu_hours(runs: Sequence[RunWork], measured: Measurements, gpu: Gpu, assumed: Assumed) -> float:
    """Of all runs together."""
    return sum(seconds_of(run, measured, gpu, assumed) for run in runs) / 3600
