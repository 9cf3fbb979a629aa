"""Keep a run's metrics by epoch, and stop it where a loss is no longer a number.

The rows of `metrics.csv` live in the checkpoint, so a resumed run neither loses nor repeats one.

The losses of each step are looked at on the processor. On a GPU looking would wait for it, so that they are
copied while the next steps are queued, and looked at when these are two ahead: the GPU never runs dry. Only
then do loggers get them. The last steps of an epoch are looked at before anything of it is judged or saved.
"""

import csv
import io
import math
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from lga.run.folder.checkpoints import save
from lga.system.errors import UserError
from lga.system.files import write_text

STEPS_AHEAD = 2
LOGGED_STEPS = 10
FILE = "nonfinite_batch.pt"


class MetricsHistory(pl.Callback):
    """Collects every scalar that was logged in an epoch; epochs count from 1."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Add the epoch's row and rewrite the file; of several devices the first one does."""
        metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
        rates = {f"lr/{i}": group["lr"] for i, group in enumerate(trainer.optimizers[0].param_groups)}
        self.rows.append({"epoch": trainer.current_epoch + 1, **metrics, **rates})
        if trainer.is_global_zero:
            write_text(self.path, as_csv(self.rows))

    def state_dict(self) -> dict[str, Any]:
        """Return the rows so far."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from the rows of a checkpoint."""
        self.rows = list(state_dict["rows"])


def as_csv(rows: list[dict[str, float]]) -> str:
    """Return the rows under the union of their names, in order of appearance."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@dataclass(frozen=True)
class _Step:
    """A step's losses, on their way from its device; its batch, its place, from 1, and learning rate."""

    names: tuple[str, ...]
    values: Tensor
    copied: torch.cuda.Event | None
    batch: Any
    epoch: int
    number: int
    steps_before: int
    rate: float


class FiniteLosses(pl.Callback):
    """Raises UserError at the first loss that is infinite or not a number, its batch saved in `folder`.

    Loggers get losses and learning rate of every tenth step; metrics.csv has them by epoch.
    The file is read by `torch.load(..., weights_only=True)`: `epoch` and `step` (from 1), `losses` by name,
    and the tensors of the batch by name, as the network was given them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._steps: deque[_Step] = deque()
        self._latest: dict[str, float] = {}

    def latest(self) -> dict[str, float]:
        """Return the losses of the last step that was looked at, by name."""
        return self._latest

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Forget what an earlier fit left."""
        self._steps.clear()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Look at what was judged after the epoch, before anything of it is kept."""
        for name, value in trainer.callback_metrics.items():
            if name.endswith("loss") and not math.isfinite(value):
                raise UserError(
                    f"epoch {trainer.current_epoch + 1}: {name} is {float(value)}, not finite; "
                    "lower recipe.optimizer.lr or recipe.clip_norm"
                )

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Queue the step's losses, `outputs` by name, and look at those that are due."""
        rate = trainer.optimizers[0].param_groups[0]["lr"]
        place = (trainer.current_epoch + 1, batch_idx + 1, trainer.global_step, rate)
        self._steps.append(_Step(tuple(outputs), *_copied(outputs), batch, *place))
        is_last = batch_idx + 1 == trainer.num_training_batches
        ahead = 0 if is_last or self._steps[-1].copied is None else STEPS_AHEAD
        while len(self._steps) > ahead:
            self._look_at(self._steps.popleft(), trainer)

    def _look_at(self, step: _Step, trainer: pl.Trainer) -> None:
        if step.copied is not None:
            step.copied.synchronize()
        self._latest = losses = dict(zip(step.names, step.values.tolist(), strict=True))
        wrong = [f"{name} {value}" for name, value in losses.items() if not math.isfinite(value)]
        if not wrong:
            row = {"step/lr": step.rate, **{f"step/{name}": value for name, value in losses.items()}}
            for logger in trainer.loggers if step.number % LOGGED_STEPS == 1 else ():
                logger.log_metrics(row, step.steps_before)
            return
        rank = trainer.global_rank
        path = self.folder / (f"{rank}-{FILE}" if rank else FILE)
        raise UserError(
            f"epoch {step.epoch}, step {step.number}: the loss is not finite "
            f"({', '.join(wrong)}); {_saved(step, losses, path)}; "
            "lower recipe.optimizer.lr or recipe.clip_norm, or look for what is wrong in that batch"
        )


def _copied(outputs: dict[str, Tensor]) -> tuple[Tensor, torch.cuda.Event | None]:
    """Return the losses on the host, from a GPU once the event has come."""
    values = torch.stack([value.detach().float().reshape(()) for value in outputs.values()])
    copied = None
    if values.is_cuda:
        values = torch.empty_like(values, device="cpu", pin_memory=True).copy_(values, non_blocking=True)
        copied = torch.cuda.Event()  # type: ignore[no-untyped-call]
        copied.record()
    return values, copied


def _saved(step: _Step, losses: dict[str, float], path: Path) -> str:
    """Write the batch; say where it is, or why it is not."""
    tensors = {name: value.cpu() for name, value in vars(step.batch).items() if isinstance(value, Tensor)}
    try:
        save({"epoch": step.epoch, "step": step.number, "losses": losses, **tensors}, path)
    except UserError as error:
        return f"its batch could not be saved: {error}"
    return f"its batch is {path}"
