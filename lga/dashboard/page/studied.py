"""The studies as JSON-ready values: what was asked and found, with the numbers and the runs behind each.

Sentences, gains and words are those of the studies' own pages; nothing is judged here.

The studies that stand on the page: those in which an attention ran that is compared with the reference.

Composing the grid of a study takes a tenth of a second a cell. So a study is first looked up by its sweep's
file alone, and composed only where runs have the names of its datasets and attentions.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from omegaconf import OmegaConf

from lga.config.compose import CONFIG_DIR
from lga.dashboard.page.paper import Positions, estimate_json
from lga.results import labels as metric_names
from lga.results.collect import CollectedRun
from lga.results.reports.study_markdown import capital
from lga.results.studies.family import Family, Row
from lga.results.studies.gains import families
from lga.results.studies.sentences import CUT_SHORT
from lga.results.studies.studies import PAGES, Study, StudyPage

FoundStudies = Mapping[StudyPage, Mapping[Study, Sequence[Family]]]
NO_STUDIES: FoundStudies = {}
_OVERRIDE = "override /"


def found_studies(runs: Sequence[CollectedRun]) -> FoundStudies:
    """Return the studies with runs, on their pages, with what they found; pages without any are left out.

    A study with runs of its reference alone has found nothing and is left out too.
    """
    pages = {page: dict(_found(page.studies, runs)) for page in PAGES}
    return {page: found for page, found in pages.items() if found}


def _found(
    studies: Iterable[Study], runs: Sequence[CollectedRun]
) -> Iterator[tuple[Study, Sequence[Family]]]:
    for study in studies:
        own = named_alike(study, runs)
        found = families(study, own) if _compared(study, (run.record.cell.attention for run in own)) else ()
        if _compared(study, (row.attention for family in found for row in family.rows if row.runs)):
            yield study, found


def _compared(study: Study, attentions: Iterable[str]) -> bool:
    return any(attention != study.reference for attention in attentions)


def named_alike(study: Study, runs: Iterable[CollectedRun]) -> list[CollectedRun]:
    """Return the finished runs whose names are among those that the study's sweep gives, group by group."""
    names = {group: set(swept(study.name, group)) for group in ("dataset", "backbone", "attention")}
    return [
        run
        for run in runs
        if run.record.status == "finished"
        and all(getattr(run.record.cell, group) in given for group, given in names.items() if given)
    ]


def swept(experiment: str, group: str) -> list[str]:
    """Return the names of a group's configs that a sweep goes over, or of the one that it overrides."""
    sweep = OmegaConf.load(CONFIG_DIR / "experiment" / f"{experiment}.yaml")
    choices = OmegaConf.select(sweep, f"hydra.sweeper.params.{group}")
    if choices is not None:
        return [_name(group, choice) for choice in str(choices).split(",")]
    names: list[str] = []
    for default in OmegaConf.to_container(sweep).get("defaults", []):  # type: ignore[union-attr]
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


def studied(found: FoundStudies, position: Positions) -> list[dict[str, Any]]:
    """All pages of studies; `position` is each run's place on the page by its id."""
    return [
        {
            "name": page.name,
            "title": capital(page.title),
            "limits": page.limits,
            "studies": [_study(study, families, position) for study, families in studies.items()],
        }
        for page, studies in found.items()
    ]


def _study(study: Study, families: Sequence[Family], position: Positions) -> dict[str, Any]:
    from lga.results.reports.study_markdown import findings  # loads torch, which other pages do not need

    compared = [row for family in families for row in family.rows if row.attention != study.reference]
    return {
        "name": study.name,
        "title": capital(study.title),
        "question": study.question,
        "kind": capital(study.kind),
        "reference": study.reference,
        "compared": len(compared),
        "ran": sum(bool(row.runs) for row in compared),
        "words": Counter(row.word for row in compared if row.gain),
        "findings": findings(study, families),
        "families": [_family(study, family, position) for family in families if family.scale],
    }


def _family(study: Study, family: Family, position: Positions) -> dict[str, Any]:
    """A family that ran; its network is named as the runs' are."""
    first = next(row for row in family.rows if row.runs)
    reference = family.row(study.reference)
    return {
        "place": family.place,
        "dataset": family.dataset,
        "network": first.runs[0].network,
        "scale": family.scale,
        "marked": family.scale in CUT_SHORT,
        "changes": family.changes,
        "metric": first.metric,
        "label": metric_names.label(first.metric),
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
        **estimate_json(row.gain.difference),
        "p": row.p,
        "effect": row.gain.effect,
        "runs": [position[id(run)] for run in pairs],
    }
