"""Jobs packed by memory: the arithmetic by hand, what is read of a machine, and real dry steps and a sweep.

With the margin of 15%, of 115 bytes 100 can be given out.
"""

import subprocess
import sys
import tempfile
import time
from collections import deque
from functools import partial
from pathlib import Path

import pytest
import torch

from lga.run import memory, packed_places, sweep_processes
from lga.run.devices import Slot
from lga.run.dry_step import Measured, memory_key
from lga.run.memory import GpuMemory, available_memory, gpu_memory, taken_of_gpu
from lga.run.packed_places import PackedPlaces
from lga.run.packing import Need, Placed, Room, pack
from lga.run.places import places_for
from lga.run.record import read_record
from lga.run.sweep import Job
from lga.structures import UserError
from tests.run.cells import QUICK, ROOT, cell
from tests.run.heavy_block import MIB
from tests.run.test_devices import of_session

MIB_BYTES = 2**20


def of(*sizes):
    """Needs of jobs on a processor."""
    return [Need(size, size) for size in sizes]


def packed(waiting, room, running=()):
    """What starts of `waiting`, one after the other: pairs of a job's place in it and its device."""
    waiting, running, started = dict(enumerate(waiting)), list(running), []
    while found := pack(list(waiting.values()), running, room):
        number, device = list(waiting)[found[0]], found[1]
        running.append(Placed(waiting.pop(number), device))
        started.append((number, device))
    return started


# Arithmetic.


@pytest.mark.parametrize(
    ("needs", "room", "started"),
    [
        (of(40, 40, 30, 20), Room((115,), 115, 8), [0, 1, 3]),  # 100 of 100; 30 would make 110
        (of(50, 50, 1), Room((115,), 115, 8), [0, 1]),
        (of(51, 50, 49), Room((115,), 115, 8), [0, 2]),
        (of(10, 10, 10, 10), Room((115,), 115, 3), [0, 1, 2]),  # as many as cores
        (of(101, 10, 10), Room((115,), 115, 8), [0]),  # too large: alone
        (of(10, 101, 10), Room((115,), 115, 8), [0, 2]),  # and not beside others
        ([None, *of(10)], Room((115,), 115, 8), [0]),  # not measured: alone
        ([*of(10), None], Room((115,), 115, 8), [0]),
        ([], Room((115,), 115, 8), []),
    ],
)
def test_the_first_that_fits_starts(needs, room, started):
    assert [number for number, _ in packed(needs, room)] == started


def test_jobs_go_to_the_device_with_the_most_room():
    """Devices of 100 and 200: 200 | 200, 60 | 140, 60 | 80, 60 | 20; none is left for a fifth."""
    room = Room((115, 230), 10_000, 16)
    needs = [Need(60, 1)] * 6
    assert packed(needs, room) == [(0, 1), (1, 1), (2, 0), (3, 1)]
    assert room.most_at_once(needs[0]) == 4
    assert packed([Need(150, 1), Need(90, 1), Need(60, 1), Need(50, 1)], room) == [(0, 1), (1, 0), (3, 1)]


def test_unmeasured_and_too_large_jobs_have_a_device_to_themselves():
    room = Room((115, 115), 10_000, 16)
    assert packed([None, Need(300, 1), *[Need(10, 1)] * 3], room) == [(0, 0), (1, 1)]
    assert room.most_at_once(None) == room.most_at_once(Need(300, 1)) == 2
    small = [Placed(Need(10, 1), 0)]
    assert packed([None, Need(300, 1)], room, small) == [(0, 1)]
    assert packed([Need(10, 1)], room, [Placed(None, 0)]) == [(0, 1)]


def test_the_machines_memory_limits_jobs_on_gpus():
    """Of 100 on the machine, 40 each leave room for two, on GPUs that would hold twenty."""
    room = Room((115, 115), 115, 16)
    assert packed([Need(10, 40)] * 4, room) == [(0, 0), (1, 1)]
    assert room.most_at_once(Need(10, 40)) == 2


def test_a_job_that_ended_makes_room():
    room, (large, small) = Room((115,), 115, 8), of(80, 30)
    assert pack([large], [Placed(small, 0)], room) is None
    assert pack([large], [], room) == (0, 0)


