"""Share of a training step that is the network's own forward and backward, and images a second.

The real trainer runs the real recipe; after each step the bare network goes forward and backward once on the
same images, outside of the step's time. The difference is everything else: loader, augmentation, assigner and
loss, optimizer, moving average, schedule and logging. Medians over the steps of all epochs but the first.
"""

import resource
import statistics
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor, nn

from lga.config.compose import compose
from lga.config.frozen_run import freeze
from lga.run.build import build_data, build_network, build_task
from lga.run.machine.console import without_notices
from lga.run.machine.environment import keep_freed_memory

LEAST_SHARE = 0.85


class StepTimes(pl.Callback):
    """Seconds of whole steps, and of the bare network on the same images."""

    def __init__(self) -> None:
        self.steps: list[float] = []
        self.network: list[float] = []
        self._last = 0.0

    def on_train_batch_end(self, trainer: pl.Trainer, task: Any, outputs: Any, batch: Any, *_: Any) -> None:
        """Close a step, then time the bare network."""
        now = time.perf_counter()
        if trainer.current_epoch and self._last:
            self.steps.append(now - self._last)
            with trainer.precision_plugin.forward_context():
                self.network.append(bare_seconds(task.model, batch.images))
        self._last = time.perf_counter()

    def on_train_epoch_end(self, *_: Any) -> None:
        """Forget the epoch's clock: the next one's first step would hold the validation."""
        self._last = 0.0


def bare_seconds(network: nn.Module, images: Tensor) -> float:
    """Forward and backward of the network alone; its gradients are dropped."""
    started = time.perf_counter()
    outputs = network(images)
    maps: Iterable[Tensor] = [outputs] if isinstance(outputs, Tensor) else outputs
    torch.autograd.backward(list(maps), [torch.ones_like(output) for output in maps])
    seconds = time.perf_counter() - started
    network.zero_grad()
    return seconds


def measure(overrides: list[str], threads: int, epochs: int) -> tuple[StepTimes, int]:
    """Trains the cell for a few epochs; its step times and batch size."""
    torch.set_num_threads(threads)
    keep_freed_memory()
    with tempfile.TemporaryDirectory() as folder, without_notices():
        cfg = freeze(compose([*overrides, "seed=1", "trainer.num_workers=0"])).cfg
        network = build_network(cfg)
        if cfg.trainer.channels_last:
            network = network.to(memory_format=torch.channels_last)
        task, times = build_task(cfg, network), StepTimes()
        if cfg.trainer.compile:
            network.compile()
        trainer = pl.Trainer(
            accelerator="cpu",
            precision=cfg.trainer.precision,
            max_epochs=epochs,
            default_root_dir=Path(folder),
            logger=False,
            callbacks=[times],
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=False,
            num_sanity_val_steps=0,
            limit_train_batches=40,
            limit_val_batches=0,
        )
        trainer.fit(task, datamodule=build_data(cfg))
        return times, cfg.recipe.batch_size


def report(overrides: list[str], threads: int, epochs: int) -> None:
    """Print the cell's line."""
    times, batch = measure(overrides, threads, epochs)
    step, network = statistics.median(times.steps), statistics.median(times.network)
    milliseconds = f"step {1e3 * step:6.1f} ms  network {1e3 * network:6.1f} ms  {network / step:5.1%}"
    speed = f"{batch / step:6.1f} images/s, {threads} threads"
    print(f"  {' '.join(overrides):38} {milliseconds}  {speed}", flush=True)


def main() -> None:
    """Print a line for each cell, and the peak memory of this process."""
    print(f"the network's share of a training step (asked: at least {LEAST_SHARE:.0%})")
    for attention in ("none", "lga"):
        report(["dataset=digits", f"attention={attention}"], threads=1, epochs=4)
    for attention in ("none", "lga"):
        report(["dataset=digit_scenes", f"attention={attention}"], threads=2, epochs=3)
    print("options, on the second cell: which of them help here?")
    for option in ("trainer.channels_last=false", "trainer.precision=bf16-mixed", "trainer.compile=true"):
        report(["dataset=digit_scenes", "attention=none", option], threads=2, epochs=3)
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
