"""Checkpoints: the last epoch to resume from, the best epoch to judge. Written atomically, read without code.

When a disk fills, the previous checkpoint stays as it was and the run stops with one line.

A disk, a file system or a copy can change or lose bytes. Each damaged file is reported in one line, set aside
as `<name>.damaged`, and never trusted. Of a damaged record the run is judged again from its checkpoints.

A run can be killed between any two of its files. It goes on from a last checkpoint and the weights of the
epoch that this takes for the best: each is there as it was written last, and as it was before. If no two fit,
training starts from the beginning.
"""

import logging
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.io.checkpoint_io import CheckpointIO
from torch import Tensor, nn

from lga.backbones.weights_file import load
from lga.run.folder.directory import PREVIOUS, PREVIOUS_BEST, RunDirectory
from lga.run.folder.record import read_record
from lga.system.errors import DamagedFileError, UserError
from lga.system.files import set_aside, write_atomically
from lga.system.terminal_text import first_line
from lga.tasks.devices import made_by_first

AVERAGED_PREFIX = "average.module."
log = logging.getLogger("lga")


class AtomicCheckpointIO(CheckpointIO):
    """Lightning's way to checkpoints, so that no half-written one is ever seen."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: Any, storage_options: Any | None = None
    ) -> None:
        """Write `checkpoint` to `path`; the one that stood there is kept beside it."""
        save(checkpoint, Path(path), Path(path).with_name(PREVIOUS))

    def load_checkpoint(self, path: Any, map_location: Any = None, weights_only: bool | None = None) -> Any:
        """Read what `save_checkpoint` wrote; of several devices the first one does."""
        return made_by_first(lambda: load(Path(path)))

    def remove_checkpoint(self, path: Any) -> None:
        """Remove the file if it is there."""
        Path(path).unlink(missing_ok=True)


class BestAndLast(pl.Callback):
    """After each epoch keeps `best` (the averaged weights, if they are) and then `last` (everything).

    `direction` is max or min; a tie keeps the earlier epoch. Epochs count from 1. The best weights before
    these are kept too: a run that ends between the two goes on from the last epoch that is whole, and where
    training does not repeat bit for bit, the epoch that follows may be no best one again.
    """

    def __init__(
        self, best: Path, last: Path, monitor: str, direction: str, select: str, config_hash: str
    ) -> None:
        self.best = best
        self.last = last
        self.monitor = monitor
        self.sign = 1 if direction == "max" else -1
        self.select = select
        self.config_hash = config_hash
        self.best_epoch = 0
        self.best_score = float("nan")

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Keep the epoch's weights, those of the first device; the others wait for it."""
        if self.monitor not in trainer.callback_metrics:
            known = ", ".join(sorted(trainer.callback_metrics))
            raise UserError(f"task.selected_by={self.monitor}: not a logged metric; valid: {known}")
        score = float(trainer.callback_metrics[self.monitor])
        if self.select == "last" or self.best_epoch == 0 or self._is_better(score):
            self.best_epoch, self.best_score = trainer.current_epoch + 1, score
            if trainer.is_global_zero:
                self._save_best(pl_module.average.module)  # type: ignore[arg-type, union-attr]
        trainer.save_checkpoint(self.last)

    def best_of(self, rows: list[dict[str, float]]) -> dict[str, float]:
        """Of a history's rows the one of the best epoch."""
        return max(rows, key=lambda row: self.sign * row[self.monitor])

    def _is_better(self, score: float) -> bool:
        if math.isnan(self.best_score):  # of an epoch that nothing could be judged in
            return not math.isnan(score)
        return self.sign * (score - self.best_score) > 0

    def _save_best(self, network: nn.Module) -> None:
        content = {"state_dict": network.state_dict(), "epoch": self.best_epoch}
        previous = self.best.with_name(PREVIOUS_BEST)
        save({**content, "config_hash": self.config_hash}, self.best, previous)

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Mark the checkpoint with its owner, and with the data that it was trained on."""
        checkpoint["config_hash"] = self.config_hash
        checkpoint["data"] = dict(trainer.datamodule.splits.manifest)  # type: ignore[attr-defined]

    def state_dict(self) -> dict[str, Any]:
        """Return the best epoch so far."""
        return {"best_epoch": self.best_epoch, "best_score": self.best_score}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a checkpoint's best epoch."""
        self.best_epoch = state_dict["best_epoch"]
        self.best_score = state_dict["best_score"]


