"""Made-up runs on disk, the same at every call: what the collecting, comparing and showing is tested on."""

import json
import random
from pathlib import Path

from PIL import Image

from lga.results.published import PUBLISHED_IMAGES
from lga.run.folder.record import CellRecord, DataRecord, RunRecord, SelectionRecord, write_record

ATTENTIONS = ("none", "lga", "lga_as_written", "cbam", "se", "eca")
_EFFECT = {
    "none": 0.0,
    "lga": 0.45,
    "lga_as_written": 0.2,
    "cbam": 0.3,
    "se": 0.1,
    "eca": -0.25,
    "mhsa": 0.15,
}
_BASE = {"digits": 96.4, "fashion_mnist": 91.2, "mnist": 99.1}
_PACKAGES = ("torch", "torchvision", "pytorch-lightning", "torchmetrics", "numpy", "hydra-core", "wandb")


def made_config(
    dataset="digits", backbone="mobilenetv3", attention="none", seed=0, epochs=20, output_dir="outputs"
):
    """A resolved config in the shape of the real ones; `output_dir` is among what cannot change a result."""
    return {
        "mode": {"name": "train"},
        "dataset": {
            "name": dataset,
            "task": "classification",
            "num_classes": 10,
            "image_size": 32,
            "embedded": dataset.startswith("digit"),
        },
        "backbone": {"name": backbone, "scale": "n", "network": {"_target_": f"lga.backbones.{backbone}"}},
        "attention": {"name": attention, "block": {"_target_": f"lga.attention.{attention}"}},
        "detector": {"name": "none"},
        "task": {"name": "classification", "monitor": "val/top1", "direction": "max"},
        "recipe": {
            **{"name": dataset if dataset == "digits" else "paper_sgd", "epochs": epochs, "batch_size": 64},
            **{f"setting_{index}": index / 8 for index in range(40)},
        },
        "trainer": {
            "scale": "full",
            "accelerator": "auto",
            "devices": 1,
            "precision": "32-true",
            "num_workers": 0,
        },
        "logger": {"name": "csv", "project": "local-global-attention", "group": None, "tags": []},
        "paths": {"data_dir": "data", "output_dir": output_dir, "run_dir": None},
        "seed": seed,
    }


def made_record(
    dataset="digits",
    backbone="mobilenetv3",
    attention="none",
    seed=0,
    scale="embedded",
    top1=90.0,
    epochs=20,
    **fields,
):
    """A finished run's record; `fields` replace any of it, and its config is made to be of the scale."""
    config = fields.pop("config", None) or made_config(dataset, backbone, attention, seed, epochs)
    if scale in ("reduced", "smoke"):
        config = {**config, "trainer": {**config["trainer"], "scale": scale}}
    if scale == "embedded":
        config = {**config, "dataset": {**config["dataset"], "embedded": True}}
    train, test = PUBLISHED_IMAGES.get(dataset, (1204, 296))
    values = {
        "status": "finished",
        "cell": CellRecord(
            dataset=dataset, backbone=backbone, detector="none", attention=attention, seed=seed
        ),
        "config_hash": f"{random.Random(str(config)).getrandbits(256):064x}",
        "config": config,
        "overrides": [f"dataset={dataset}", f"backbone={backbone}", f"attention={attention}", f"seed={seed}"],
        "protocol": "classification",
        "monitor": "val/top1",
        "score": top1,
        "metrics": {"top1": top1, "top5": min(100.0, top1 + 3), "loss": round((100 - top1) / 30, 4)},
        "selection": SelectionRecord(
            rule="best val/top1", split="validation", epoch=epochs - 2, score=top1 + 0.5
        ),
        "data": DataRecord(
            manifest_hash="0" * 64, files={"a": "0"}, counts={"train": train, "val": 297, "test": test}
        ),
        "parameters": 1_234_567 + 1000 * len(attention),
        "gflops_paper": 1.5 + len(attention) / 10,
        "gflops": 0.0103 + len(attention) / 1000,
        "epochs": epochs,
        "seconds": 31.5 + seed,
        "peak_memory_bytes": 700 * 2**20,
        "started": f"2026-11-22T16:{seed % 60:02}:00+00:00",
        "ended": f"2026-11-22T17:{seed % 60:02}:00+00:00",
        "code": {"version": "0.1.0", "commit": "0" * 40, "dirty": False, "difference": None},
        "environment": {"python": "3.11.7", "accelerator": "cpu", **dict.fromkeys(_PACKAGES, "1.2.3")},
    }
    return RunRecord(**{**values, **fields})


