"""Share of a training step of `digits` that is the network's own forward and backward.

The rest is loading, augmentation, loss bookkeeping, optimizer, moving average, schedule and logging, as the
real trainer runs them. Seconds are medians over the steps of an epoch after the first.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch

from lga.run.build import build_data, build_network, build_task
from lga.run.compose import compose
from lga.run.console import quieten_lightning
from lga.run.identity import freeze


class StepTimes(pl.Callback):
    """Seconds from one step's end to the next, and within the network."""

    def __init__(self) -> None:
        self.steps: list[float] = []
        self.network: list[float] = []
        self._inside = 0.0
        self._last = 0.0

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """`function`, its time counted as the network's."""

        def call(*arguments: Any, **keywords: Any) -> Any:
            started = time.perf_counter()
            result = function(*arguments, **keywords)
            self._inside += time.perf_counter() - started
            return result

        return call

    def on_train_batch_end(self, trainer: pl.Trainer, *_: Any) -> None:
        """Closes a step."""
        now = time.perf_counter()
        if trainer.current_epoch and self._last:
            self.steps.append(now - self._last)
            self.network.append(self._inside)
        self._last, self._inside = now, 0.0

    def on_train_epoch_end(self, *_: Any) -> None:
        """The next epoch's first step would hold the validation."""
        self._last = 0.0


def measure(attention: str, threads: int) -> tuple[float, float]:
    """Median seconds of a step and of the network in it."""
    torch.set_num_threads(threads)
    quieten_lightning()
    with tempfile.TemporaryDirectory() as folder:
        cfg = freeze(compose([f"attention={attention}", "seed=1"])).cfg
        network = build_network(cfg).to(memory_format=torch.channels_last)
        task = build_task(cfg, network)
        times = StepTimes()
        task.training_loss = times.timed(task.training_loss)  # type: ignore[method-assign]
        task.manual_backward = times.timed(task.manual_backward)  # type: ignore[method-assign]
        trainer = pl.Trainer(
            accelerator="cpu",
            max_epochs=4,
            default_root_dir=Path(folder),
            logger=False,
            callbacks=[times],
            enable_checkpointing=False,
            enable_model_summary=False,
            enable_progress_bar=False,
            num_sanity_val_steps=0,
            limit_val_batches=0,
        )
        trainer.fit(task, datamodule=build_data(cfg))
    return statistics.median(times.steps), statistics.median(times.network)


def main() -> None:
    """Prints one line an attention."""
    print("digits, batch 64, 32 px, one thread: the network's share of a step (asked: at least 85 %)")
    for attention in ("none", "lga"):
        step, network = measure(attention, threads=1)
        milliseconds = f"step {1e3 * step:6.1f} ms  network {1e3 * network:6.1f} ms"
        print(f"  {attention:5} {milliseconds}  {network / step:6.1%}")


if __name__ == "__main__":
    main()
