"""Start the processes of a sweep's jobs and of a run's ranks, and end them with the one that started them.

They are forked from a server that has torch, torchvision, Lightning and W&B loaded, so that they start at
once. No kill leaves a part of a run behind.

Processes hand each other files and shared memory by sockets in a folder in TMPDIR. The path of a socket has
at most 107 bytes (unix(7); 103 on macOS), of which `/pymp-xxxxxxxx/listener-xxxxxxxx` takes 32: beneath a
longer TMPDIR, as some clusters have it, a sweep's processes cannot start, and a loader's workers wait for
ever.
"""

import multiprocessing
import os
import signal
import tempfile
import threading
import time
from multiprocessing import util
from multiprocessing.context import ForkServerContext
from typing import Any

PRELOADED = (
    *("pytorch_lightning", "torch", "torchmetrics", "torchvision", "wandb"),
    *("lga.data.classification.classification_data", "lga.launch.local"),
    *("lga.run.command_line", "lga.run.fit"),
)
LONGEST = 103 - 32
SHORT = "/tmp"
SECONDS_TO_NOTICE = 0.5


def make_room_for_sockets() -> None:
    """Put the sockets of this process and of those that it starts into /tmp where TMPDIR is too long."""
    usual = tempfile.gettempdir()
    if len(os.fsencode(usual)) <= LONGEST:
        return
    tempfile.tempdir = SHORT
    try:
        util.get_temp_dir()  # made once, then kept and handed on
    finally:
        tempfile.tempdir = usual


def fork_server() -> ForkServerContext:
    """Return what makes processes and pipes for them."""
    make_room_for_sockets()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    return context


def end_with_parent() -> None:
    """Kill us when the process that started us is gone, however it went."""
    threading.Thread(target=_outlive_nobody, name="parent", daemon=True).start()


def die(signum: int, frame: Any) -> None:
    """Die of the signal; Lightning's handler alone would raise, and so record a stop as a failure."""
    signal.signal(signum, signal.SIG_DFL)
    os.kill(os.getpid(), signum)


def _outlive_nobody() -> None:
    # The fork server would not do as a sign: it stays for as long as one of its children does.
    if parent := multiprocessing.parent_process():
        parent.join()
    else:
        launcher = os.getppid()
        while os.getppid() == launcher:
            time.sleep(SECONDS_TO_NOTICE)
    os.kill(os.getpid(), signal.SIGKILL)  # Lightning catches SIGTERM, and may wait for other ranks
