"""What the instruments of the block cost: the time in them as a share of a training step, and of an epoch.

The real trainer runs the real recipe with the instruments on, at their defaults but for looking at the
gradients of every step; the time in them is taken within the same steps. Medians over all epochs but the
first. The share of a step is that of as many looks as by default; that of an epoch has all, file included.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

from lga.config.compose import compose
from lga.config.frozen_run import freeze
from lga.instruments import InstrumentsCallback
from lga.run.build import build_data, build_network, build_task
from lga.run.machine.console import without_notices
from lga.run.machine.environment import keep_freed_memory

MOST_SHARE = 0.02
EVERY = InstrumentsCallback().every


class TimedInstruments(InstrumentsCallback):
    """Instruments that look at every step, and keep how long each look and each epoch's end took."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, every=1)
        self.looks: list[float] = []
        self.epoch_ends: list[float] = []
        self.steps: list[float] = []
        self.epochs: list[float] = []
        self._step_started = self._epoch_started = 0.0

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Start an epoch's clock."""
        super().on_train_epoch_start(trainer, pl_module)
        self._epoch_started = time.perf_counter()

    def on_train_batch_start(self, *_: Any) -> None:
        """Start a step's clock."""
        self._step_started = time.perf_counter()

    def on_before_optimizer_step(self, *arguments: Any) -> None:
        """Time a look."""
        self.looks.append(seconds_of(super().on_before_optimizer_step, *arguments))

    def on_train_batch_end(self, *_: Any) -> None:
        """Close a step, less the look in it."""
        self.steps.append(time.perf_counter() - self._step_started - self.looks[-1])

    def on_train_epoch_end(self, *arguments: Any) -> None:
        """Time the rest, and close the epoch."""
        self.epoch_ends.append(seconds_of(super().on_train_epoch_end, *arguments))
        self.epochs.append(time.perf_counter() - self._epoch_started - self.epoch_ends[-1])
        if arguments[0].current_epoch == 0:  # of warming up
            for times in (self.looks, self.epoch_ends, self.steps, self.epochs):
                times.clear()


def seconds_of(call: Callable[..., None], *arguments: Any) -> float:
    """How long a call takes."""
    started = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - started


def measure(overrides: list[str], threads: int, epochs: int, batches: int | None) -> TimedInstruments:
    """Trains the cell for a few epochs."""
    torch.set_num_threads(threads)
    keep_freed_memory()
    with tempfile.TemporaryDirectory() as folder, without_notices():
        cfg = freeze(compose([*overrides, "seed=1", "trainer.num_workers=0"])).cfg
        network = build_network(cfg).to(memory_format=torch.channels_last)
        timed = TimedInstruments(Path(folder) / "instruments.json")
        trainer = pl.Trainer(
            accelerator="cpu",
            max_epochs=epochs,
            default_root_dir=Path(folder),
            logger=False,
            callbacks=[timed],
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=False,
            num_sanity_val_steps=0,
            limit_train_batches=1.0 if batches is None else batches,
        )
        trainer.fit(build_task(cfg, network), datamodule=build_data(cfg))
        return timed


def report(overrides: list[str], threads: int, epochs: int, batches: int | None = None) -> None:
    """Print the cell's line."""
    timed = measure(overrides, threads, epochs, batches)
    look, step = statistics.median(timed.looks), statistics.median(timed.steps)
    end, epoch = statistics.median(timed.epoch_ends), statistics.median(timed.epochs)
    of_looks = look / EVERY / step
    whole = (end + sum(timed.looks) / len(timed.epochs) / EVERY) / epoch
    looked = f"look {1e3 * look:5.2f} ms, step {1e3 * step:6.1f} ms, every {EVERY} steps {of_looks:5.2%}"
    print(
        f"  {' '.join(overrides):48} {looked}  epoch's end {1e3 * end:5.1f} ms, all {whole:5.2%} of an epoch",
        flush=True,
    )


def main() -> None:
    """Print a line for each cell."""
    print(f"the share of the instruments (asked: less than {MOST_SHARE:.0%} of a step)")
    for attention in ("lga", "lga_as_written"):
        report(["dataset=digits", f"attention={attention}"], threads=1, epochs=4)
    for attention in ("lga", "lga_as_written"):
        report(["dataset=digit_scenes", f"attention={attention}"], threads=2, epochs=3, batches=20)


if __name__ == "__main__":
    main()
