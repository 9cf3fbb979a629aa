"""The studies as JSON-ready values: what was asked and found, with the numbers and the runs behind each.

Sentences, gains and words are those of the studies' own pages; nothing is judged here.

The studies that stand on the page: those in which an attention ran that is compared with the reference.

Composing the grid of a study takes a tenth of a second a cell. So a study is first looked up by its sweep's
file alone, and composed only where runs have the names of its datasets and attentions.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from omegaconf import OmegaConf

from lga.config.compose import CONFIG_DIR
from lga.dashboard.page.paper import Positions, estimate_json
from lga.results.collect import CollectedRun
from lga.results.experiments import Experiment, Page, all_pages, read_experiment_file
from lga.results.families import Family, Results, Row
from lga.results.judging import judge_together
from lga.results.labels import label
from lga.results.scales import CUT_SHORT
from lga.results.sentences import findings, spread_sentence

Studies = Mapping[Page, Sequence[Results]]
NO_STUDIES: Studies = {}
_OVERRIDE = "override /"


def found_studies(runs: Sequence[CollectedRun]) -> Studies:
    """Return the studies with runs, on their pages, with what they found; pages without any are left out.

    A study with runs of its reference alone has found nothing and is left out too.
    """
    pages = {page: list(_found(page.experiments, runs)) for page in all_pages()}
    return {page: found for page, found in pages.items() if found}


def _found(experiments: Iterable[Experiment], runs: Sequence[CollectedRun]) -> Iterator[Results]:
    named = {one: [] if one.judged else named_alike(one, runs) for one in experiments}
    own = {id(run): run for found in named.values() for run in found}
    chosen = [
        one for one, found in named.items() if _compared(one, (run.record.cell.attention for run in found))
    ]
    for results in judge_together(chosen, own.values()):
        if _compared(results.experiment, (row.attention for row in results.rows if row.runs)):
            yield results


def _compared(experiment: Experiment, attentions: Iterable[str]) -> bool:
    return any(attention != experiment.reference for attention in attentions)


def named_alike(experiment: Experiment, runs: Iterable[CollectedRun]) -> list[CollectedRun]:
    """Return the finished runs whose names are among those that the study's sweep gives, group by group."""
    names = {group: set(swept(experiment.name, group)) for group in ("dataset", "backbone", "attention")}
    return [
        run
        for run in runs
        if run.record.status == "finished"
        and all(getattr(run.record.cell, group) in given for group, given in names.items() if given)
    ]


def swept(experiment: str, group: str) -> list[str]:
    """Return the names of a group's configs that a sweep goes over, or of the one that it overrides."""
    sweep = read_experiment_file(experiment)
    params = ((sweep.get("hydra") or {}).get("sweeper") or {}).get("params") or {}
    if group in params:
        return [_name(group, choice) for choice in str(params[group]).split(",")]
    names: list[str] = []
    for default in sweep.get("defaults") or ():
        names = _overridden(default, group) or names
    return names


def _overridden(default: Any, group: str) -> list[str]:
    """What an entry of a defaults list makes of a group, itself or by the sweep that it includes."""
    if isinstance(default, str):
        return [] if default == "_self_" else swept(default, group)
    return [_name(group, str(default[key])) for key in default if key == f"{_OVERRIDE}{group}"]


def _name(group: str, choice: str) -> str:
    path = CONFIG_DIR / group / f"{choice}.yaml"
    if not path.is_file():
        return choice.replace("/", "_")  # a network of timm
    return str(OmegaConf.create({group: OmegaConf.load(path)})[group].name)


def studied(found: Studies, position: Positions) -> list[dict[str, Any]]:
    """All pages of studies; `position` is each run's place on the page by its id."""
    return [
        {
            "name": page.name,
            "title": page.title,
            "limits": re.sub(r"\[([^]]+)\]\([^)]*\)", r"\1", page.experiments[0].limits),  # links of Markdown
            "studies": [_study(results, position) for results in studies],
        }
        for page, studies in found.items()
    ]


def _study(results: Results, position: Positions) -> dict[str, Any]:
    experiment = results.experiment
    compared = [row for row in results.rows if row.attention != experiment.reference]
    return {
        "name": experiment.name,
        "title": experiment.title,
        "question": experiment.question,
        "kind": experiment.kind.capitalize(),
        "reference": experiment.reference,
        "compared": len(compared),
        "ran": sum(bool(row.runs) for row in compared),
        "words": Counter(row.word for row in compared if row.gain),
        "findings": findings(results),
        "families": [_family(experiment, family, position) for family in results.families if family.scale],
    }


def _family(experiment: Experiment, family: Family, position: Positions) -> dict[str, Any]:
    """A family that ran; its network is named as the runs' are."""
    first = next(row for row in family.rows if row.runs)
    reference = family.row(experiment.reference)
    return {
        "place": family.place,
        "dataset": family.dataset,
        "network": first.runs[0].network,
        "scale": family.scale,
        "marked": family.scale in CUT_SHORT,
        "changes": family.changes,
        "metric": first.metric,
        "label": label(first.metric),
        "sight": spread_sentence(family.spread, experiment.reference) if family.spread else None,
        "rows": [_row(row, reference, position) for row in family.rows],
    }


def _row(row: Row, reference: Row | None, position: Positions) -> dict[str, Any]:
    record = row.runs[0].record if row.runs else None
    return {
        "attention": row.attention,
        "label": row.label,
        "runs": [position[id(run)] for run in row.runs],
        "ours": estimate_json(row.ours) if row.ours else None,
        "gain": _gain(row, reference, position),
        "word": None if row.gain is None else row.word,
        "parameters": record.parameters if record else None,
    }


def _gain(row: Row, reference: Row | None, position: Positions) -> dict[str, Any] | None:
    """The gain and the runs of the pairs of seeds that it is the mean of."""
    if row.gain is None or reference is None:
        return None
    shared = row.values.keys() & reference.values.keys()
    pairs = [run for run in (*row.runs, *reference.runs) if run.record.cell.seed in shared]
    return {
        **estimate_json(row.gain.estimate),
        "p": row.gain.p,
        "runs": [position[id(run)] for run in pairs],
    }
