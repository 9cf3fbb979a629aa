"""Ends a process with the one that started it, so that no kill leaves a part of a run behind."""

import multiprocessing
import os
import signal
import threading
import time
from typing import Any

SECONDS_TO_NOTICE = 0.5


def end_with_parent() -> None:
    """Kills us when the process that started us is gone, however it went."""
    threading.Thread(target=_outlive_nobody, name="parent", daemon=True).start()


def die(signum: int, frame: Any) -> None:
    """Dies of the signal; Lightning's handler alone would raise, and so record a stop as a failure."""
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
