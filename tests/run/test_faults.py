"""What machines do to a run: damaged files, full and read-only disks, no locks, no memory, losses of NaN."""

import errno
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch.utils.data import DataLoader
from torch.utils.data._utils import signal_handling

from lga.backbones.weights_file import load
from lga.data import download as downloading
from lga.results.collect import collect
from lga.run import fit
from lga.run.callbacks.history import MetricsHistory
from lga.run.execute import execute
from lga.run.folder.checkpoints import BestAndLast, recover, save
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import read_record, write_record
from lga.run.machine.failures import as_user_error
from lga.system import locks
from lga.system.errors import DamagedFileError, UserError
from lga.system.files import write_atomically, write_text
from lga.system.locks import alone
from tests.results.made_records import leave_run, made_record
from tests.run.cells import QUICK, ROOT, cell, end_run
from tests.run.test_resume import LONGER, assert_same_results


def flipped(path, position, bit=1):
    content = bytearray(path.read_bytes())
    content[position] ^= bit
    path.write_bytes(bytes(content))


# Checkpoints.


def test_no_changed_byte_of_a_checkpoint_passes(tmp_path):
    """Every tenth byte in turn: refused, or the content is what was written. Most would pass `torch.load`."""
    path = tmp_path / "a.ckpt"
    weights = torch.arange(500.0)
    save({"weights": weights, "epoch": 3}, path)
    good = path.read_bytes()
    passed_torch = 0
    for position in range(0, len(good), 10):
        flipped(path, position)
        try:
            content = load(path)
            assert torch.equal(content["weights"], weights)
            assert content["epoch"] == 3
        except DamagedFileError as error:
            assert str(error).startswith(f"{path}: not a readable checkpoint (")  # noqa: PT017
            passed_torch += position > 1000 and _torch_reads(path)
        path.write_bytes(good)
    assert passed_torch > 100


def _torch_reads(path):
    try:
        torch.load(path, weights_only=True)
    except Exception:
        return False
    return True


@pytest.mark.parametrize("kept", [0, 1, 100, 1000, -1, -100])
def test_a_checkpoint_that_was_cut_is_reported(tmp_path, kept):
    path = tmp_path / "a.ckpt"
    save({"weights": torch.arange(500.0)}, path)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DamagedFileError, match="not a readable checkpoint"):
        load(path)


def slow(*values):
    return pytest.param(*values, marks=pytest.mark.slow)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = RunDirectory(cell(tmp_path_factory.mktemp("undisturbed"), *LONGER))
    execute(folder.run)
    return folder


