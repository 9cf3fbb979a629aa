"""The data of the page as one JSON-ready mapping; every number on it is computed here, not in the browser.

Configs and environments repeat nearly everything from run to run, so each distinct `(name, value)` stands
once in `settings` and a run holds positions in it; likewise the `epochs` that curves share, the `classes` of
runs, and their `files`.
"""

import json
import os
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from lga.dashboard.page.instrumented import instrumented
from lga.dashboard.page.judged import PARTS, Kept, read_judged
from lga.dashboard.page.paper import paper, table_json
from lga.dashboard.page.samples import samples
from lga.dashboard.page.studied import Studies, studied
from lga.results import labels as metric_names
from lga.results.answers import answer, place
from lga.results.audited import Audit
from lga.results.collect import CollectedRun, Collection, Problem, attempt
from lga.results.comparison import Comparison, Group, attention_order, compare
from lga.results.curves import read_curves
from lga.results.experiments import all_experiments
from lga.results.families import Results
from lga.results.over_cells import CellGain, pooled_by_metric, pooled_sentence
from lga.results.scales import MEANINGS, other_images
from lga.results.settings import flatten
from lga.results.statistics import Estimate
from lga.results.verdicts import margin

CURVE_POINTS = 100  # of a run, while there are few runs
ALL_CURVE_POINTS = 300_000
LEAST_CURVE_POINTS = 20
LINKED_FILES = ("config.yaml", "result.json", "metrics.csv", "run.log", "pictures", "instruments.json")


@dataclass(frozen=True)
class Latencies:
    """``measured`` says on what; ``of`` has milliseconds of inference by network and attention."""

    measured: str
    of: dict[str, dict[str, float]]


_encode = json.JSONEncoder().encode
_SETTING = re.compile(r"[+~]{0,2}(?!hydra\b)[A-Za-z]\w*([./@:]\w+)*(=|$)")
_Files = tuple[tuple[str, str], ...]  # a file's name and the end of the link to it


@dataclass
class _Shared:
    """What runs hold positions in, each thing once and in order of appearance; epochs shown of each curve."""

    points: int
    settings: dict[tuple[str, str], int] = field(default_factory=dict)
    epochs: dict[tuple[int, ...], int] = field(default_factory=dict)
    classes: dict[tuple[str, ...], int] = field(default_factory=dict)
    files: dict[_Files, int] = field(default_factory=dict)

    def add(self, values: Mapping[str, Any]) -> list[int]:
        """Return the positions of the settings, each a name and a value."""
        shown = [
            (name, value if isinstance(value, str) else _encode(value)) for name, value in flatten(values)
        ]
        return [self.settings.setdefault(pair, len(self.settings)) for pair in shown]


def payload(
    collection: Collection,
    page_folder: Path,
    generated: datetime,
    tables: Sequence[Results] = (),
    audit: Audit | None = None,
    latencies: Latencies | None = None,
    studies: Studies = MappingProxyType({}),
    kept: Kept | None = None,
) -> dict[str, Any]:
    """All that the page shows of own runs and kept ones; links lead from `page_folder` to their folders.

    Args:
        collection: own runs, none of which is kept.
        tables: judged with own runs; they stand in place of kept ones of their names.
        audit: the counts of published networks.
        latencies: of inference.
        studies: found among own runs, which are compared apart from the kept ones.
        kept: runs, judged in committed files.
    """
    kept_runs = kept.all if kept else ()
    ordered = [*sorted(collection.runs, key=_place), *sorted(kept_runs, key=_place)]
    comparisons = compare(collection.runs) or compare(kept_runs)
    position = {id(run): index for index, run in enumerate(ordered)}
    judged = read_judged(kept, position) if kept else {part: [] for part in PARTS}
    found = {table["name"]: table for table in judged["tables"]}
    found |= {table.experiment.name: table_json(table, audit, position) for table in tables}
    shown = sorted(found.values(), key=lambda table: table["name"].replace("figure", "z"))  # the figure last
    counted = {id(run) for comparison in comparisons for group in comparison.groups for run in group.runs}
    shared, problems = _Shared(_curve_points(len(ordered))), list(collection.problems)
    runs = [
        {"kept": n >= len(collection.runs), **_run(run, id(run) in counted, page_folder, shared, problems)}
        for n, run in enumerate(ordered)
    ]
    published = [row["attention"] for table in shown for row in table["rows"]]
    return {
        "generated": generated.isoformat(timespec="minutes"),
        "scales": dict(MEANINGS),
        "attentions": sorted({run["attention"] for run in runs} | set(published), key=attention_order),
        "metrics": _metrics(runs),
        "paper": paper(shown, page_folder),
        "forests": _forests(judged["cells"]),
        "audit": audit.model_dump() if audit else None,
        "latencies": asdict(latencies) if latencies else None,
        "studies": [*studied(studies, position, "Your runs: "), *judged["studies"]],
        "comparisons": [_comparison(comparison) for comparison in comparisons],
        "sweep": _sweep(comparisons, studies, own=bool(collection.runs)),
        "groups": [
            _group(group, index, margin(comparison.metric), position)
            for index, comparison in enumerate(comparisons)
            for group in comparison.groups
        ],
        "runs": runs,
        "instruments": instrumented(ordered, position, problems),
        "samples": samples(comparisons, position, page_folder, problems),
        "settings": list(shared.settings),
        "epochs": list(shared.epochs),
        "classes": list(shared.classes),
        "files": list(shared.files),
        "problems": [{"path": str(problem.path), "reason": problem.reason} for problem in problems],
    }


