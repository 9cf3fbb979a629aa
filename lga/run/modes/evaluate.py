"""`mode=evaluate`: judge a trained cell again, on its test or validation split; its record stays as it is.

The weights are those of the cell's chosen epoch, or of a checkpoint that is named.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytorch_lightning as pl
from torch import Tensor, nn

from lga.backbones.author_checkpoint import load_author_checkpoint, not_finite
from lga.backbones.weights_file import read_weights
from lga.config.frozen_run import FrozenRun
from lga.run.build import build_data, build_network, build_task, score
from lga.run.callbacks.detection_report import DetectionReport
from lga.run.folder.checkpoints import averaged
from lga.run.folder.directory import RunDirectory
from lga.run.machine.console import show_values, without_notices
from lga.run.machine.environment import prepare_torch
from lga.run.preflight import weights_of
from lga.system.errors import UserError
from lga.system.files import writable, write_text

AUTHOR_PREFIX = "model."


def trained_network(run: FrozenRun) -> nn.Module:
    """Return the network in evaluation mode; set the threads and arithmetic of its `trainer`.

    `mode.checkpoint` names a run's folder, its `best.ckpt` or `last.ckpt` (of the latter the averaged weights
    are taken), or a state dict, in the author's naming too; null takes the cell's own `best.ckpt`.

    Raises:
        UserError: there are no weights, or those of another architecture.
    """
    path = weights_of(run)
    prepare_torch(run.cfg.trainer)
    network = build_network(run.cfg)
    _fill(network, averaged(read_weights(path, None, "mode.checkpoint")), path)
    return network.eval()


def _fill(network: nn.Module, weights: Mapping[str, Tensor], path: Path) -> None:
    if all(key.startswith(AUTHOR_PREFIX) for key in weights):
        load_author_checkpoint(network, weights)
        return
    if wrong := not_finite(weights):
        raise UserError(f"{path}: damaged, or of a network that diverged: {wrong[0]}; name other weights")
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise UserError(
            f"{path}: a checkpoint of another architecture ({first[:150]}); "
            "give the backbone, attention and dataset it was trained with"
        ) from error


@without_notices()
def evaluate(run: FrozenRun) -> float:
    """Return the cell's score on `mode.split`; write all metrics to `evaluation-<split>/`, and print them."""
    cfg, split = run.cfg, run.config["mode"]["split"]
    out = Path(cfg.mode.out or RunDirectory(run).path / f"evaluation-{split}")
    task, data = build_task(cfg, trained_network(run)), build_data(cfg)
    with writable(out, "mode.out"):
        out.mkdir(parents=True, exist_ok=True)
    trainer = pl.Trainer(
        accelerator=cfg.trainer.accelerator,
        devices=1,
        precision=cfg.trainer.precision,
        limit_test_batches=1.0 if cfg.trainer.limit_eval_batches is None else cfg.trainer.limit_eval_batches,
        logger=False,
        callbacks=[DetectionReport(out)] if cfg.task.name == "detection" else [],
        default_root_dir=out,
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=cfg.trainer.progress and sys.stdout.isatty(),
        inference_mode=False,
    )
    data.judged_split = split
    trainer.test(task, datamodule=data, verbose=False)  # a bare loader would not have the module's hooks
    metrics = {name.split("/", 1)[1]: float(value) for name, value in trainer.callback_metrics.items()}
    results = {"split": split, "metrics": metrics, "metrics_per_class": task.metrics_per_class}
    with writable(out, "mode.out"):
        write_text(out / "metrics.json", json.dumps(results, indent=1) + "\n")
    show_values(f"{run.cell}, {split} split; also in {out}", {"split": split, **metrics}, cfg.mode.json)
    return score(cfg, metrics)
