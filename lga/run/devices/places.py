"""Where the jobs of a sweep run: places on GPUs, or shares of the processor. Needs no torch."""

import os
import subprocess
from dataclasses import dataclass

from lga.system.errors import UserError

MOST_CPU_JOBS = 8


@dataclass(frozen=True)
class Slot:
    """A place for one job: its GPUs by their names for CUDA_VISIBLE_DEVICES (None: none), and threads."""

    device: str | None
    threads: int


def slots(accelerator: str, jobs_per_device: int | None, jobs: int, devices: int = 1) -> list[Slot]:
    """The places of a sweep of `jobs` jobs, no more than there are jobs, each of so many devices."""
    check_jobs_per_device(jobs_per_device)
    cores = available_cores()
    gpus = [] if accelerator == "cpu" else visible_gpus()
    places: list[str | None] = []
    if gpus:
        _check_enough(gpus, devices)
        groups = [",".join(gpus[first : first + devices]) for first in range(0, len(gpus), devices)]
        places = [group for _ in range(jobs_per_device or 1) for group in groups[: len(gpus) // devices]]
    else:
        _check_enough(None, devices)
        places = [None] * (jobs_per_device or max(min(cores, MOST_CPU_JOBS) // devices, 1))
    places = places[: max(jobs, 1)]
    return [Slot(place, max(cores // len(places), 1)) for place in places]


def check_jobs_per_device(value: object) -> None:
    """Raise a UserError unless `value` is None or a whole number from 1."""
    if value is not None and (type(value) is not int or value < 1):
        raise UserError(f"hydra.launcher.jobs_per_device={value}: it must be a whole number from 1, or null")


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def check_devices(accelerator: str, devices: int) -> None:
    """Raises UserError for less than one device, and where there are GPUs to be used, but fewer."""
    _check_enough(None if accelerator == "cpu" else visible_gpus() or None, devices)


def _check_enough(gpus: list[str] | None, devices: int) -> None:
    if devices < 1:
        raise UserError(f"trainer.devices={devices}: at least 1")
    if gpus is not None and len(gpus) < devices:
        raise UserError(
            f"trainer.devices={devices}: this machine has {len(gpus)} to be used, "
            f"{', '.join(gpus)}; ask for at most {len(gpus)}, or choose trainer.accelerator=cpu"
        )


def visible_gpus() -> list[str]:
    """GPUs this process may use, by index or by name."""
    if (visible := os.environ.get("CUDA_VISIBLE_DEVICES")) is not None:
        return [name for name in visible.split(",") if name.strip() and name.strip() != "-1"]
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = [line for line in listed.stdout.splitlines() if line.startswith("GPU ")]
    return [str(index) for index in range(len(lines))] if listed.returncode == 0 else []
