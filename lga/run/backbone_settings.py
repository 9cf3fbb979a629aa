"""Settings that some backbones alone have, refused on the others; weights are known by their content."""

import hashlib
from pathlib import Path

from omegaconf import DictConfig

from lga.system.errors import UserError

OF_SOME = ("slots", "checkpoint", "checkpoint_sha256")


def settle_backbone(cfg: DictConfig) -> None:
    """Check the settings of `cfg.backbone`, and put the SHA-256 of its weights' file beside their path.

    Raises:
        UserError: this backbone has no such setting, or the file cannot be read.
    """
    backbone = cfg.backbone
    for key in OF_SOME:
        if backbone[key] is not None and key not in backbone.network:
            raise UserError(f"backbone.{key}: {backbone.name} has no such setting; backbone=timm/<name> has")
    if backbone.checkpoint is not None and backbone.checkpoint_sha256 is None:
        backbone.checkpoint_sha256 = _sha256(backbone.checkpoint)


def _sha256(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise UserError(f"backbone.checkpoint={path}: cannot be read: {error.strerror}") from error
