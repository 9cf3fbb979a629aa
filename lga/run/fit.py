"""The part of a run that needs torch: build, train or resume, judge the chosen epoch."""

import base64
import hashlib
import logging
import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from omegaconf import DictConfig
from pytorch_lightning.strategies import DDPStrategy
from torch import nn

from lga.backbones.weights_file import load
from lga.config.frozen_run import FrozenRun
from lga.data.loading.sharding import Shard
from lga.instruments import InstrumentsCallback
from lga.run.build import build_data, build_network, build_task, check_smallest_batch, score
from lga.run.callbacks.detection_report import DetectionReport
from lga.run.callbacks.epochs import EpochBar, EpochLines
from lga.run.callbacks.history import FiniteLosses, MetricsHistory
from lga.run.callbacks.loggers import loggers_of, own_callbacks
from lga.run.callbacks.wandb_logger import WandbLogger
from lga.run.fine_tuning import HeadFirst, load_weights
from lga.run.folder.checkpoints import AtomicCheckpointIO, BestAndLast
from lga.run.folder.data_files import check_same_data
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import DataRecord, OtherEpochRecord, OutcomesRecord, SelectionRecord
from lga.run.machine.complexity import attention_heads, complexity_of
from lga.run.machine.console import without_notices
from lga.run.machine.environment import code_state, environment, peak_memory_bytes, prepare_torch
from lga.system.digests import digest
from lga.system.errors import UserError
from lga.system.files import writable, write_atomically
from lga.tasks.base_task import BaseTask
from lga.tasks.classification_task import ClassificationTask
from lga.tasks.devices import made_by_first

log = logging.getLogger("lga")


@without_notices()
def fit_and_judge(run: FrozenRun, folder: RunDirectory, shard: Shard | None = None) -> dict[str, Any]:
    """Train `run` to its end and judge it; return the measured fields of its record.

    One of several processes trains on its `shard`; the first one alone writes into the folder.
    """
    cfg = run.cfg
    prepare_torch(cfg.trainer)
    network = build_network(cfg)
    before = load_weights(network, cfg)
    complexity = complexity_of(network, cfg.dataset.image_size)
    if cfg.trainer.channels_last:
        network = network.to(memory_format=torch.channels_last)
    data, task = build_data(cfg), build_task(cfg, network)
    if shard is not None:
        data.shard, data.most_judged = shard, cfg.trainer.limit_eval_batches
    check_smallest_batch(network, cfg, data)
    resumed_epoch = made_by_first(lambda: _resumable_epoch(run, folder, data.splits.manifest))
    wandb = WandbLogger.start(run, folder, resumed=resumed_epoch is not None)
    wandb.log_metrics(asdict(complexity))
    status = "failed"
    try:
        trainer, best = _trainer(cfg, run, folder, wandb, shard)
        if cfg.recipe.freeze_epochs:
            trainer.callbacks.append(HeadFirst(network, before, cfg.recipe.freeze_epochs))  # type: ignore[attr-defined]
        if resumed_epoch is not None:
            log.info("%s: resuming after epoch %d", run.cell, resumed_epoch)
        with _compiled(network, cfg.trainer.compile):
            trainer.fit(task, datamodule=data, ckpt_path=folder.last_checkpoint if resumed_epoch else None)
        other = _other_epoch(trainer, task, data, best)
        metrics = _judge(trainer, task, data, folder)
        results = {
            **_results(cfg, task, data, metrics, best),
            "other_epoch": other,
            "outcomes": _keep_outcomes(task, folder) if trainer.is_global_zero else None,
            **asdict(complexity),
            "attention_heads": attention_heads(network),
            "epochs": trainer.current_epoch,
            "instruments": _instrumented(trainer),
            "resumed": resumed_epoch or 0,
        }
        status = "finished"
    finally:
        wandb.finish(status, metrics if status == "finished" else {})
    return results


