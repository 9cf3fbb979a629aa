"""Where the jobs of a sweep run: places on GPUs, or shares of the processor. Needs no torch."""

import os
import subprocess
from dataclasses import dataclass

from lga.structures import UserError

MOST_CPU_JOBS = 8


@dataclass(frozen=True)
class Slot:
    """A place for one job: a GPU by its name for CUDA_VISIBLE_DEVICES (None: none), and threads."""

    device: str | None
    threads: int


def slots(accelerator: str, jobs_per_device: int | None, jobs: int) -> list[Slot]:
    """The places of a sweep of `jobs` jobs, no more than there are jobs."""
    if jobs_per_device is not None and jobs_per_device < 1:
        raise UserError(f"hydra.launcher.jobs_per_device={jobs_per_device}: at least 1")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    gpus = [] if accelerator == "cpu" else visible_gpus()
    devices: list[str | None] = []
    if gpus:
        devices = [gpu for _ in range(jobs_per_device or 1) for gpu in gpus]
    else:
        devices = [None] * (jobs_per_device or min(cores, MOST_CPU_JOBS))
    devices = devices[: max(jobs, 1)]
    return [Slot(device, max(cores // len(devices), 1)) for device in devices]


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