def leave_run(root: Path, record: RunRecord, repetition: int = 0) -> Path:
    """Writes a run's folder as a run leaves it; returns the folder."""
    cell = record.cell
    name = f"seed{cell.seed}-{record.config_hash[:8]}" + (f"-again{repetition}" if repetition else "")
    folder = root / cell.dataset / cell.backbone / cell.attention / name
    folder.mkdir(parents=True)
    write_record(folder / "result.json", record)
    (folder / "config.yaml").write_text(f"seed: {cell.seed}\n")
    if record.status == "finished":
        (folder / "metrics.csv").write_text(_history(record))
    return folder


def leave_grid(
    root: Path,
    datasets=("digits",),
    backbones=("mobilenetv3",),
    attentions=ATTENTIONS,
    seeds=5,
    epochs=20,
    **fields,
):
    """A full grid of runs with seed effects shared by the attentions, as paired seeds have."""
    chance = random.Random(0)
    for dataset in datasets:
        for backbone in backbones:
            shared = [chance.gauss(0, 0.3) for _ in range(seeds)]
            for attention in attentions:
                for seed in range(seeds):
                    top1 = (
                        _BASE.get(dataset, 95)
                        + _EFFECT.get(attention, 0)
                        + shared[seed]
                        + chance.gauss(0, 0.2)
                    )
                    scale = "embedded" if dataset == "digits" else "full"
                    place = dataset, backbone, attention, seed, scale
                    leave_run(root, made_record(*place, round(top1, 3), epochs, **fields))


def _history(record: RunRecord) -> str:
    """An error that falls geometrically to the run's own, with a little noise."""
    chance = random.Random(record.config_hash)
    rows = ["epoch,train/loss,val/loss,val/top1,val/top5,lr/0"]
    epochs, final = record.epochs or 1, record.score or 0.0
    for epoch in range(1, epochs + 1):
        top1 = final - 60 * 0.6 ** (epoch * 20 / epochs) + chance.gauss(0, 0.25)
        rows.append(f"{epoch},{2 / epoch},{(100 - top1) / 30},{top1},{min(100.0, top1 + 3)},{0.01 / epoch}")
    return "\n".join(rows) + "\n"


def leave_pictures(
    folder: Path, count=2, size=(96, 50), colour=(90, 120, 150), precision=None, confusion=None
):
    """Pictures of one colour, curves at three recalls and a confusion matrix, as a detection run's."""
    _leave_images(folder / "pictures", [f"{number}-image-{number}" for number in range(count)], size, colour)
    by_class = {"a": [1.0, 0.5, 0.0]} if precision is None else precision
    curves = {"iou": 0.5, "recall": [0.0, 0.5, 1.0], "precision": by_class}
    matrix = made_confusion() if confusion is None else confusion
    (folder / "curves.json").write_text(json.dumps({"precision_recall": curves, "confusion": matrix}))


def leave_predictions(folder: Path, count=2, size=(96, 50)):
    """Pictures of images of the reader's own, as `mode=predict` leaves them; numbers start at 1."""
    names = [f"{number}-photo-{number}" for number in range(1, count + 1)]
    _leave_images(folder / "predictions", names, size, (40, 90, 60))


def _leave_images(folder: Path, names, size, colour):
    folder.mkdir()
    for name in names:
        Image.new("RGB", size, colour).save(folder / f"{name}.png")


def made_confusion(classes=("a", "b"), counts=((3, 1, 0), (0, 2, 4), (5, 0, 0))):
    """A matrix as judging leaves it; by default of 3 + 1 a, 2 b and 4 missed, and 5 a where nothing is."""
    return {
        "confidence": 0.25,
        "iou": 0.5,
        "classes": [*classes, "background"],
        "true_by_found": [list(row) for row in counts],
    }