@pytest.mark.parametrize(
    ("damaged", "resumed", "message"),
    [
        (("last.ckpt",), 2, "going on from the epoch before the last"),
        slow(("last.ckpt", "previous.ckpt"), 0, "no checkpoint to go on from, training starts from"),
        slow(("best.ckpt", "previous_best.ckpt"), 0, "no checkpoint to go on from, training starts from"),
        slow(("previous.ckpt",), 3, None),
    ],
)
def test_a_damaged_checkpoint_is_set_aside_and_the_run_ends_the_same(
    tmp_path, capsys, undisturbed, damaged, resumed, message
):
    """Of four epochs three have checkpoints: last.ckpt is of the third, previous.ckpt of the second."""
    folder = RunDirectory(cell(tmp_path, *LONGER))
    end_run(folder.run, epoch=3)
    damaged = [name for name in damaged if folder.last_checkpoint.with_name(name).is_file()]
    for name in damaged:
        path = folder.last_checkpoint.with_name(name)
        flipped(path, path.stat().st_size // 2)
    execute(folder.run)
    assert read_record(folder.result).resumed == resumed
    out = capsys.readouterr().out
    assert out.count("set aside") == (len(damaged) if message else 0)
    assert message is None or message in out
    if message:
        for name in damaged:
            assert (folder.last_checkpoint.parent / f"{name}.damaged").is_file()
    assert_same_results(undisturbed, folder)
    assert not folder.previous_checkpoint.exists()


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 half a zip"])
def test_a_checkpoint_that_is_none_is_set_aside(tmp_path, caplog, content):
    folder = RunDirectory(cell(tmp_path))
    folder.last_checkpoint.parent.mkdir(parents=True)
    folder.last_checkpoint.write_bytes(content)
    recover(folder)
    assert "last.ckpt: not a readable checkpoint" in caplog.text
    assert folder.last_checkpoint.with_name("last.ckpt.damaged").read_bytes() == content


@pytest.mark.parametrize(
    ("damaged", "left", "message"),
    [
        ("", {"last": 3, "previous": 2, "best": 1}, 0),
        ("last", {"last": 2, "best": 1}, 1),
        ("previous", {"last": 3, "previous": None, "best": 1}, 0),
        ("last previous", {}, 2),
        ("best", {}, 1),
        ("best last previous", {}, 3),
    ],
)
def test_only_what_can_be_trusted_is_left(tmp_path, caplog, damaged, left, message):
    """Of checkpoints of epochs 3, 2 and 1; one before a good last one is not looked at."""
    folder = RunDirectory(cell(tmp_path))
    for name, epoch in {"last": 3, "previous": 2, "best": 1}.items():
        path = leave_checkpoint(folder, name, epoch, best=1)
        if name in damaged.split():
            flipped(path, path.read_bytes().index(b"\0\0\x80\x3f" * 4))  # a weight
    recover(folder)
    found = {path.stem: path for path in folder.last_checkpoint.parent.glob("*.ckpt")}
    assert found.keys() == left.keys()
    for name, epoch in left.items():
        assert epoch is None or load(found[name])["epoch"] == epoch
    assert caplog.text.count("set aside as") == message


def leave_checkpoint(folder, name, epoch, best):
    path = folder.last_checkpoint.with_name(f"{name}.ckpt")
    path.parent.mkdir(parents=True, exist_ok=True)
    known = {"config_hash": folder.run.config_hash, "callbacks": {"BestAndLast": {"best_epoch": best}}}
    save({"epoch": epoch, "weights": torch.ones(100), **known}, path)
    return path


@pytest.mark.parametrize(
    ("there", "left"),
    [
        # killed between the two files of epoch 3, the best
        ({"last": (2, 1), "previous": (1, 1), "best": 3, "previous_best": 1}, {"last": 2, "best": 1}),
        # and before the weights had their place
        ({"last": (2, 1), "previous": (1, 1), "previous_best": 1}, {"last": 2, "best": 1}),
        # and between the renames of the other
        ({"previous": (2, 1), "best": 3, "previous_best": 1}, {"last": 2, "best": 1}),
        # the last epoch is the best, and its weights are lost
        ({"last": (3, 3), "previous": (2, 1), "previous_best": 1}, {"last": 2, "best": 1}),
        # killed in the first epoch; or by a version that kept no weights before the best
        ({"best": 1}, {}),
        ({"last": (2, 1), "best": 3}, {}),
    ],
)
def test_the_best_weights_are_those_that_the_last_checkpoint_knows(tmp_path, there, left):
    """Checkpoints by name: the epoch they are of and, of the last, the one that it takes for the best."""
    folder = RunDirectory(cell(tmp_path))
    for name, epochs in there.items():
        epoch, best = epochs if isinstance(epochs, tuple) else (epochs, 0)
        leave_checkpoint(folder, name, epoch, best)
    recover(folder)
    folder.previous_checkpoint.unlink(missing_ok=True)
    found = folder.last_checkpoint.parent.glob("*.ckpt")
    assert {path.stem: load(path)["epoch"] for path in found} == left


def test_weights_of_an_epoch_that_was_lost_are_not_judged(tmp_path, monkeypatch):
    """Ended between the two files of epoch 3, the best so far; trained again, as on a GPU, it is not."""
    folder = RunDirectory(cell(tmp_path, *LONGER))
    saved = fit.pl.Trainer.save_checkpoint

    def end(trainer, *arguments):
        if trainer.current_epoch == 2:
            raise SystemExit("ended on purpose")
        saved(trainer, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(BestAndLast, "_is_better", lambda *_: True)
        patched.setattr(fit.pl.Trainer, "save_checkpoint", end)
        with pytest.raises(SystemExit):
            execute(folder.run)
    assert load(folder.best_checkpoint)["epoch"] == 3
    monkeypatch.setattr(BestAndLast, "_is_better", lambda *_: False)
    execute(folder.run)
    assert read_record(folder.result).selection.epoch == 2
    assert load(folder.best_checkpoint)["epoch"] == 2


@pytest.mark.slow
def test_a_kill_between_two_renames_loses_nothing(tmp_path, undisturbed):
    folder = RunDirectory(cell(tmp_path, *LONGER))
    end_run(folder.run, epoch=3)
    folder.last_checkpoint.replace(folder.previous_checkpoint)
    execute(folder.run)
    assert read_record(folder.result).resumed == 3
    assert_same_results(undisturbed, folder)


def test_what_a_killed_process_left_unfinished_is_removed(tmp_path):
    folder = RunDirectory(cell(tmp_path))
    folder.last_checkpoint.parent.mkdir(parents=True)
    left = [
        folder.path / ".result.json.1.tmp",
        folder.last_checkpoint.with_name(".last.ckpt.1.tmp"),
        folder.pictures / ".0-a.png.1.tmp",
    ]
    folder.pictures.mkdir()
    for path in left:
        path.write_bytes(b"half")
    folder.identity.write_text(folder.run.config_hash)
    with folder.claim():
        assert not any(path.exists() for path in left)


def test_a_score_of_nan_is_no_best_epoch(tmp_path):
    best = BestAndLast(tmp_path / "b", tmp_path / "l", "m", "max", "best", "h")
    assert best._is_better(1.0)
    assert not best._is_better(float("nan"))
    best.best_score = 1.0
    assert not best._is_better(float("nan"))
    assert best._is_better(2.0)


# Records.


def test_no_changed_byte_of_a_record_passes(tmp_path):
    """Many bytes in turn, by two bits; among them digits of numbers, after which it is valid JSON still."""
    record = made_record()
    path = tmp_path / "result.json"
    write_record(path, record.model_copy(update={"config": {"a": 1.5}}))
    good, expected = path.read_bytes(), read_record(path)
    assert len(good) < 4000
    for position in range(0, len(good), 9):
        for bit in (1, 16):
            flipped(path, position, bit)
            try:
                assert read_record(path) == expected
            except DamagedFileError as error:
                assert str(path) in str(error)  # noqa: PT017
            path.write_bytes(good)


def test_a_record_without_a_digest_is_read_as_before(tmp_path):
    record = made_record()
    (tmp_path / "result.json").write_text(record.model_dump_json())
    assert read_record(tmp_path / "result.json") == record


def test_an_edited_number_is_left_out_of_tables_and_reported(tmp_path):
    folder = leave_run(tmp_path, made_record(top1=90.0))
    path = folder / "result.json"
    path.write_text(path.read_text().replace("90.0", "99.0"))
    collection = collect(tmp_path)
    assert collection.runs == ()
    assert "its digest does not fit its content" in collection.problems[0].reason


@pytest.mark.parametrize("damage", ["flipped", slow("cut"), slow("empty"), slow("no record")])
def test_a_damaged_record_is_set_aside_and_the_run_judged_again(tmp_path, capsys, monkeypatch, damage):
    folder = RunDirectory(cell(tmp_path))
    score = execute(folder.run)
    whole = folder.result.read_bytes()
    new = {
        "flipped": whole.replace(b'"parameters": 666848', b'"parameters": 666849'),
        "cut": whole[: len(whole) // 2],
        "empty": b"",
        "no record": b'{"status": "finished"}',
    }
    folder.result.write_bytes(new[damage])
    monkeypatch.setattr(BestAndLast, "on_train_epoch_end", lambda *_: pytest.fail("trained again"))
    assert execute(folder.run) == score
    output = capsys.readouterr().out
    assert "result.json: not a run record" in output
    assert "set aside as result.json.damaged, the run is judged again" in output
    assert folder.result.with_name("result.json.damaged").read_bytes() == new[damage]
    assert read_record(folder.result).metrics == read_record(folder.result).metrics


def test_a_whole_record_of_another_version_is_left_alone(tmp_path):
    folder = RunDirectory(cell(tmp_path))
    folder.path.mkdir(parents=True)
    content = made_record().model_dump(mode="json") | {"later": 1}
    from lga.run.folder import record as records

    write_text(folder.result, records.json.dumps(content | {"digest": records.digest(content)}))
    before = folder.result.read_bytes()
    with pytest.raises(UserError, match="later: Extra inputs are not permitted"):
        execute(folder.run)
    assert folder.result.read_bytes() == before


def test_a_damaged_identity_is_written_again(tmp_path):
    folder = RunDirectory(cell(tmp_path))
    with folder.claim():
        pass
    folder.identity.write_bytes(b"\xff\x00")
    with folder.claim():
        assert folder.identity.read_text().strip() == folder.run.config_hash


# Losses.


@pytest.mark.parametrize("value", [float("nan"), slow(float("inf"))])
def test_a_loss_of_nan_stops_the_run_with_its_batch(tmp_path, monkeypatch, value):
    """In the second step of the second epoch."""
    folder = RunDirectory(cell(tmp_path, *LONGER))
    from lga.tasks.classification_task import ClassificationTask

    original, steps = ClassificationTask.training_loss, []

    def spoilt(self, batch):
        steps.append(batch)
        losses = original(self, batch)
        return {**losses, "loss": losses["loss"] * value} if len(steps) == 5 else losses

    with monkeypatch.context() as patched:
        patched.setattr(ClassificationTask, "training_loss", spoilt)
        with pytest.raises(UserError, match="epoch 2, step 2: the loss is not finite") as error:
            execute(folder.run)
    assert "\n" not in str(error.value)
    assert f"(loss {value})" in str(error.value)
    assert len(steps) == 5
    record = read_record(folder.result)
    assert (record.status, record.error) == ("failed", str(error.value))
    kept = torch.load(folder.path / "nonfinite_batch.pt", weights_only=True)
    assert (kept["epoch"], kept["step"]) == (2, 2)
    assert torch.equal(kept["images"], steps[-1].images)
    assert torch.equal(kept["labels"], steps[-1].labels)
    assert all(value.isfinite().all() for value in load(folder.last_checkpoint)["state_dict"].values())


@pytest.mark.slow
def test_looking_at_losses_changes_no_number(tmp_path, monkeypatch, undisturbed):
    monkeypatch.setattr(fit.FiniteLosses, "on_train_batch_end", lambda *_: None)
    folder = RunDirectory(cell(tmp_path, *LONGER))
    execute(folder.run)
    assert_same_results(undisturbed, folder)


# Memory.

CONFIG = {
    "recipe": {"batch_size": 16},
    "dataset": {"image_size": 640},
    "trainer": {"precision": "32-true", "num_workers": 4},
}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to"), "the memory of the GPU is too small"),
        (RuntimeError("CUDA error: out of memory\nCUDA kernel errors"), "the memory of the GPU is too small"),
        (MemoryError(), "the memory is too small for this cell"),
        (RuntimeError("[enforce fail] . DefaultCPUAllocator: can't allocate"), "the memory is too small"),
        (
            RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed. "),
            "a process that loads images was killed (Killed), most likely for want of memory: lower "
            "trainer.num_workers (now 4)",
        ),
        (RuntimeError("DataLoader worker (pid(s) 7, 8) exited unexpectedly"), "ended unexpectedly"),
        (OSError(errno.ENOSPC, "No space left on device", "/x/metrics.csv"), "/x/metrics.csv: No space left"),
    ],
)
def test_what_a_machine_does_is_reported_with_what_to_do(error, expected):
    with pytest.raises(UserError) as raised, as_user_error(CONFIG):
        raise error
    message = str(raised.value)
    assert message.startswith(expected) or expected in message
    if "memory" in expected and "images" not in expected:
        for setting in (
            "recipe.batch_size (now 16)",
            "dataset.image_size (now 640)",
            "jobs_per_device",
            "bf16-mixed",
        ):
            assert setting in message


def test_a_second_loader_that_dies_does_not_interrupt_what_is_reported_of_the_first(monkeypatch):
    """That of the training images and that of the validation's."""
    monkeypatch.setattr(signal_handling, "_SIGCHLD_handler_set", False)  # else torch's is gone after others
    loaders = [iter(DataLoader(range(100), num_workers=1)) for _ in range(2)]
    first, second = (loader._workers[0].pid for loader in loaders)
    interrupting = signal.getsignal(signal.SIGCHLD)  # torch's
    try:
        with pytest.raises(UserError, match="a process that loads images was killed"), as_user_error(CONFIG):
            kill_and_wait(first, seconds=60)  # or until it raises
        kill_and_wait(second, seconds=0.5)
    finally:
        loaders.clear()
        signal.signal(signal.SIGCHLD, interrupting)


def kill_and_wait(pid, seconds):
    os.kill(pid, signal.SIGKILL)
    time.sleep(seconds)


def test_a_fault_of_the_code_keeps_its_kind():
    for error in (RuntimeError("shape mismatch"), ValueError("x"), UserError("as it is")):
        with pytest.raises(type(error), match=str(error)), as_user_error(CONFIG):
            raise error


def test_memory_that_really_runs_out_is_in_the_record(tmp_path, monkeypatch):
    """Of the processor: more is asked for than there is an address for."""
    monkeypatch.setattr(fit, "build_data", lambda _: torch.empty(2**60))
    folder = RunDirectory(cell(tmp_path))
    with pytest.raises(UserError, match=r"the memory is too small for this cell: lower recipe\.batch_size"):
        execute(folder.run)
    assert "lower recipe.batch_size" in read_record(folder.result).error
    assert "DefaultCPUAllocator" in folder.log.read_text()


# Clocks and locks.


@pytest.mark.slow
def test_a_clock_that_jumps_changes_no_duration(tmp_path, monkeypatch):
    """Set back by an hour at every reading."""
    now = [time.time()]

    def jumping():
        now[0] -= 3600
        return now[0]

    monkeypatch.setattr("lga.run.cell.time.time", jumping)
    folder = RunDirectory(cell(tmp_path))
    execute(folder.run)
    assert 0 < read_record(folder.result).seconds < 300


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOTSUP])
def test_a_file_system_without_locks_is_reported_and_used(tmp_path, monkeypatch, caplog, code):
    def no_locks(*_, **__):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(locks.FileLock, "acquire", no_locks)
    with caplog.at_level(logging.WARNING, "lga"), alone(tmp_path / ".lock"):
        pass
    assert f"{tmp_path}: this file system has no locks ({os.strerror(code)})" in caplog.text
    with RunDirectory(cell(tmp_path)).claim():
        pass


