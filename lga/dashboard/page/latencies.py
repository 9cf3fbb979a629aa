"""Measured latencies that the page plots accuracy against."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Latencies:
    """``measured`` says on what; ``of`` has milliseconds of inference by network and attention."""

    measured: str
    of: dict[str, dict[str, float]]
