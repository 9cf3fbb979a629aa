"""Choose the devices of a sweep's jobs, and find which of its run's processes this is. Needs no torch."""

import multiprocessing
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from lga.system.errors import UserError

MOST_CPU_JOBS = 8
_OF_TORCHRUN = ("RANK", "WORLD_SIZE")
_OF_SLURM = ("SLURM_PROCID", "SLURM_NTASKS")


@dataclass(frozen=True)
class DeviceSet:
    """What one job runs on: GPUs, named as in CUDA_VISIBLE_DEVICES (None: the processor), and threads."""

    gpus: str | None
    threads: int


def device_sets(
    accelerator: str, jobs_per_device: int | None, jobs: int, devices: int = 1
) -> list[DeviceSet]:
    """Return a set for each job of a sweep that may run at once; no more than there are jobs.

    Args:
        accelerator: as Lightning names it.
        jobs_per_device: jobs that share a device; None for one a GPU, or one a core.
        jobs: of the sweep.
        devices: of each job.

    Raises:
        UserError: a number is too small, or there are fewer GPUs than a job wants.
    """
    check_jobs_per_device(jobs_per_device)
    cores = available_cores()
    gpus = [] if accelerator == "cpu" else visible_gpus()
    _check_enough(gpus or None, devices)
    sets: list[str | None]
    if gpus:
        sets = [",".join(gpus[i : i + devices]) for i in range(0, len(gpus) - devices + 1, devices)]
        sets *= jobs_per_device or 1
    else:
        sets = [None] * (jobs_per_device or max(min(cores, MOST_CPU_JOBS) // devices, 1))
    sets = sets[: max(jobs, 1)]
    return [DeviceSet(names, max(cores // len(sets), 1)) for names in sets]


def check_jobs_per_device(value: object) -> None:
    """Raise a UserError unless `value` is None or a whole number from 1."""
    if value is not None and (type(value) is not int or value < 1):
        raise UserError(f"hydra.launcher.jobs_per_device={value}: it must be a whole number from 1, or null")


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_devices(accelerator: str, devices: int) -> None:
    """Raise UserError where the accelerator is not here, or fewer devices of it than are to be used."""
    if (accelerator, devices) == ("auto", 1):  # whatever there is
        return
    if accelerator == "mps" and (sys.platform, platform.machine()) != ("darwin", "arm64"):
        raise UserError("trainer.accelerator=mps: only Macs with Apple's processors have it; use auto or cpu")
    gpus = [] if accelerator in ("cpu", "mps") else visible_gpus()
    if accelerator in ("gpu", "cuda") and not gpus and not Path("/dev/kfd").exists():  # AMD's
        raise UserError(f"trainer.accelerator={accelerator}: there is no GPU here; use auto or cpu")
    _check_enough(gpus or None, devices)
    if accelerator == "cpu" or not (gpus or Path("/dev/kfd").exists()):
        cores = available_cores()
        if devices > max(cores, 2):  # two processes on one core are slow, and show that they work
            raise UserError(
                f"trainer.devices={devices}: this machine has {cores} cores and no GPU to be used"
            )


def _check_enough(gpus: list[str] | None, devices: int) -> None:
    if gpus is not None and len(gpus) < devices:
        raise UserError(
            f"trainer.devices={devices}: this machine has {len(gpus)} to be used, "
            f"{', '.join(gpus)}; ask for at most {len(gpus)}, or choose trainer.accelerator=cpu"
        )


def visible_gpus() -> list[str]:
    """Return the GPUs that this process may use, by index or by name."""
    if (visible := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        return [name for name in visible.split(",") if name.strip() and name.strip() != "-1"]
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = [line for line in listed.stdout.splitlines() if line.startswith("GPU ")]
    return [str(index) for index in range(len(lines))] if listed.returncode == 0 else []


class Launched(NamedTuple):
    """Which of the processes that a launcher started this is: ``rank``, from 0, of ``ranks``."""

    rank: int
    ranks: int


def launched(trainer: Mapping[str, Any]) -> Launched | None:
    """Return which process of its run this is; None where it was started alone, and starts the others.

    Raises UserError if several nodes are asked for and no launcher is there, or it started another number.
    """
    nodes, devices = trainer["num_nodes"], trainer["devices"]
    if nodes == 1 and "TORCHELASTIC_RUN_ID" not in os.environ:
        return None
    names = _OF_TORCHRUN if "RANK" in os.environ else _OF_SLURM
    if any(name not in os.environ for name in names):
        raise UserError(
            f"trainer.num_nodes={nodes}: this process is alone; run on each node torchrun --nnodes={nodes} "
            f"--nproc-per-node={devices} --rdzv-backend=c10d --rdzv-endpoint=FIRST_NODE:29500 run.py ..., "
            f"or on SLURM srun --nodes={nodes} --ntasks-per-node={devices} python run.py ..."
        )
    if multiprocessing.parent_process() is not None:
        raise UserError(
            f"trainer.num_nodes={nodes}: the jobs of a sweep have one node each; run single cells"
        )
    rank, ranks = (int(os.environ[name]) for name in names)
    if ranks != nodes * devices:
        raise UserError(
            f"trainer.num_nodes={nodes} of trainer.devices={devices} are {nodes * devices} processes, but "
            f"{ranks} were started: set both to what was started"
        )
    return Launched(rank, ranks)
