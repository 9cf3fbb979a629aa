"""Which of a run's ranks failed first, and how: told through the store at which they meet.

When one fails, the others see that their connection to it is lost, which says nothing to a user.
"""

import json
import time
import traceback
from pathlib import Path
from typing import NamedTuple

from torch.distributed import DistError, Store  # type: ignore[attr-defined]

from lga.system.errors import UserError
from lga.system.terminal_text import first_line

CAUSE = "cause"
SECONDS_TO_TELL = 2.0


class Failure(NamedTuple):
    """How a rank failed.

    Attributes:
        rank: its number, from 0.
        node: where it ran.
        told: what happened, in one line.
        told_to_user: whether that is a `UserError`'s, which says itself what to do.
        trace: the traceback; empty for a process that was killed.
    """

    rank: int
    node: str
    told: str
    told_to_user: bool = False
    trace: str = ""

    def line(self, ranks: int, log: Path) -> str:
        """All that a user is told."""
        where = f" (rank {self.rank} of {ranks} on node {self.node}, log {log})"
        return self.told + ("" if self.told_to_user else where)


def report(store: Store, rank: int, node: str, error: BaseException) -> None:
    """Leaves `error` as the cause if it is the first one, and not the loss of another rank."""
    if isinstance(error, DistError) or "gloo" in str(error):
        return
    to_user = isinstance(error, UserError)
    told = str(error) if to_user else f"{type(error).__name__}: {first_line(error)}"
    trace = "".join(traceback.format_exception(error))
    store.compare_set(CAUSE, "", json.dumps(Failure(rank, node, told, to_user, trace)))


def reported(store: Store) -> Failure | None:
    """The first failure that a rank has told of."""
    return Failure(*json.loads(store.get(CAUSE))) if store.check([CAUSE]) else None


def first_failure(store: Store, rank: int, ranks: int) -> Failure:
    """The reported one; if none is in time, that of the rank which has gone without a word."""
    gone = "a process ended without a word, most likely killed"
    try:
        store.set(f"alive/{rank}", "")
        until = time.monotonic() + SECONDS_TO_TELL
        while time.monotonic() < until:
            if failure := reported(store):
                return failure
            time.sleep(0.1)
        lost = next((each for each in range(ranks) if not store.check([f"alive/{each}"])), rank)
        return Failure(lost, store.get(f"node/{lost}").decode(), gone)
    except DistError:
        return Failure(0, "0", gone)  # the store was its