def test_another_refusal_of_a_lock_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"File exists|Not a directory"), alone(tmp_path / "file" / ".lock"):
        pass


def test_a_lock_is_waited_for(tmp_path):
    program = """
import sys, time
from pathlib import Path
from lga.system.locks import alone
with alone(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(1)
    Path(sys.argv[2]).touch()
"""
    left = tmp_path / "left"
    arguments = [sys.executable, "-c", program, str(tmp_path / ".lock"), str(left)]
    with subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with alone(tmp_path / ".lock"):
            assert left.is_file()


# Disks.


@pytest.fixture
def small_disk(tmp_path):
    """A disk of its own: a function that mounts so many bytes at a folder."""
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    mounted = []

    def mount(size):
        folder = tmp_path / f"disk{len(mounted)}"
        folder.mkdir()
        made = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", folder], check=False)
        if made.returncode:
            pytest.skip("mounting is not allowed here")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", folder], check=False)


def test_a_full_disk_leaves_what_was_there(small_disk):
    path = small_disk(100_000) / "a"
    write_text(path, "before")
    with pytest.raises(OSError, match="No space left on device"):
        write_atomically(path, lambda file: file.write(bytes(200_000)), path.with_name("previous"))
    assert path.read_text() == "before"
    assert [file.name for file in path.parent.iterdir()] == ["a"]


