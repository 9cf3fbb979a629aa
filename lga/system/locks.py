"""One process at a time, by a lock file that the system releases with the process that holds it.

Some network file systems have no locks. There we go on without, and say so: a stand-in that a killed process
leaves behind would block every later one.
"""

import errno
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

log = logging.getLogger("lga")

_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`, after waiting for any other process that does.

    What was looked up before may be out of date: look again, however short the wait.

    Raises OSError when the file cannot be made.
    """
    lock = FileLock(path)
    try:
        lock.acquire()
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        log.warning(
            "%s: this file system has no locks (%s): see to it that no second process works on the same",
            path.parent,
            error.strerror,
        )
    try:
        yield
    finally:
        lock.release()  # nothing where none is held