def _place(run: CollectedRun) -> tuple[Any, ...]:
    cell = run.record.cell
    return (cell.dataset, run.network, run.scale, attention_order(cell.attention), cell.seed)


def _curve_points(runs: int) -> int:
    """How many epochs of each curve are shown, so that curves of many runs do not make a page too large."""
    return max(LEAST_CURVE_POINTS, min(CURVE_POINTS, ALL_CURVE_POINTS // max(runs, 1)))


def _run(
    run: CollectedRun, counted: bool, page_folder: Path, shared: _Shared, problems: list[Problem]
) -> dict[str, Any]:
    record = run.record
    path, files = _files(run.folder, page_folder)
    return {
        "dataset": record.cell.dataset,
        "network": run.network,
        "attention": record.cell.attention,
        "seed": record.cell.seed,
        "scale": run.scale,
        "status": record.status,
        "counted": counted,
        "error": record.error,
        "metric": record.monitor.split("/", 1)[-1],
        "metrics": record.metrics,
        "epochs": record.epochs,
        "selected": record.selection.epoch if record.selection else None,
        "seconds": record.seconds,
        "memory": record.peak_memory_bytes,
        "started": record.started,
        "hash": record.config_hash[:8],
        "command": _command(record.overrides),
        "path": path,
        "files": shared.files.setdefault(files, len(shared.files)),
        "config": shared.add(record.config),
        "environment": shared.add({**record.code, **record.environment}),
        "images": other_images(record),
        "data": shared.add(record.data.counts if record.data else {}),
        "curves": _curves(run, shared, problems),
        "by_class": _by_class(record.metrics_per_class, shared),
    }


def _command(overrides: Sequence[str]) -> str:
    """Return what runs the cell again; of a foreign record, nothing that does more or steers a terminal."""
    if all(_SETTING.match(override) and override.isprintable() for override in overrides):
        return shlex.join(["python", "run.py", *overrides])
    return "not shown: the record's overrides are not settings of a cell"


def _files(folder: Path, page_folder: Path) -> tuple[str, _Files]:
    """Return the beginning of relative links to the run's files, and the ends of those that exist.

    The beginning is quoted, so that no name can be read as another scheme.
    """
    relative = Path(os.path.relpath(folder, page_folder)).as_posix()
    if folder.is_file():  # a kept record
        return quote(relative), (("result.json", ""),)
    present = {entry.name for entry in os.scandir(folder)}
    return quote(f"{relative}/"), tuple((name, name) for name in LINKED_FILES if name in present)


def _curves(run: CollectedRun, shared: _Shared, problems: list[Problem]) -> dict[str, Any] | None:
    curves = attempt(lambda _: read_curves(run, shared.points), run.folder / "metrics.csv", problems)
    if curves is None:
        return None
    epochs = shared.epochs.setdefault(tuple(curves.epochs), len(shared.epochs))
    return {"epochs": epochs, "metrics": curves.metrics}


def _by_class(of: Mapping[str, Mapping[str, float]], shared: _Shared) -> dict[str, Any] | None:
    """Return the first metric that classes have, and their values: None where a class has none."""
    if (metric := next((name for values in of.values() for name in values), None)) is None:
        return None
    values = [round(values[metric], 2) if metric in values else None for values in of.values()]
    classes = shared.classes.setdefault(tuple(of), len(shared.classes))
    return {"metric": metric, "classes": classes, "values": values}


def _metrics(runs: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the metrics by which runs are judged, then the others by name."""
    judged = {run["metric"] for run in runs}
    names = {name for run in runs for name in run["metrics"]}
    order = sorted(names | judged, key=lambda name: (name not in judged, name))
    return [
        {"name": name, "label": metric_names.label(name), "unit": metric_names.unit(name)} for name in order
    ]


def _comparison(comparison: Comparison) -> dict[str, Any]:
    names = ("dataset", "network", "scale", "recipe", "metric", "distinction", "mixture")
    message, wanted = answer(comparison)
    return {
        **{name: getattr(comparison, name) for name in names},
        "reference": comparison.reference,
        "margin": margin(comparison.metric),
        "place": place(comparison),
        "answer": message,
        "wanted": wanted,
        "seeds": max(len(group.runs) for group in comparison.groups),
    }


def _forests(cells: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """By metric the block's gain in each cell that the project ran, those of two pages once, and over all."""
    cells = list({(cell["place"], cell["metric"], cell["gain"]["mean"]): cell for cell in cells}.values())
    read = [
        CellGain(**{**{n: v for n, v in cell.items() if n != "page"}, "gain": Estimate(**cell["gain"])})
        for cell in cells
    ]
    return [
        {
            "label": metric_names.label(metric.rsplit("/", 1)[-1]),
            "sentence": pooled_sentence(metric, pooled),
            "margin": margin(metric),
            "pooled": asdict(pooled.mean),
            "cells": [cell for cell in cells if cell["metric"] == metric],
        }
        for metric, (_, pooled) in pooled_by_metric(read).items()
    ]


def _sweep(comparisons: Sequence[Comparison], found: Studies, own: bool) -> dict[str, Any]:
    """Return the comparisons of the group that ran last, or of the first kept study of three seeds or more.

    Those with most seeds come first. A study in `found` also shows the runs that it shares with others.
    """
    seeds = [max(len(group.runs) for group in comparison.groups) for comparison in comparisons]
    runs = [[run.record for group in comparison.groups for run in group.runs] for comparison in comparisons]
    groups = [{record.group for record in records} for records in runs]
    if own:
        latest = max((record for records in runs for record in records), key=lambda r: r.ended, default=None)
        name = title = latest.group if latest else None
    else:
        several = {group for names, n in zip(groups, seeds, strict=True) if n > 2 for group in names}
        studies = ((study.name, study.title) for study in all_experiments() if study.name in several)
        name, title = next(studies, (None, None))
    its_own = [run for of in found.values() for one in of if one.experiment.name == name for run in one.runs]
    shared = {id(run.record) for run in its_own}
    shown = [n for n, records in enumerate(runs) if name in groups[n] or shared & set(map(id, records))]
    return {"own": own, "group": title, "comparisons": sorted(shown, key=lambda index: -seeds[index])}


def _group(group: Group, comparison: int, margin: float, position: Mapping[int, int]) -> dict[str, Any]:
    first = group.runs[0].record
    return {
        "comparison": comparison,
        "attention": group.attention,
        "distinction": group.distinction,
        "runs": [position[id(run)] for run in group.runs],
        "parameters": first.parameters,
        "gflops_paper": first.gflops_paper,
        "gflops": first.gflops,
        "seconds": group.mean_of(lambda run: run.record.seconds),
        "estimates": _by_metric(group.estimates),
        "differences": _by_metric(group.differences),
        "word": group.gain.word(margin) if group.gain else None,
        "p": group.gain.p if group.gain else None,
    }


def _by_metric(estimates: Mapping[str, Estimate]) -> dict[str, Any]:
    return {metric: asdict(value) for metric, value in estimates.items()}
