"""What a run says: to the terminal, and with times to the log in its folder.

Names of classes, files and runs come from others: no line break in one can begin a line of the log, no escape
code reaches the terminal, and no secret is written. A disk too full for the log does not end the run.
"""

import json
import logging
import os
import signal
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from lga.system.files import writable
from lga.system.secrets import without_secrets
from lga.system.terminal_text import printable, printable_lines

logging.raiseExceptions = False  # a full disk, or a reader that has left, costs lines and not the run
# Said by libraries at every run, true, and of no use to the reader.
_NOISE = (
    r".*does not have many workers.*",
    r".*The number of training batches.*smaller than the logging interval.*",
    r".*weights_only.*",
    r".*GPU available but not used.*",
    r".*sync_dist=True.*",  # what is logged is of all devices already
    r".*overridden `on_before_batch_transfer` in `LightningModule`.*",  # by intent
    r".*isinstance\(treespec, LeafSpec\).*",
    r".*`srun` command is available.*",  # said on every machine of a SLURM cluster
)


class _Harmless(logging.Formatter):
    """Formats a message whose further lines are indented, without control characters and secrets."""

    def format(self, record: logging.LogRecord) -> str:
        return printable_lines(without_secrets(super().format(record)))


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Send the project's log to the terminal and, with times, to the file at `path`."""
    logger = logging.getLogger("lga")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    with writable(path.parent, "paths.output_dir"):
        file = logging.FileHandler(path, encoding="utf-8")
    file.setFormatter(_Harmless("%(asctime)s %(levelname)s %(message)s"))
    handlers: list[logging.Handler] = [file]
    if not _is_stdout(path):  # a sweep sends a job's whole output to its log
        terminal = logging.StreamHandler(sys.stdout)
        terminal.setLevel(logging.INFO)
        terminal.setFormatter(_Harmless("%(message)s"))
        handlers.append(terminal)
    for handler in handlers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        for handler in handlers:
            logger.removeHandler(handler)
            with suppress(OSError):  # what a full disk did not take
                handler.close()


def show_values(title: str, values: Mapping[str, Any], as_json: bool) -> None:
    """Print the title and a table of values by name, or the values alone as JSON, with all their digits."""
    if as_json:
        print(json.dumps(values))
        return
    width = max(map(len, values), default=0)
    lines = (f"  {name:<{width}}  {_short(value)}" for name, value in values.items())
    print("\n".join(map(printable, (title, *lines))), flush=True)


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.2f}" if value == 0 or abs(value) >= 1 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else str(value)


@contextmanager
def without_notices() -> Iterator[None]:
    """Leave out Lightning's notices and warnings of no use to a user; it must have been imported.

    At Ctrl-C it exits with status 1; here the KeyboardInterrupt goes on, and interrupts are heard again.
    """
    for name in ("pytorch_lightning", "lightning_fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    interrupts = signal.getsignal(signal.SIGINT)
    with warnings.catch_warnings():
        for message in _NOISE:
            warnings.filterwarnings("ignore", message)
        try:
            yield
        except SystemExit as exit:
            if not isinstance(stop := exit.__context__, KeyboardInterrupt):
                raise
            signal.signal(signal.SIGINT, interrupts)
            raise stop from None


def _is_stdout(path: Path) -> bool:
    return os.path.samestat(os.fstat(1), path.stat())
