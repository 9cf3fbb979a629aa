"""Loggers and callbacks that a config names."""

import pytorch_lightning as pl
from omegaconf import DictConfig
from pytorch_lightning.loggers.logger import Logger

from lga.config.instantiation import make
from lga.run.callbacks.wandb_logger import WandbLogger
from lga.run.folder.directory import RunDirectory
from lga.system.errors import UserError
from lga.system.files import writable
from lga.system.secrets import hide_secrets


def loggers_of(cfg: DictConfig, folder: RunDirectory, wandb: WandbLogger) -> list[Logger]:
    """Return the loggers of `logger.kinds`; `save_dir` is a folder of the logger's name in the run's.

    Raises UserError for one that cannot be made.
    """
    found: list[Logger] = []
    for kind, node in cfg.logger.kinds.items():
        if kind == "wandb":
            found.append(wandb)
            continue
        with writable(folder.path / kind, "paths.output_dir"):
            found.append(make(node, f"logger.kinds.{kind}")(save_dir=str(folder.path / kind)))
            found[-1].log_hyperparams(hide_secrets(folder.run.config))
    return found


def own_callbacks(cfg: DictConfig, loggers: list[Logger]) -> list[pl.Callback]:
    """Return the callbacks of `callbacks`; UserError for what is none, or for one that lacks a logger."""
    made = {name: make(node, f"callbacks.{name}") for name, node in cfg.callbacks.items()}
    for name, callback in made.items():
        if not isinstance(callback, pl.Callback):
            raise UserError(f"callbacks.{name}: {type(callback).__name__} is no callback of Lightning")
        if isinstance(callback, pl.callbacks.LearningRateMonitor) and not loggers:
            raise UserError(f"callbacks={name}: it needs a logger: set logger=tensorboard, wandb or mlflow")
    return list(made.values())
