"""How a run ends: by a signal, by weights or losses that are no numbers, by a batch of one image."""

import math
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace

import pytest
import torch

from lga.backbones.weights_file import load
from lga.run.callbacks.history import FiniteLosses
from lga.run.execute import execute
from lga.run.fit import _metrics_of
from lga.run.folder.checkpoints import save
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import read_record
from lga.run.machine.console import without_notices
from lga.run.machine.failures import as_user_error
from lga.run.modes.evaluate import trained_network
from lga.system.errors import UserError
from tests.run.cells import QUICK, ROOT, cell
from tests.run.test_faults import CONFIG

STOPPED = "stopped; the same command continues from the last checkpoint\n"


@pytest.mark.parametrize(
    ("signum", "status", "kill", "data"),
    [
        (signal.SIGTERM, 143, os.killpg, ("dataset=digit_scenes", "trainer.num_workers=2")),  # as a scheduler
        (signal.SIGINT, 130, os.kill, ()),
    ],
)
def test_a_stop_has_the_status_that_schedulers_expect_and_leaves_no_failure(
    tmp_path, signum, status, kill, data
):
    folders = (f"paths.output_dir={tmp_path}", f"paths.data_dir={tmp_path}")
    command = [sys.executable, "run.py", *QUICK, "trainer.max_epochs=500", *folders, *data]
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509, as in a terminal
        start_new_session=True,
    )  # fmt: skip
    while not list(tmp_path.glob("runs/**/last.ckpt")):
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    kill(process.pid, signum)
    _, output = process.communicate(timeout=60)
    assert (process.returncode, output.splitlines(keepends=True)[-1]) == (status, STOPPED)
    assert not list(tmp_path.glob("runs/**/result.json"))


def as_lightning_exits():
    """Interrupted, it ignores further interrupts and exits."""
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.exit(1)


@pytest.fixture
def interrupts():
    """The handler of a process started in a terminal; one started in the background ignores interrupts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def test_lightnings_exit_at_an_interrupt_is_the_interrupt_again(interrupts):
    with pytest.raises(KeyboardInterrupt), without_notices():
        as_lightning_exits()
    assert signal.getsignal(signal.SIGINT) is interrupts
    with pytest.raises(SystemExit), without_notices():
        sys.exit(1)


def test_a_loader_that_dies_of_the_stop_does_not_hide_it():
    killed = RuntimeError("DataLoader worker (pid 7) is killed by signal: Terminated. ")
    killed.__context__ = KeyboardInterrupt("asked to stop")
    with pytest.raises(KeyboardInterrupt, match="asked to stop"), as_user_error(CONFIG):
        raise killed


def test_a_loader_that_was_asked_to_end_is_no_want_of_memory():
    with pytest.raises(UserError) as message, as_user_error(CONFIG):
        raise RuntimeError("DataLoader worker (pid 7) is killed by signal: Terminated. ")
    assert str(message.value).startswith(
        "a process that loads images was killed (Terminated); the same command"
    )
    assert "memory" not in str(message.value)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_judged_loss_that_is_no_number_stops_the_run_in_its_first_epoch(tmp_path, value):
    trainer = SimpleNamespace(callback_metrics={"val/loss": torch.tensor(value)}, current_epoch=0)
    with pytest.raises(UserError, match=rf"^epoch 1: val/loss is {value}, not finite; lower recipe\.optim"):
        FiniteLosses(tmp_path).on_train_epoch_end(trainer, None)
    with pytest.raises(UserError, match="judged on the test split is not finite: top1 nan"):
        _metrics_of("test", {"test/top1": torch.tensor(math.nan)})


def test_a_rate_that_is_far_too_high_ends_in_one_line_and_a_record_without_nan(tmp_path):
    run = cell(tmp_path, "recipe.optimizer.lr=1e3")
    for _ in range(2):
        with pytest.raises(UserError, match=r"epoch \d+.*: .*not finite") as error:
            execute(run)
        assert "\n" not in str(error.value)
    record = RunDirectory(run).result
    assert read_record(record).status == "failed"
    assert "NaN" not in record.read_text()


def test_batch_norm_never_gets_one_value(tmp_path):
    """A quarter of the digits are 301 images: three batches of 100 and one of a single image."""
    quarter = ("data.train_share=0.25", "trainer.limit_train_batches=null")
    with pytest.raises(UserError, match=r"recipe\.batch_size=100: .* 301 .* set recipe\.batch_size=101$"):
        execute(cell(tmp_path, *quarter, "recipe.batch_size=100"))
    with pytest.raises(UserError, match=r"recipe\.batch_size=1: .* set recipe\.batch_size=7$"):
        execute(cell(tmp_path, *quarter, "recipe.batch_size=1"))
    with pytest.raises(UserError, match=r"recipe\.batch_size=8: .* 1 training images has 1, .* more images$"):
        execute(cell(tmp_path, "data.train_share=0.001", "recipe.batch_size=8"))


@pytest.mark.parametrize("spoil", [lambda w: w * math.nan, lambda w: w.to(torch.complex64)])
def test_weights_that_are_no_finite_real_numbers_are_refused(tmp_path, spoil):
    folder = RunDirectory(cell(tmp_path))
    import lga

    state = lga.build_model(["dataset=digits"]).state_dict()
    name = next(name for name, value in state.items() if value.is_floating_point())
    path = tmp_path / "weights.pt"
    save({"state_dict": {**state, name: spoil(state[name])}}, path)
    assert load(path)
    with pytest.raises(
        UserError, match=r"weights\.pt: damaged, or of a network that diverged: 1 with numbers"
    ):
        trained_network(cell(tmp_path, f"mode.checkpoint={path}"))
    assert not folder.result.exists()
