"""The run's metrics by epoch: `metrics.csv`, and the epoch whose weights are kept as the best.

The rows live in the checkpoint, so a resumed run neither loses nor repeats one.
"""

import csv
import io
from pathlib import Path
from typing import Any

import pytorch_lightning as pl

from lga.system.files import write_text


class MetricsHistory(pl.Callback):
    """Collects every scalar that was logged in an epoch; epochs count from 1."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[dict[str, float]] = []

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Adds the epoch's row and rewrites the file; of several devices the first one does."""
        metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
        rates = {f"lr/{i}": group["lr"] for i, group in enumerate(trainer.optimizers[0].param_groups)}
        self.rows.append({"epoch": trainer.current_epoch + 1, **metrics, **rates})
        if trainer.is_global_zero:
            write_text(self.path, as_csv(self.rows))

    def state_dict(self) -> dict[str, Any]:
        """The rows so far."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continues from the rows of a checkpoint."""
        self.rows = list(state_dict["rows"])


def as_csv(rows: list[dict[str, float]]) -> str:
    """The rows under the union of their names, in order of appearance."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
