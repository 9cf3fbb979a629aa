"""Which job of a sweep starts next, and where, by the memory that jobs were measured to need.

First fit: of the waiting jobs in their order the first one for which there is room, on the device with the
most room. A job that is not measured, or that fits nowhere, has a device to itself. Memory is in bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MARGIN = 1.15  # for what a dry step does not see: other batches, fragments, results that are collected


@dataclass(frozen=True)
class Need:
    """What one job takes of its device's memory, and of the machine's; on a processor they are the same."""

    device: int
    host: int


@dataclass(frozen=True)
class Placed:
    """A job that runs: its need, None if it is not known, and the number of its device."""

    need: Need | None
    device: int


@dataclass(frozen=True)
class Room:
    """What there is for all jobs: memory of each device and of the machine, and cores, one a job at least."""

    devices: tuple[int, ...]
    host: int
    cores: int

    def left(self, running: Sequence[Placed], device: int) -> float:
        """Bytes that those that run leave of a device's memory, less the margin."""
        taken = sum(each.need.device for each in running if each.need and each.device == device)
        return self.devices[device] / MARGIN - taken

    def fits(self, need: Need, running: Sequence[Placed], device: int) -> bool:
        """Whether a job has room on a device beside those that run."""
        on_host = sum(each.need.host for each in running if each.need)
        return need.device <= self.left(running, device) and need.host <= self.host / MARGIN - on_host

    def runs_alone(self, need: Need | None) -> bool:
        """Whether a job is not measured, or too large for every device even when nothing else runs."""
        return need is None or not any(self.fits(need, (), device) for device in range(len(self.devices)))

    def most_at_once(self, need: Need | None) -> int:
        """How many jobs of this need run at once."""
        running: list[Placed] = []
        while (device := device_for(need, running, self)) is not None:
            running.append(Placed(need, device))
        return len(running)


def pack(waiting: Sequence[Need | None], running: Sequence[Placed], room: Room) -> tuple[int, int] | None:
    """The numbers of the job to start next and of its device; None while there is room for none."""
    for need in dict.fromkeys(waiting):  # where one has no room, others of the same need have none
        device = device_for(need, running, room)
        if device is not None:
            return waiting.index(need), device
    return None


def device_for(need: Need | None, running: Sequence[Placed], room: Room) -> int | None:
    """The number of the device with the most room left for a job; None if there is none."""
    if len(running) >= room.cores:
        return None
    may = [device for device in range(len(room.devices)) if _may_join(need, running, device, room)]
    return max(may, key=lambda device: room.left(running, device), default=None)


def _may_join(need: Need | None, running: Sequence[Placed], device: int, room: Room) -> bool:
    beside = [each for each in running if each.device == device]
    if need is None or room.runs_alone(need):
        return not beside
    return not any(room.runs_alone(each.need) for each in beside) and room.fits(need, running, device)
