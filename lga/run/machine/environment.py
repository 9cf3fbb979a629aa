"""What a run ran on, for its record: code, versions and hardware; and how its process computes.

glibc returns large blocks to the system when they are freed. A training step frees and takes the same blocks
over and over, and every page of a fresh one costs a fault: 10,000 of them a step in detection on a processor,
900 when blocks are kept. The peak stays the same.
"""

import ctypes
import hashlib
import os
import platform
import subprocess
import sys
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from lga.system.resources import resident_peak

_ROOT = Path(__file__).resolve().parents[3]
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
KEPT_BYTES = 1 << 30


@cache
def code_state() -> dict[str, str | bool | None]:
    """Version, commit, and whether the tree differs from it (a hash of the difference if so)."""
    commit = _git("rev-parse", "HEAD") if (_ROOT / ".git").exists() else None
    difference = _git("diff", "HEAD") if commit else None
    return {
        "version": metadata.version("lga"),
        "commit": commit,
        "dirty": bool(difference),
        "difference": hashlib.sha256(difference.encode()).hexdigest()[:16] if difference else None,
    }


def environment() -> dict[str, str | int | None]:
    """Interpreter, library versions, processor and accelerator of this process."""
    import torch

    packages = ("torch", "torchvision", "pytorch-lightning", "torchmetrics", "numpy", "hydra-core", "wandb")
    installed = sorted(f"{dist.name}=={dist.version}" for dist in metadata.distributions())
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "accelerator": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        "cuda": torch.version.cuda if torch.cuda.is_available() else None,
        "packages_hash": hashlib.sha256("\n".join(installed).encode()).hexdigest()[:16],
        **{name: metadata.version(name) for name in packages},
    }


def peak_memory_bytes() -> int:
    """Largest memory this process held: on the GPU if it used one, else resident."""
    import torch

    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        return int(torch.cuda.max_memory_allocated())
    return resident_peak()


def _git(*arguments: str) -> str | None:
    command = ["git", "-C", str(_ROOT), *arguments]
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return finished.stdout.strip() if finished.returncode == 0 else None


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def prepare_torch(trainer: DictConfig) -> None:
    """Set the threads and arithmetic that `trainer` names, for this process."""
    import torch

    if trainer.threads:
        torch.set_num_threads(trainer.threads)
    if trainer.tf32 is not None:
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = trainer.tf32
    keep_freed_memory()
    # Deterministic mode fills every new tensor with NaN, a tenth of a step, to show reads before a write.
    fillable: Any = torch.utils.deterministic
    fillable.fill_uninitialized_memory = False


def keep_freed_memory() -> None:
    """Tell glibc to keep freed blocks of up to `KEPT_BYTES`; do nothing with another C library."""
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, KEPT_BYTES)
        mallopt(M_TRIM_THRESHOLD, KEPT_BYTES)
