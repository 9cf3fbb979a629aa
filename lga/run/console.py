"""What a run says: to the terminal, and with times to the log in its folder."""

import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Said by libraries at every run, true, and of no use to the reader.
_NOISE = (
    r".*does not have many workers.*",
    r".*The number of training batches.*smaller than the logging interval.*",
    r".*weights_only.*",
    r".*GPU available but not used.*",
    r".*sync_dist=True.*",  # what is logged is of all devices already
    r".*isinstance\(treespec, LeafSpec\).*",
)


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Sends the project's log to the terminal and, with times, to the file at `path`."""
    logger = logging.getLogger("lga")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    file = logging.FileHandler(path, encoding="utf-8")
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    handlers: list[logging.Handler] = [file]
    if not _is_stdout(path):  # a sweep sends a job's whole output to its log
        terminal = logging.StreamHandler(sys.stdout)
        terminal.setLevel(logging.INFO)
        handlers.append(terminal)
    for handler in handlers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        for handler in handlers:
            logger.removeHandler(handler)
            handler.close()


@contextmanager
def without_notices() -> Iterator[None]:
    """Leaves out Lightning's notices and warnings of no use to a user; it must have been imported."""
    logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        for message in _NOISE:
            warnings.filterwarnings("ignore", message)
        yield


def _is_stdout(path: Path) -> bool:
    return os.path.samestat(os.fstat(1), path.stat())