def test_jobs_share_the_cores_with_those_like_them(tmp_path):
    """Of twelve cores a job of 20 of 100 has 12 // 5, one of 45 has 12 // 2; GPUs are named."""
    runs = [cell(tmp_path, f"attention={name}") for name in ("none", "se")]
    jobs = [Job((), runs[number]) for number in (1, 0, 0, 0, 0, 0)]
    needs = {memory_key(run): Need(size, 0) for run, size in zip(runs, (20, 45), strict=True)}
    places, waiting = PackedPlaces(jobs, needs, ["GPU-a"], Room((115,), 115, 12)), deque(jobs)
    taken = [places.take(waiting), places.take(waiting), places.take(waiting)]
    assert [slot for _, slot in taken] == [Slot("GPU-a", 6), Slot("GPU-a", 2), Slot("GPU-a", 2)]
    assert places.take(waiting) is None
    assert len(waiting) == 3
    places.give_back(*taken[0])
    assert places.take(waiting)[0] is jobs[3]


# Which runs share a dry step.


def test_runs_that_differ_in_nothing_of_memory_share_a_dry_step(tmp_path):
    def key(*overrides):
        return memory_key(cell(tmp_path, *overrides))

    same = ("seed=2", "recipe.epochs=3", "trainer.max_epochs=9", "recipe.optimizer.lr=1", "trainer=default")
    assert key(*same, *QUICK[2:]) == key()
    other = ("attention=se", "recipe.batch_size=8", "dataset.image_size=16", "trainer.precision=bf16-mixed")
    assert len({key(), *(key(override) for override in other)}) == 1 + len(other)


# What is read of a machine.


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    ("hierarchy", "folder", "names"),
    [
        ("0::/a/b", "", ("memory.max", "memory.current", "inactive_file")),
        (
            "3:cpu,memory:/a/b",
            "memory",
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
        ),
    ],
)
def test_what_is_free_is_what_the_system_and_every_cgroup_leave(tmp_path, hierarchy, folder, names):
    limit, used, droppable = names
    write(tmp_path / "proc/meminfo", "MemTotal: 9000 kB\nMemAvailable:   1000 kB\n")
    assert available_memory(tmp_path) == 1_024_000
    write(tmp_path / "proc/self/cgroup", f"{hierarchy}\n1:cpu:/a/b\n")
    outer = tmp_path / "sys/fs/cgroup" / folder / "a"
    write(outer / limit, "900000\n")
    write(outer / used, "500000\n")
    assert available_memory(tmp_path) == 400_000
    write(outer / "memory.stat", f"anon 1\n{droppable} 200000\n")
    assert available_memory(tmp_path) == 600_000
    write(outer / "b" / limit, "max\n")
    write(outer / "b" / used, "7\n")
    assert available_memory(tmp_path) == 600_000
    write(outer / "b" / limit, "300007\n")
    assert available_memory(tmp_path) == 300_000


def test_a_gpus_memory_is_what_its_driver_tells(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(UserError, match="auto: nvidia-smi does not tell the memory of GPU 1; give a number"):
        gpu_memory("1")
    program = tmp_path / "nvidia-smi"
    write(program, '#!/bin/sh\n[ "$1" = --id=1 ] && echo "1024, 4096" || echo "[N/A], [N/A]"\n')
    program.chmod(0o755)
    assert gpu_memory("1") == GpuMemory(used=2**30, free=2**32)
    with pytest.raises(UserError, match="memory of GPU 0"):
        gpu_memory("0")


def test_a_process_took_of_a_gpu_what_the_driver_counts_and_what_it_gave_back(monkeypatch):
    """Of 100 used before, 700 now: 600, of which torch keeps 450 of the 500 that it had at most: 650."""
    monkeypatch.setattr(memory, "gpu_memory", lambda gpu: GpuMemory(used=700, free=300))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda: 450)
    monkeypatch.setattr(torch.cuda, "max_memory_reserved", lambda: 500)
    assert taken_of_gpu("0", 100) == 650
    assert taken_of_gpu("0", 600) == 500  # others have ended meanwhile: not less than torch had


def told_by(program):
    """Numbers that a program prints, in MiB of the bytes."""
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [int(number) / MIB_BYTES for number in told.stdout.split()]


def test_what_a_process_and_its_children_take_is_seen():
    """The first holds 128 MiB for a moment, its child for a second."""
    child = f"x = b'x' * {128 * MIB_BYTES}; import time; time.sleep(1)"
    program = f"""
import subprocess, sys
from lga.run.memory import MemoryWatch
with MemoryWatch() as watch:
    before = watch.own
    held = b"x" * {128 * MIB_BYTES}
    del held
    subprocess.run([sys.executable, "-c", {child!r}], check=True)
print(watch.own - before, watch.children)
"""
    assert all(120 < taken < 160 for taken in told_by(program))


