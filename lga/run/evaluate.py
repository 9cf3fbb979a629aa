"""`mode=evaluate`: judge a trained cell again, on its test or validation split; its record stays as it is."""

import json
import sys
from pathlib import Path

import pytorch_lightning as pl

from lga.run.build import build_data, build_task
from lga.run.console import without_notices
from lga.run.detection_report import DetectionReport
from lga.run.directory import RunDirectory
from lga.run.identity import FrozenRun
from lga.run.trained import trained_network
from lga.system.errors import UserError
from lga.system.files import writable, write_text

SPLITS = ("test", "val")


def evaluate(run: FrozenRun) -> float:
    """The cell's score on `mode.split`; all metrics are in `evaluation-<split>/` and on the last line."""
    cfg, split = run.cfg, run.config["mode"]["split"]
    if split not in SPLITS:
        raise UserError(f"mode.split={split}: valid: {', '.join(SPLITS)}")
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
    with without_notices():  # by the data module, whose hooks a bare loader would not have
        trainer.test(task, datamodule=data, verbose=False)
    metrics = {name.split("/", 1)[1]: float(value) for name, value in trainer.callback_metrics.items()}
    results = {"split": split, "metrics": metrics, "metrics_per_class": task.metrics_per_class}
    with writable(out, "mode.out"):
        write_text(out / "metrics.json", json.dumps(results, indent=1) + "\n")
    print(json.dumps({"split": split, **metrics}))
    return metrics[cfg.task.monitor.split("/", 1)[-1]]
