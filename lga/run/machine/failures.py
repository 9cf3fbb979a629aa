"""What a machine does to a run, said in one line with what to do: too little memory, a disk that is full.

Anything else that goes wrong in a run is a fault of the code, and keeps its traceback.
"""

import re
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from lga.system.errors import UserError

SIGNALLED = 128  # a shell's exit status for a process that signal n ended is this + n
AGAIN = "the same command goes on from the last finished epoch"
_CPU_ALLOCATOR = "DefaultCPUAllocator: "
_WORKER_GONE = re.compile(r"DataLoader worker \(pid.*?\) (?:is killed by signal: (\w+)|exited unexpectedly)")


@contextmanager
def as_user_error(config: Mapping[str, Any]) -> Iterator[None]:
    """Turn what the machine did to the run of `config` into a UserError."""
    try:
        yield
    except (MemoryError, RuntimeError, OSError, UserError) as error:
        _let_loaders_die()
        if stop := next((each for each in _chain(error) if isinstance(each, KeyboardInterrupt)), None):
            raise stop from None  # the loaders' processes were asked to stop, too
        line = _line_of(error, config)
        if line is None:
            raise
        raise UserError(line) from error


def killed_by(number: int, config: Mapping[str, Any]) -> str:
    """Return one line for a process of the run of `config` that the signal `number` ended."""
    how = f"killed by {signal.Signals(number).name}"
    if number != signal.SIGKILL:
        return how
    return f"{how}, most likely for want of memory: {what_to_lower(config)}; {AGAIN}"


def what_to_lower(config: Mapping[str, Any]) -> str:
    """Return the settings of the run of `config` by which it needs less memory, with their values."""
    precision = config["trainer"]["precision"]
    settings = [
        f"recipe.batch_size (now {config['recipe']['batch_size']})",
        f"dataset.image_size (now {config['dataset']['image_size']})",
        "the jobs of a sweep with hydra.launcher.jobs_per_device=",
    ]
    half = "" if precision == "bf16-mixed" else f", or set trainer.precision=bf16-mixed (now {precision})"
    return f"lower {', '.join(settings)}{half}"


def _let_loaders_die() -> None:
    """Remove torch's signal handler: it raises wherever the code is when another loader's process dies."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _line_of(error: BaseException, config: Mapping[str, Any]) -> str | None:
    """Return one line for `error`; None if it is none of these, or says itself what to do."""
    import torch

    text = error.args[0] if error.args and isinstance(error.args[0], str) else ""
    if isinstance(error, UserError):
        return None
    if isinstance(error, torch.OutOfMemoryError) or "CUDA error: out of memory" in text:
        return _memory(config, "of the GPU ")
    if isinstance(error, MemoryError) or _CPU_ALLOCATOR in text:  # in a loader's process, too
        return _memory(config)
    if found := _WORKER_GONE.search(_with_causes(error)):
        return _worker(found[1], config)
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}; make room or repair it, {AGAIN}"
    return None


def _memory(config: Mapping[str, Any], whose: str = "") -> str:
    return f"the memory {whose}is too small for this cell: {what_to_lower(config)}"


def _worker(signal: str | None, config: Mapping[str, Any]) -> str:
    how = f"was killed ({signal})" if signal else "ended unexpectedly"
    if signal == "Terminated":
        return f"a process that loads images {how}; {AGAIN}"
    workers = config["trainer"]["num_workers"]
    now = "one a thread" if workers is None else str(workers)
    return (
        f"a process that loads images {how}, most likely for want of memory: lower trainer.num_workers "
        f"(now {now}) or recipe.batch_size; {AGAIN}"
    )


def _with_causes(error: BaseException) -> str:
    return "\n".join(map(str, _chain(error)))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it came from, each once: chains of causes and contexts can be circles."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
