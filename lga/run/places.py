"""Where the jobs of a sweep run on this machine: on so many places, or packed by the memory they need."""

from collections import deque
from collections.abc import Sequence
from typing import Protocol

from lga.run.devices import Slot, slots
from lga.run.packed_places import SETTING, packed_places
from lga.run.sweep import Job
from lga.run.sweep_progress import SweepProgress
from lga.structures import UserError

AUTO = "auto"


class Places(Protocol):
    """Gives jobs a place, and takes it back when they have ended."""

    def take(self, waiting: deque[Job]) -> tuple[Job, Slot] | None:
        """Takes the next job out of `waiting`, and says where it runs; None while there is no place."""

    def give_back(self, job: Job, slot: Slot) -> None:
        """The job has ended."""


def places_for(jobs: Sequence[Job], jobs_per_device: int | str | None, progress: SweepProgress) -> Places:
    """The places for a sweep of `jobs`; with ``auto`` each network is measured first, and that is told.

    Raises UserError for a setting that cannot be.
    """
    trainers = [job.run.config["trainer"] for job in jobs]
    accelerator, most_devices = str(trainers[0]["accelerator"]), max(each["devices"] for each in trainers)
    if jobs_per_device == AUTO:
        return packed_places(jobs, accelerator, most_devices, progress)
    if isinstance(jobs_per_device, bool | float | str):
        raise UserError(f"{SETTING}={jobs_per_device}: a whole number from 1, auto, or null")
    return FixedPlaces(slots(accelerator, jobs_per_device, len(jobs), most_devices))


class FixedPlaces:
    """So many places, whatever the jobs need."""

    def __init__(self, free: list[Slot]) -> None:
        self._free = free

    def take(self, waiting: deque[Job]) -> tuple[Job, Slot] | None:
        """The first job, if there is a free place."""
        return (waiting.popleft(), self._free.pop()) if waiting and self._free else None

    def give_back(self, job: Job, slot: Slot) -> None:
        """Its place is free."""
        self._free.append(slot)
