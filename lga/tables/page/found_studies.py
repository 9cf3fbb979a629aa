"""The studies that stand on the page: those in which an attention ran that is compared with the reference.

Composing the grid of a study takes a tenth of a second a cell. So a study is first looked up by its sweep's
file alone, and composed only where runs have the names of its datasets and attentions.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from omegaconf import OmegaConf

from lga.run.compose import CONFIG_DIR
from lga.tables.collect import CollectedRun
from lga.tables.studies.family import Family
from lga.tables.studies.gains import families
from lga.tables.studies.study import PAGES, Study, StudyPage

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
