"""Tells on the error stream how far a long piece of work is."""

import sys
import time

TELL_EVERY_S = 2.0


class Progress:
    """Counts finished things and tells about them every two seconds.

    Args:
        label: of what is told, begins each line.
        total: number of things.
        things: what they are, such as ``images cut``.
    """

    def __init__(self, label: str, total: int, things: str) -> None:
        self.label, self.total, self.things = label, total, things
        self.done = 0
        self.start = self.told = time.monotonic()

    def step(self) -> None:
        """Count one thing."""
        self.done += 1
        now = time.monotonic()
        if now - self.told >= TELL_EVERY_S:
            self.told = now
            left = (now - self.start) / self.done * (self.total - self.done)
            self.tell(f"{self.done:,} of {self.total:,} {self.things}, {left:.0f} s left")

    def end(self) -> None:
        """Tell how long it took."""
        self.tell(f"{self.total:,} {self.things} in {time.monotonic() - self.start:.1f} s")

    def tell(self, text: str) -> None:
        """Tell something else."""
        print(f"{self.label}: {text}", file=sys.stderr, flush=True)
