"""The generated files of a page of studies."""

from collections.abc import Iterable, Mapping, Sequence

from lga.tables.collect import CollectedRun
from lga.tables.studies.family import Family
from lga.tables.studies.gains import families
from lga.tables.studies.study import Study, StudyPage
from lga.tables.studies.study_csv import studies_csv
from lga.tables.studies.study_markdown import Studied, study_markdown
from lga.tables.studies.study_pictures import study_picture

NO_OVERRIDES: Mapping[str, Sequence[str]] = {}


def study_runs(
    page: StudyPage, collected: Sequence[CollectedRun], overrides: Mapping[str, Sequence[str]] = NO_OVERRIDES
) -> dict[Study, tuple[Family, ...]]:
    """The collected runs in the page's studies; `overrides` of a sweep by the name of its study."""
    return {study: families(study, collected, overrides.get(study.name, ())) for study in page.studies}


def shown_runs(studied: Studied) -> list[CollectedRun]:
    """Every run that the page shows; one that stands in two studies is there twice."""
    return [run for family in _families(studied) for row in family.rows for run in row.runs]


def page_files(page: StudyPage, studied: Studied) -> dict[str, str]:
    """Text of each file by its name."""
    drawn = {f"{study.name}.svg": study_picture(study, found) for study, found in studied.items()}
    pictures = {name: text for name, text in drawn.items() if text is not None}
    return {
        "README.md": study_markdown(page, studied, pictures),
        "results.csv": studies_csv(studied),
        **pictures,
    }


def _families(studied: Studied) -> Iterable[Family]:
    return (family for found in studied.values() for family in found)