@pytest.mark.parametrize("size", [slow(8_192), slow(60_000), 3_000_000, slow(16_000_000)])
def test_a_run_on_a_disk_that_fills_fails_in_one_line_and_goes_on_when_there_is_room(
    small_disk, tmp_path, capsys, size
):
    """Too small for its first files, its log, its first checkpoint (3 MB), or its second."""
    disk = small_disk(size)
    folder = RunDirectory(cell(disk, *LONGER))
    with pytest.raises(
        UserError, match=r"No space left on device|File too large|could not be written"
    ) as error:
        execute(folder.run)
    assert "\n" not in str(error.value)
    output = capsys.readouterr()
    assert "Traceback" not in output.out + output.err
    subprocess.run(["mount", "-o", "remount,size=100m", disk], check=True)
    execute(folder.run)
    assert read_record(folder.result).status == "finished"
    assert not list(folder.path.rglob("*.tmp"))


def test_a_read_only_disk_is_reported_in_one_line(small_disk, capsys):
    disk = small_disk("50m")
    folder = RunDirectory(cell(disk, *LONGER))
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    with pytest.raises(
        UserError, match=r"cannot write under .*: Read-only file system; choose another folder"
    ):
        execute(folder.run)


@pytest.mark.slow
def test_a_disk_that_becomes_read_only_in_training_is_reported(tmp_path, monkeypatch, capsys):
    def protected(self, trainer, module):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(self.path))

    monkeypatch.setattr(MetricsHistory, "on_train_epoch_end", protected)
    with pytest.raises(UserError, match=r"metrics\.csv: Read-only file system; make room or repair it"):
        execute(cell(tmp_path))
    assert "Traceback" not in capsys.readouterr().out