def test_a_child_that_is_not_yet_its_program_does_not_count_what_we_hold():
    """It looks through 60,000 folders for its program, while we hold 128 MiB."""
    program = f"""
import subprocess
from lga.run import memory
memory.SECONDS_BETWEEN_LOOKS = 0.005
held = b"x" * {128 * MIB_BYTES}
with memory.MemoryWatch() as watch:
    subprocess.run(["true"], env={{"PATH": "/:" * 60_000 + "/usr/bin:/bin"}}, check=True)
print(watch.children)
"""
    assert told_by(program)[0] < 30


def test_pages_of_files_that_the_system_drops_do_not_count(tmp_path):
    """128 MiB of a file are read and dropped: what is left of the highest mark is not ours."""
    (tmp_path / "file").write_bytes(bytes(128 * MIB_BYTES))
    program = f"""
import mmap, time
from lga.run.memory import MemoryWatch
with MemoryWatch() as watch, open({str(tmp_path / "file")!r}, "rb") as file:
    before = watch.own
    pages = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    sum(pages[::mmap.PAGESIZE])
    time.sleep(0.5)
    pages.madvise(mmap.MADV_DONTNEED)
    time.sleep(0.5)
print(watch.own - before)
"""
    assert told_by(program)[0] < 30


# Settings.


@pytest.mark.parametrize("value", ["autos", "", 1.5, True, 0])
def test_a_setting_that_cannot_be_is_one_line(tmp_path, value):
    with pytest.raises(
        UserError, match=rf"jobs_per_device={value}: (a whole number from 1, auto|at least 1)"
    ):
        places_for([Job((), cell(tmp_path))], value, None)


@pytest.mark.parametrize(
    ("override", "told"),
    [("trainer.devices=2", "jobs of one device are packed"), ("mode=describe", "not mode=describe")],
)
def test_what_cannot_be_measured_is_refused(tmp_path, override, told):
    with pytest.raises(UserError, match=f"jobs_per_device=auto: .*{told}.*; give a number"):
        places_for([Job((), cell(tmp_path, override))], "auto", None)


# Sweeps.


class Notes:
    """A sweep's progress that keeps what it is told."""

    workers = 1

    def __init__(self):
        self.lines, self.errors = [], {}

    def note(self, line):
        self.lines.append(line)

    def ended(self, name, error, score, seconds, log):
        self.errors[name] = error


def test_gpus_are_packed_by_what_was_measured_on_the_first(tmp_path, monkeypatch):
    """Two GPUs of 2 GiB: of 0.8 GiB two a GPU; of 3 GiB each alone. The sixteen cores are shared."""
    gib, measured_on = 2**30, []
    jobs = [
        Job((), cell(tmp_path, f"attention={name}", "trainer.accelerator=gpu")) for name in ("none", "se")
    ]

    def measure(jobs, slot):
        measured_on.append(slot)
        needs = Need(int(0.8 * gib), gib), Need(3 * gib, gib)
        return {memory_key(job.run): Measured(job, need) for job, need in zip(jobs, needs, strict=True)}

    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,GPU-b")
    monkeypatch.setattr(packed_places, "available_cores", lambda: 16)
    monkeypatch.setattr(packed_places, "available_memory", lambda: 64 * gib)
    monkeypatch.setattr(packed_places, "gpu_memory", lambda gpu: GpuMemory(0, 2 * gib))
    monkeypatch.setattr(packed_places, "measure", measure)
    progress = Notes()
    places, waiting = places_for(jobs, "auto", progress), deque(jobs)
    assert measured_on == [Slot("3", 8)]
    assert progress.lines == [
        "digits/mobilenetv3/none, batch 64: 0.80 GiB of a GPU and 1.00 GiB of the machine a job; "
        "2 jobs at once on 2 GPUs",
        "digits/mobilenetv3/se, batch 64: 3.00 GiB of a GPU and 1.00 GiB of the machine a job, more than the "
        "free 2.00 GiB and 64.00 GiB less a margin of 15%; each job has a device to itself",
    ]
    assert [places.take(waiting)[1], places.take(waiting)[1]] == [Slot("3", 8), Slot("GPU-b", 8)]