@contextmanager
def _compiled(network: nn.Module, wanted: bool) -> Iterator[None]:
    """Compile `network` at its first step if `wanted`; a compiler that fails is a UserError."""
    if not wanted:
        yield
        return
    from torch._dynamo.exc import BackendCompilerFailed

    network.compile()  # in place: names of parameters stay, and the average is not compiled
    try:
        yield
    except BackendCompilerFailed as error:
        cause = error.inner_exception
        raise UserError(
            f"trainer.compile=true: torch.compile failed here ({type(cause).__name__}); on processors it "
            "needs a working C++ compiler, g++ or the one that CXX names: install one, "
            "or set trainer.compile=false"
        ) from error


def _results(
    cfg: DictConfig, task: BaseTask, data: Any, metrics: dict[str, float], best: BestAndLast
) -> dict[str, Any]:
    return {
        "metrics": metrics,
        "metrics_per_class": task.metrics_per_class,
        "score": score(cfg, metrics),
        "selection": SelectionRecord(
            rule=f"{cfg.recipe.select} {cfg.task.selected_by}",
            split=data.splits.selection,
            epoch=best.best_epoch,
            score=best.best_score,
        ),
        "data": DataRecord(
            manifest_hash=digest(data.splits.manifest),
            files=data.splits.manifest,
            counts=data.splits.counts,
            dropped=data.splits.dropped,
        ),
        "peak_memory_bytes": peak_memory_bytes(),
        "code": code_state(),
        "environment": environment(),
    }


def _trainer(
    cfg: DictConfig, run: FrozenRun, folder: RunDirectory, wandb: WandbLogger, shard: Shard | None
) -> tuple[pl.Trainer, BestAndLast]:
    settings, task = cfg.trainer, cfg.task
    best = BestAndLast(
        folder.best_checkpoint,
        folder.last_checkpoint,
        task.selected_by,
        task.direction,
        cfg.recipe.select,
        run.config_hash,
    )
    # The loaders of a shard end at the limit by themselves: it is of all their batches together.
    most_judged = _limit(settings.limit_eval_batches if shard is None else None)
    loggers, losses = loggers_of(cfg, folder, wandb), FiniteLosses(folder.path)
    bar = settings.progress and sys.stdout.isatty()
    level = logging.INFO if settings.progress and not bar else logging.DEBUG
    trainer = pl.Trainer(
        accelerator=settings.accelerator,
        devices=settings.devices,
        num_nodes=settings.num_nodes,
        precision=settings.precision,
        max_epochs=cfg.recipe.epochs if settings.max_epochs is None else settings.max_epochs,
        limit_train_batches=_limit(settings.limit_train_batches),
        limit_val_batches=most_judged,
        limit_test_batches=most_judged,
        default_root_dir=folder.path,
        logger=loggers,
        callbacks=[
            losses,
            MetricsHistory(folder.metrics),
            *([EpochBar(losses, task.monitor)] if bar else []),
            EpochLines(str(run.cell), task.monitor, level),
            *_instruments(cfg, folder),  # before what saves their rows
            *own_callbacks(cfg, loggers),
            best,
            *([DetectionReport(folder.path)] if task.name == "detection" else []),
        ],
        deterministic="warn" if settings.deterministic else False,
        benchmark=not settings.deterministic,
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=bar,
        inference_mode=False,  # weights folded under inference mode could not be trained on
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        **_processes(shard),
    )
    return trainer, best


class _SeparateDevices(DDPStrategy):
    """Lightning's strategy for a process a device, less its wrapper: the task sums the gradients itself."""

    def configure_ddp(self) -> None:
        """Leave the task as it is."""


def _processes(shard: Shard | None) -> dict[str, Any]:
    """Return how Lightning is to see this process, on a cluster too: it would requeue SLURM's jobs."""
    alone = LightningEnvironment()
    if shard is None:
        return {"plugins": [AtomicCheckpointIO(), alone]}
    return {"plugins": [AtomicCheckpointIO()], "strategy": _SeparateDevices(cluster_environment=alone)}


