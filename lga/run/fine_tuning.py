"""Start from trained weights with a new head; for its first epochs the head may be trained alone."""

import logging
from collections.abc import Collection
from pathlib import Path

import pytorch_lightning as pl
from omegaconf import DictConfig
from torch import nn

from lga.backbones.author_checkpoint import misfits
from lga.backbones.weights_file import read_weights
from lga.run.folder.checkpoints import averaged
from lga.system.errors import UserError

SLOT, NECK = "backbone.attention.", "neck."
log = logging.getLogger("lga")


def load_weights(network: nn.Module, cfg: DictConfig) -> Collection[str]:
    """Fill backbone and neck from `weights`; return the names of what was trained before.

    Where the file has no neck, or nothing in the slot, these stay as they were drawn, as the head does.

    Raises:
        UserError: the file has changed, holds no weights, or those of another backbone.
    """
    ours = network.state_dict()
    if cfg.weights is None:
        return [name for name in ours if cfg.backbone.checkpoint and name.startswith("backbone.body.")]
    given = averaged(read_weights(Path(cfg.weights), cfg.weights_sha256, "weights"))
    parts = tuple(part for part in (SLOT, NECK) if any(name.startswith(part) for name in given))
    wanted = {
        name: tensor
        for name, tensor in ours.items()
        if name.startswith(parts) or (name.startswith("backbone.") and not name.startswith(SLOT))
    }
    compared = {
        name: tensor
        for name, tensor in given.items()
        if name in wanted or (name.startswith("backbone.") and not name.startswith(SLOT))
    }
    if wrong := misfits(wanted, compared):
        raise UserError(
            f"weights={cfg.weights}: not of this backbone: {'; '.join(wrong)}; give backbone and attention "
            "as they were trained, or weights that were trained with attention=none"
        )
    network.load_state_dict({**ours, **compared})
    drawn = ", ".join(dict.fromkeys(".".join(name.split(".")[:2]) for name in ours if name not in wanted))
    log.info("from %s: all but %s", cfg.weights, drawn)
    return wanted.keys()


class HeadFirst(pl.Callback):
    """Train only what is new for the first epochs; norms of the rest then keep their statistics too.

    Args:
        network: that is trained.
        names: of what was trained before.
        epochs: how many.
    """

    def __init__(self, network: nn.Module, names: Collection[str], epochs: int) -> None:
        self.epochs = epochs
        found = [p for name, p in network.named_parameters() if name in names]
        self.parameters = [parameter for parameter in found if parameter.requires_grad]
        self.norms = [
            module
            for prefix, module in network.named_modules()
            if any(f"{prefix}.{name}" in names for name, _ in module.named_buffers(recurse=False))
        ]

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Freeze, or free."""
        learning = trainer.current_epoch >= self.epochs
        for parameter in self.parameters:
            parameter.requires_grad_(learning)
        for norm in self.norms:
            norm.train(learning)