def test_a_sweep_is_packed_by_what_its_dry_steps_see(tmp_path, monkeypatch):
    """Memory is for two plain jobs, not for one beside one that takes 256 MiB more; one fails alone."""
    blocks = ["lga.attention.NoAttention"] * 2 + [
        "tests.run.heavy_block.Heavy",
        "tests.run.misbehaving.Raises",
    ]
    jobs = [
        Job(
            (),
            cell(
                tmp_path / "out",
                f"attention.block._target_={block}",
                f"attention.name={name}",
                "trainer.threads=1",
            ),
        )
        for block, name in zip(blocks, ("plain", "plain2", "heavy", "raises"), strict=True)
    ]
    needs, running, together = {}, set(), []

    def measured(*arguments):
        needs.update({key: each.need for key, each in measure(*arguments).items()})
        plain, heavy = (needs[memory_key(jobs[number].run)].host for number in (0, 2))
        room = 1.15 * (plain + max(plain, heavy) - MIB * MIB_BYTES // 2)  # half of the difference is missing
        monkeypatch.setattr(packed_places, "available_memory", lambda: int(room))
        return {key: Measured(jobs[0], need, "why") for key, need in needs.items()}

    def started(job, *arguments):
        running.add(job.run.cell.attention)
        together.append(set(running))
        return start(job, *arguments)

    def settled(job, exitcode):
        running.remove(job.run.cell.attention)
        settle(job, exitcode)

    measure, start, settle = packed_places.measure, sweep_processes.start, sweep_processes.settle
    (tmp_path / "temporary").mkdir()
    in_temporary = partial(tempfile.TemporaryDirectory, dir=tmp_path / "temporary")
    monkeypatch.setattr(tempfile, "TemporaryDirectory", in_temporary)
    monkeypatch.setattr(packed_places, "measure", measured)
    monkeypatch.setattr(packed_places, "available_cores", lambda: 4)
    monkeypatch.setattr(sweep_processes, "start", started)
    monkeypatch.setattr(sweep_processes, "settle", settled)
    progress = Notes()
    sweep_processes.run_in_processes(jobs, progress, "auto")
    plain, heavy, failing = needs.values()
    assert 200 < plain.host / MIB_BYTES < 2000
    assert heavy.host - plain.host == pytest.approx(MIB * MIB_BYTES, rel=0.2)
    assert heavy.host == heavy.device
    assert failing is None
    assert together == [{"plain"}, {"plain", "plain2"}, {"heavy"}, {"raises"}]
    errors = {name.split("/")[-1].split()[0]: error for name, error in progress.errors.items()}
    assert errors.pop("raises") == "RuntimeError: raised on purpose"
    assert set(errors.values()) == {None}
    assert progress.workers == 2
    assert "2 jobs at once on cpu" in progress.lines[0]
    assert "could not be measured (why); each job has a device to itself" in progress.lines[2]
    assert len(list((tmp_path / "out").rglob("result.json"))) == 4
    assert read_record(jobs[0].folder.result).status == "finished"
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.slow
def test_a_terminated_dry_step_leaves_nothing(tmp_path, monkeypatch):
    sweep = [
        "-m", *QUICK, f"paths.output_dir={tmp_path / 'out'}", "seed=1,2", "recipe.batch_size=1",
        "attention.block._target_=tests.run.slow_block.Slow", "hydra.launcher.jobs_per_device=auto",
    ]  # fmt: skip
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    process = subprocess.Popen(
        [sys.executable, "run.py", *sweep],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not list(tmp_path.glob("temporary/lga-dry-step-*/run.log")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.terminate()
    _, told = process.communicate(timeout=300)
    assert process.returncode == 1
    assert "the same command continues from the last checkpoint" in told
    assert "Traceback" not in told
    deadline = time.monotonic() + 300  # for the fork server, which ends after us
    while (left := of_session(process.pid)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []
    assert not list(tmp_path.glob("temporary/lga-dry-step-*"))
    assert not (tmp_path / "out" / "runs").exists()


@pytest.mark.slow
def test_auto_on_the_command_line(tmp_path):
    sweep = ["-m", *QUICK, f"paths.output_dir={tmp_path}", "seed=1,2", "hydra.launcher.jobs_per_device=auto"]
    finished = subprocess.run(
        [sys.executable, "run.py", *sweep], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert finished.stdout.startswith("digits/mobilenetv3/none, batch 64: 0."), finished.stderr
    assert "sweep: 2 done, 0 cached, 0 failed, 0 left" in finished.stdout
    assert Path(tmp_path, "runs").is_dir()
