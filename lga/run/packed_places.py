"""Places for jobs that share a device as long as its memory holds them, which a dry step measures first."""

from collections import deque
from collections.abc import Sequence

from lga.run.devices import Slot, available_cores, visible_gpus
from lga.run.dry_step import Measured, measure, memory_key
from lga.run.memory import available_memory, gpu_memory
from lga.run.packing import MARGIN, Need, Placed, Room, pack
from lga.run.sweep import Job
from lga.run.sweep_progress import SweepProgress
from lga.structures import UserError

SETTING = "hydra.launcher.jobs_per_device"
_GIB = 2**30


class PackedPlaces:
    """The memory of devices named `names` (None: the processor), for jobs of the `needs`, by `memory_key`."""

    def __init__(
        self, jobs: Sequence[Job], needs: dict[str, Need | None], names: Sequence[str | None], room: Room
    ) -> None:
        self._needs = {job.folder.path: needs[memory_key(job.run)] for job in jobs}
        self._names = names
        self._room = room
        at_once = {need: min(room.most_at_once(need), len(jobs)) for need in needs.values()}
        self._threads = {need: max(room.cores // count, 1) for need, count in at_once.items()}
        self._running: list[tuple[Job, Placed]] = []

    def take(self, waiting: deque[Job]) -> tuple[Job, Slot] | None:
        """The first job for which there is room."""
        needs = [self._needs[job.folder.path] for job in waiting]
        found = pack(needs, [placed for _, placed in self._running], self._room)
        if found is None:
            return None
        number, device = found
        job = waiting[number]
        del waiting[number]
        self._running.append((job, Placed(needs[number], device)))
        return job, Slot(self._names[device], self._threads[needs[number]])

    def give_back(self, job: Job, slot: Slot) -> None:
        """Its memory is free."""
        self._running = [entry for entry in self._running if entry[0] is not job]


def packed_places(
    jobs: Sequence[Job], accelerator: str, most_devices: int, progress: SweepProgress
) -> PackedPlaces:
    """Places for jobs that are measured first, which is told; UserError for jobs that cannot be."""
    _check_measurable(jobs, most_devices)
    cores = available_cores()
    gpus = [] if accelerator == "cpu" else visible_gpus()
    free = tuple(gpu_memory(gpu).free for gpu in gpus)  # before the dry steps, so that a mistake costs none
    names: list[str | None] = [*gpus] or [None]
    # With as few threads, and so as few processes that load images, as a job has where many run at once.
    measured = measure(jobs, Slot(names[0], max(cores // min(cores, len(jobs)), 1)))
    host = available_memory()  # of which the fork server, that the dry steps have started, has its share
    room = Room(free or (host,), host, cores)
    for each in measured.values():
        progress.note(_told(each, room, bool(gpus), len(jobs)))
    return PackedPlaces(jobs, {key: each.need for key, each in measured.items()}, names, room)


def _check_measurable(jobs: Sequence[Job], most_devices: int) -> None:
    if most_devices > 1:
        raise UserError(
            f"{SETTING}=auto: jobs of one device are packed, these have trainer.devices={most_devices}; "
            "give a number of jobs instead"
        )
    if others := [job.run.config["mode"]["name"] for job in jobs if not job.trains]:
        raise UserError(
            f"{SETTING}=auto: it is training that is measured, not mode={others[0]}; "
            "give a number of jobs instead"
        )


def _told(measured: Measured, room: Room, on_gpus: bool, jobs: int) -> str:
    """A line for a network that was measured."""
    job = measured.job
    network = str(job.run.cell).rsplit(" seed ", 1)[0]
    name = f"{network}{job.told_apart}, batch {job.run.config['recipe']['batch_size']}"
    need = measured.need
    if need is None:
        return f"{name}: its memory could not be measured ({measured.error}); each job has a device to itself"
    taken, there = _gib(need.device), _gib(max(room.devices))
    if on_gpus:
        taken += f" of a GPU and {_gib(need.host)} of the machine"
        there += f" and {_gib(room.host)}"
    if room.runs_alone(need):
        return (
            f"{name}: {taken} a job, more than the free {there} less a margin of {MARGIN - 1:.0%}; "
            "each job has a device to itself"
        )
    count = min(room.most_at_once(need), jobs)
    where = f"{len(room.devices)} GPU{'s' * (len(room.devices) > 1)}" if on_gpus else "cpu"
    return f"{name}: {taken} a job; {count} job{'s' * (count > 1)} at once on {where}"


def _gib(size: int) -> str:
    return f"{size / _GIB:.2f} GiB"
