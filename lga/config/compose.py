"""From overrides to a composed config, outside of the command line."""

from collections.abc import Sequence
from pathlib import Path

import hydra
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig

from lga.config.schema import register_schema

_PACKAGE = Path(__file__).resolve().parents[1]
CONFIG_DIR = next(
    (folder for folder in (_PACKAGE.parent / "conf", _PACKAGE / "conf") if folder.is_dir()),
    _PACKAGE.parent / "conf",
)


def compose(overrides: Sequence[str] = ()) -> DictConfig:
    """The config that `python run.py <overrides>` would run."""
    register_schema()
    running, GlobalHydra.instance().hydra = GlobalHydra.instance().hydra, None
    try:
        with hydra.initialize_config_dir(version_base="1.3", config_dir=str(CONFIG_DIR)):
            composed: DictConfig = hydra.compose("config", overrides=list(overrides))
    finally:
        GlobalHydra.instance().hydra = running  # so that it may be called within a Hydra application
    return composed