def best_epoch_of(last: dict[str, Any]) -> int:
    """Return the epoch whose weights a last checkpoint takes for the best; 0 if it names none."""
    return int(last.get("callbacks", {}).get(BestAndLast.__qualname__, {}).get("best_epoch", 0))


def save(content: dict[str, Any], path: Path, previous: Path | None = None) -> None:
    """Write tensors and plain values; on failure `path` is untouched and a UserError says why.

    What stood at `path` is kept as `previous`, if that is given.
    """
    try:
        write_atomically(path, lambda file: torch.save(content, file), previous)
    except (OSError, RuntimeError) as error:
        kept = "the previous one is kept" if path.is_file() else "there is no earlier one"
        raise UserError(
            f"{path}: checkpoint could not be written ({_reason(error)}); {kept}; "
            "free some space and run the same command again, it continues from there"
        ) from error


def averaged(weights: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Return a network's weights; of a `last.ckpt`, which holds them twice, the averaged ones."""
    found = {key: value for key, value in weights.items() if key.startswith(AVERAGED_PREFIX)}
    return {key.removeprefix(AVERAGED_PREFIX): value for key, value in found.items()} or weights


def _reason(error: BaseException) -> str:
    while error.__cause__ or error.__context__:
        if isinstance(error, OSError):
            break
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return (error.strerror or str(error)) if isinstance(error, OSError) else first_line(error)


def recover(folder: RunDirectory) -> None:
    """Leave in `folder`, which must be claimed, only files that can be trusted."""
    if folder.result.is_file() and (damage := _damage_of_record(folder.result)):
        _set_aside(folder.result, damage, ", the run is judged again")
    checkpoints = (folder.last_checkpoint, folder.previous_checkpoint)
    bests = (folder.best_checkpoint, folder.previous_best_checkpoint)
    began = any(path.is_file() for path in checkpoints)
    for checkpoint in checkpoints:
        content = _trusted(checkpoint)
        if content is None:
            continue
        if content.get("config_hash") != folder.run.config_hash:
            return  # another run's, which is reported, and not ours to remove
        for best in bests:
            if (weights := _trusted(best)) and weights.get("epoch") == best_epoch_of(content):
                _take(checkpoint, best, folder)
                return
    if began:
        log.warning("%s: no checkpoint to go on from, training starts from the beginning", folder.path)
    for path in (*checkpoints, *bests):
        _trusted(path)  # what holds code is reported and not removed
        path.unlink(missing_ok=True)


def _take(checkpoint: Path, best: Path, folder: RunDirectory) -> None:
    """Put both in their places; killed in between, the next attempt finds the same two."""
    if checkpoint != folder.last_checkpoint:
        log.warning("%s: going on from the epoch before the last", folder.path)
        checkpoint.replace(folder.last_checkpoint)
    if best != folder.best_checkpoint:
        best.replace(folder.best_checkpoint)


def _trusted(checkpoint: Path) -> dict[str, Any] | None:
    """Return what is in it; None if there is none, or it is damaged, of which it is set aside."""
    if not checkpoint.is_file():
        return None
    try:
        content: dict[str, Any] = load(checkpoint)
    except DamagedFileError as error:
        _set_aside(checkpoint, str(error).removesuffix("; it was not used"))
        return None
    return content


def _damage_of_record(record: Path) -> str | None:
    try:
        read_record(record)
    except DamagedFileError as error:
        return str(error).rsplit("; ", 1)[0]
    return None


def _set_aside(path: Path, damage: str, then: str = "") -> None:
    log.warning("%s; set aside as %s%s", damage, set_aside(path).name, then)
