"""How far a training is, on a terminal by a bar, else by lines: losses, the judged metric, the time left."""

import logging
import time
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import RichProgressBar

from lga.run.callbacks.history import FiniteLosses
from lga.system.terminal_text import duration

log = logging.getLogger("lga")

LEAST_SECONDS = 5.0  # between two lines


class EpochLines(pl.Callback):
    """Logs a line an epoch, fewer where epochs are short; the first and the last always.

    Args:
        cell: begins each line.
        monitor: the metric that is shown beside the losses.
        level: of the lines.
    """

    def __init__(self, cell: str, monitor: str, level: int) -> None:
        self.cell, self.monitor, self.level = cell, monitor, level
        self._due = 0.0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin to take the time."""
        self._started, self._first = time.monotonic(), trainer.current_epoch

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Log the line, if one is due."""
        epoch, last, now = trainer.current_epoch + 1, trainer.max_epochs or 0, time.monotonic()
        if not trainer.is_global_zero or (now < self._due and epoch < last):
            return
        self._due = now + LEAST_SECONDS
        shown = [f"{name} {text}" for name, text in shown_metrics(trainer, self.monitor).items()]
        left = (now - self._started) / (epoch - self._first) * (last - epoch)
        shown += [f"about {duration(left)} left"] if epoch < last else []
        log.log(self.level, "%s: epoch %d of %d: %s", self.cell, epoch, last, ", ".join(shown))


class EpochBar(RichProgressBar):
    """Lightning's bar with epochs from 1, the step's losses, and the last epoch's judged metric."""

    def __init__(self, losses: FiniteLosses, monitor: str) -> None:
        super().__init__(refresh_rate=10)
        self.losses, self.monitor = losses, monitor

    def _get_train_description(self, current_epoch: int) -> str:
        return f"Epoch {current_epoch + 1} of {self.trainer.max_epochs}"

    def get_metrics(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> dict[str, Any]:
        """Return what stands behind the bar."""
        step = {name: f"{value:.3g}" for name, value in self.losses.latest().items()}
        return {**shown_metrics(trainer, self.monitor), **step}


def shown_metrics(trainer: pl.Trainer, monitor: str) -> dict[str, str]:
    """Return the losses of the epoch by name, and the metric that is judged."""
    metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
    losses = {
        name.split("/", 1)[-1]: f"{value:.3g}" for name, value in metrics.items() if name.startswith("train/")
    }
    judged = {monitor: f"{metrics[monitor]:.2f}"} if monitor in metrics else {}
    return {**losses, **judged}