def test_a_download_to_a_full_disk_is_one_line(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(downloading, "_from_any_mirror", full)
    with pytest.raises(UserError, match=r"cannot write .*: No space left on device"):
        downloading.download(downloading.RemoteFile("x", ("http://127.0.0.1:9",)), tmp_path)


# Loaders.


@pytest.mark.slow
def test_a_killed_loader_is_reported_and_the_run_resumes(tmp_path):
    """The loader's process is killed by the system in training; run again, the cell finishes."""
    arguments = [
        *QUICK, "dataset=digit_scenes", "trainer.num_workers=1", "trainer.max_epochs=60",
        f"paths.output_dir={tmp_path}", f"paths.data_dir={tmp_path}",
    ]  # fmt: skip
    command = [sys.executable, "run.py", *arguments]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not list(tmp_path.glob("runs/**/last.ckpt")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    while process.poll() is None:
        for child in loaders_of(process.pid):
            os.kill(child, signal.SIGKILL)
        time.sleep(0.05)
    _, output = process.communicate()
    assert process.returncode == 1
    assert "error: a process that loads images was killed" in output or "ended unexpectedly" in output, output
    assert len([line for line in output.splitlines() if not line.startswith("digit_scenes, 160 px: ")]) == 1
    (result,) = tmp_path.glob("runs/**/result.json")
    assert read_record(result).status == "failed"


def loaders_of(pid):
    """Processes below `pid`, by what the system lists."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [int(child) for child in children]
