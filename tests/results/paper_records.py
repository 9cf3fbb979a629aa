"""Made-up runs of published cells, and the paper's tables judged on them without composing a config."""

import random

from lga.config.frozen_run import FrozenRun
from lga.results import judging
from lga.results.audited import Audit
from lga.results.experiments import judged_experiments
from tests.results.made_records import leave_run, made_config, made_record

HOSTILE = "<b>another"


def leave_cells(root, rows, seeds=3, scale="full", epochs=20, shift=0.0, noise=0.15, points=20):
    """`seeds` runs of each published row, `shift` from the published number but for the noise.

    Their histories are of `points` epochs, whatever their config says.
    """
    chance = random.Random(1)
    for row in rows:
        for seed in range(1, seeds + 1):
            values = {name: _near(row, name, shift, chance, noise) for name in _metrics(row)}
            prefix = "paper/" if row.task == "detection" else ""
            metrics = {f"{prefix}{name}": value for name, value in values.items()}
            first = next(iter(metrics))
            record = made_record(
                row.dataset,
                row.model,
                row.attention,
                seed,
                scale,
                epochs=epochs,
                metrics=metrics,
                monitor=f"val/{first}",
                score=metrics[first],
                protocol=row.task,
                parameters=row.parameters,
                gflops_paper=row.gflops,
            )
            detector = "yolov8" if row.task == "detection" else "none"
            cell = record.cell.model_copy(update={"detector": detector})
            folder = leave_run(root, record.model_copy(update={"cell": cell}))
            (folder / "metrics.csv").write_text(_history(metrics, points))


def judge_made(collection, monkeypatch):
    """All tables, judged on runs that `leave_cells` left."""
    grids = {
        experiment.name: [FrozenRun(made_config(*row.cell, epochs=20)) for row in experiment.rows]
        for experiment in judged_experiments()
    }
    monkeypatch.setattr(judging, "experiment_runs", lambda name, overrides: grids[name])
    return [judging.judge(experiment, collection.runs) for experiment in judged_experiments()]


def rows_of(name):
    """The published rows of a table."""
    return next(experiment for experiment in judged_experiments() if experiment.name == name).rows


def _metrics(row):
    return [name for name in ("map50", "map50_95", "top1", "top5") if getattr(row, name) is not None]


def _near(row, name, shift, chance, noise):
    return round(min(100.0, max(0.0, getattr(row, name) + shift + chance.gauss(0, noise))), 3)


def _history(metrics, points):
    """Each metric rising to its value, a fifth of what is left an epoch."""
    heading = ["epoch", *(f"val/{name}" for name in metrics)]
    values = [
        [str(epoch), *(f"{value * (1 - 0.8**epoch):.4f}" for value in metrics.values())]
        for epoch in range(1, points + 1)
    ]
    return "\n".join(",".join(line) for line in [heading, *values]) + "\n"


def made_audit(rows, more_parameters=0):
    """An audit that explains every row, and two findings, one not borne out; its texts try to be HTML."""
    return Audit(
        summary={"rows": len(rows), "equal": 0, "explained": len(rows), "unexplained": 0},
        conventions={"parameters": "all"},
        rows=[_audited(row, more_parameters) for row in rows],
        findings=[_finding(1, True), _finding(2, False)],
    )


def _audited(row, more_parameters):
    names = ("tables", "dataset", "model", "attention", "parameters", "gflops")
    built = {"parameters": row.parameters + more_parameters, "gflops_paper": row.gflops, "gflops": 1.0}
    return {
        "published": {name: getattr(row, name) for name in names},
        "status": "explained",
        "counts": built,
        "explanation": {"name": HOSTILE, "text": HOSTILE},
    }


def _finding(number, holds):
    texts = {"title": HOSTILE, "published": HOSTILE, "measured": "`a` = 1", "meaning": HOSTILE}
    return {"number": number, "holds": holds, **texts}
