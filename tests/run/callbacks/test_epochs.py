"""What is said of a training while it goes on."""

import logging
import types

import pytest
import torch

from lga.run.callbacks import epochs
from lga.run.callbacks.epochs import EpochBar, EpochLines
from lga.run.callbacks.history import FiniteLosses

METRICS = {"train/loss": 0.51234, "train/box": 1.5, "val/loss": 0.7, "val/top1": 93.211}


def trainer(epoch, of=10):
    metrics = {name: torch.tensor(value) for name, value in METRICS.items()}
    return types.SimpleNamespace(
        current_epoch=epoch - 1, max_epochs=of, callback_metrics=metrics, is_global_zero=True
    )


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(epochs.time, "monotonic", lambda: now[0])
    return now


def lines(clock, caplog, seconds, first=1):
    """Lines of a training of ten epochs of so many seconds each."""
    callback = EpochLines("digits/none seed 0", "val/top1", logging.INFO)
    callback.on_train_start(trainer(first), None)
    with caplog.at_level("INFO", "lga"):
        for epoch in range(first, 11):
            clock[0] += seconds
            callback.on_train_epoch_end(trainer(epoch), None)
    return [record.getMessage() for record in caplog.records]


def test_a_line_an_epoch_has_losses_metric_and_time_left(clock, caplog):
    message = lines(clock, caplog, 20)
    assert len(message) == 10
    assert message[2] == (
        "digits/none seed 0: epoch 3 of 10: loss 0.512, box 1.5, val/top1 93.21, about 2 min left"
    )
    assert message[8].endswith("about 20 s left")
    assert message[9].endswith("val/top1 93.21")


def test_a_resumed_training_does_not_count_what_was_before(clock, caplog):
    assert lines(clock, caplog, 20, first=9)[0].endswith("about 20 s left")


def test_short_epochs_have_fewer_lines(clock, caplog):
    message = lines(clock, caplog, 2)
    assert [line.split()[4] for line in message] == ["1", "4", "7", "10"]


def test_the_bar_shows_the_steps_losses_and_the_judged_metric(tmp_path):
    losses = FiniteLosses(tmp_path)
    bar = EpochBar(losses, "val/top1")
    assert bar.get_metrics(trainer(1), None) == {"loss": "0.512", "box": "1.5", "val/top1": "93.21"}
    optimizer = types.SimpleNamespace(param_groups=[{"lr": 0.1}])
    step = types.SimpleNamespace(current_epoch=0, num_training_batches=9, global_step=0, loggers=[])
    step.optimizers = [optimizer]
    losses.on_train_batch_end(step, None, {"loss": torch.tensor(0.25)}, None, 0)
    assert bar.get_metrics(trainer(1), None)["loss"] == "0.25"
