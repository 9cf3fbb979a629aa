"""What a sweep's process does: take its place, then execute its run."""

import multiprocessing
import os
import signal
import sys
import traceback

from lga.run.devices import Slot
from lga.run.execute import execute
from lga.run.identity import FrozenRun
from lga.run.lifetime import die, end_with_parent
from lga.system.errors import UserError
from lga.system.files import writable


def work(run: FrozenRun, slot: Slot, trains: bool) -> None:
    """Execute `run` on `slot`, its output in the run's log when it trains.

    Exits non-zero on failure.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the sweep ends us itself
    signal.signal(signal.SIGTERM, die)
    end_with_parent()
    # As children of the fork server, that a sweep's jobs are, the loaders' processes would outlive us.
    multiprocessing.set_start_method(None, force=True)
    status = 1
    try:
        if trains:
            redirect_output(run)
        _take(slot)
        execute(run)
        status = 0
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    sys.exit(status)


def redirect_output(run: FrozenRun) -> None:
    """Sends this process's output, and that of its children, to the run's log, after what is there."""
    folder = run.directory
    with writable(folder, "paths.output_dir"):
        folder.mkdir(parents=True, exist_ok=True)
        log = os.open(folder / "run.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)


def _take(slot: Slot) -> None:
    import torch

    if slot.device is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = slot.device
    torch.set_num_threads(slot.threads)
