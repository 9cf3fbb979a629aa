"""Finished runs made from the configs that a sweep composes, those of table 3's VisDrone cells among them."""

from pathlib import Path

from lga.config.frozen_run import FrozenRun
from lga.config.grid import experiment_runs
from lga.results.collect import CollectedRun
from lga.results.experiments import all_experiments, all_pages
from lga.results.reports.markdown import markdown
from lga.run.folder.record import CellRecord, DataRecord
from tests.results.made_records import made_record

COUNTS = {"none": (904_214, 3.195), "lga": (1_052_444, 3.289)}


def experiment_called(name):
    """The experiment of that name."""
    return next(experiment for experiment in all_experiments() if experiment.name == name)


def page_called(name):
    """The page of that name."""
    return next(page for page in all_pages() if page.name == name)


def page_text(*results):
    """The Markdown of the page of these results."""
    return markdown(page_called(results[0].experiment.page), results)


def composed(*overrides, seeds="1,2,3"):
    """The frozen runs of both cells."""
    return experiment_runs("table3", ["dataset=visdrone", f"seed={seeds}", *overrides])


def of_old_rule(run):
    """The run as it was before the key `start`."""
    return FrozenRun({name: value for name, value in run.config.items() if name != "start"})


def finished(run, map50, scale="full", **fields):
    """A finished run of a composed config; mAP50-95 is half of its mAP50."""
    cell, config = run.cell, dict(run.config)
    parameters, gflops = COUNTS[cell.attention]
    values = {
        "cell": CellRecord(
            dataset=cell.dataset,
            backbone=cell.backbone,
            detector=cell.detector,
            attention=cell.attention,
            seed=cell.seed,
        ),
        "config": config,
        "config_hash": run.config_hash,
        "protocol": "detection",
        "monitor": "val/paper/map50",
        "metrics": {"paper/map50": map50, "paper/map50_95": map50 / 2, "coco/map50": 1.0},
        "data": DataRecord(manifest_hash="0" * 64, files={}, counts={"train": 6471, "val": 548, "test": 548}),
        "parameters": parameters,
        "gflops_paper": gflops,
        "epochs": 100,
        "seconds": 3600.0,
    }
    return CollectedRun(Path("run"), made_record(scale=scale, **{**values, **fields}))


def made_run(run, map50, scale="embedded", **fields):
    """A finished run of a composed config."""
    cell = run.cell
    names = {name: getattr(cell, name) for name in ("dataset", "backbone", "detector", "attention", "seed")}
    values = {
        "cell": CellRecord(**names),
        "config": dict(run.config),
        "config_hash": run.config_hash,
        "protocol": "detection",
        "monitor": "val/paper/map50",
        "metrics": {"paper/map50": map50},
        "data": DataRecord(manifest_hash="0" * 64, files={}, counts={"train": 1000, "val": 200, "test": 200}),
        "parameters": 900_000,
    }
    return CollectedRun(Path("run"), made_record(scale=scale, **{**values, **fields}))