def _instruments(cfg: DictConfig, folder: RunDirectory) -> list[InstrumentsCallback]:
    settings = cfg.instruments
    if not settings.enabled:
        return []
    return [InstrumentsCallback(folder.path / "instruments.json", settings.every, settings.images)]


def _instrumented(trainer: pl.Trainer) -> dict[str, Any] | None:
    """Return what the instruments saw; None if they were not switched on."""
    callbacks: list[pl.Callback] = trainer.callbacks  # type: ignore[attr-defined]
    return next((each.summary() for each in callbacks if isinstance(each, InstrumentsCallback)), None)


def _limit(batches: int | None) -> int | float:
    return 1.0 if batches is None else batches


def _resumable_epoch(run: FrozenRun, folder: RunDirectory, manifest: dict[str, str]) -> int | None:
    """Return the last finished epoch (from 1) of a checkpoint of this run on this data; None without any."""
    if not folder.last_checkpoint.is_file():
        return None
    checkpoint = load(folder.last_checkpoint)
    if checkpoint.get("config_hash") != run.config_hash:
        raise UserError(
            f"{folder.last_checkpoint}: a checkpoint of another config or architecture "
            f"({str(checkpoint.get('config_hash'))[:8]}, this run is {run.config_hash[:8]}); "
            "remove it to start from scratch"
        )
    before = checkpoint.get("data", manifest)  # earlier ones do not say
    check_same_data(manifest, before, "this run was trained until now", folder.path)
    return int(checkpoint["epoch"]) + 1


def _judge(
    trainer: pl.Trainer, task: BaseTask, data: pl.LightningDataModule, folder: RunDirectory
) -> dict[str, float]:
    """Return metrics of the chosen epoch's weights on the test split, named without the split."""
    task.average.module.load_state_dict(made_by_first(lambda: load(folder.best_checkpoint)["state_dict"]))
    trainer.test(task, datamodule=data, verbose=False)
    return _metrics_of("test", trainer.callback_metrics)


def _other_epoch(
    trainer: pl.Trainer, task: BaseTask, data: Any, best: BestAndLast
) -> OtherEpochRecord | None:
    """Of a classifier just trained, the last epoch where the best is judged, and the other way round.

    Selected on the test images, an epoch was judged on them when it ended. Else the last weights are judged
    now; the best ones are gone where the last are chosen.
    """
    if not isinstance(task, ClassificationTask):
        return None
    history = next(each for each in trainer.callbacks if isinstance(each, MetricsHistory))  # type: ignore[attr-defined]
    rule = "last" if best.select == "best" else "best"
    row = history.rows[-1] if rule == "last" else best.best_of(history.rows)
    if data.splits.selection == "test":
        metrics = _metrics_of("val", row)
    elif rule == "last":
        trainer.test(task, datamodule=data, verbose=False)
        metrics = _metrics_of("test", trainer.callback_metrics)
    else:
        return None
    return OtherEpochRecord(rule=f"{rule} {best.monitor}", epoch=int(row["epoch"]), metrics=metrics)


def _metrics_of(split: str, metrics: Mapping[str, Any]) -> dict[str, float]:
    """Return those of the split, named without it."""
    prefix = f"{split}/"
    found = {name.removeprefix(prefix): value for name, value in metrics.items() if name.startswith(prefix)}
    if wrong := [f"{name} {float(value)}" for name, value in found.items() if not math.isfinite(value)]:
        raise UserError(f"what was judged on the {split} split is not finite: {', '.join(wrong)}")
    return {name: float(value) for name, value in found.items()}


def _keep_outcomes(task: BaseTask, folder: RunDirectory) -> OutcomesRecord:
    """Write what became of each image; return what the record holds of it."""
    found = task.outcomes()
    with writable(folder.path, "paths.output_dir"):
        write_atomically(folder.path / found.name, lambda file: file.write(found.content))
    right = None if found.right is None else base64.b64encode(np.packbits(found.right).tobytes()).decode()
    sha256 = hashlib.sha256(found.content).hexdigest()
    return OutcomesRecord(file=found.name, sha256=sha256, images=found.images, right=right)
