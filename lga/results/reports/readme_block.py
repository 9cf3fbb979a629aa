"""The results in the project's README: one line a table, a few a page of studies, between two markers."""

from collections.abc import Mapping, Sequence

from lga.results.judged_table import JudgedTable
from lga.results.reports.markdown import escaped, row_line
from lga.results.reports.study_markdown import Studied, capital
from lga.results.studies.gains import dependences
from lga.results.studies.sentences import dependence_sentence, family_sentence
from lga.results.studies.studies import StudyPage
from lga.results.verdicts import Word
from lga.system.errors import UserError

START, END = "<!-- results -->", "<!-- /results -->"
_WORDS = (Word.REPRODUCED, Word.DIRECTION_ONLY, Word.NOT_REPRODUCED, Word.INCONCLUSIVE)


NOTHING_STUDIED: Mapping[StudyPage, Studied] = {}


def readme_block(
    tables: Sequence[JudgedTable], studied: Mapping[StudyPage, Studied] = NOTHING_STUDIED
) -> str:
    """The lines between the markers, an empty one at each end."""
    headings = ("", "cells that ran", "scale", *_WORDS)
    lines = [
        row_line(headings),
        row_line((":--", "--:", ":--", *("--:" for _ in _WORDS))),
        *(row_line(_row(table)) for table in tables),
    ]
    for page, found in studied.items():
        if told := _told(found):
            heading = f"[{capital(page.title)}](experiments/{page.name}/README.md), at {_scale(found)} scale:"
            lines += ["", heading, "", *(f"- {escaped(sentence)}" for sentence in told)]
    return "\n\n" + "\n".join(lines) + "\n\n"


def _told(studied: Studied) -> list[str]:
    """The sentences of studies that ran: on how gains depend on the study's axes, else on its families."""
    told = []
    for study, found in studied.items():
        if not any(row.gain for family in found for row in family.rows):
            continue
        title = f"{capital(study.title)}. " if len(studied) > 1 else ""
        depending = [dependence_sentence(one) for one in dependences(study, found)]
        told += [title + each for each in depending or [family_sentence(study, one) for one in found]]
    return told


def _scale(studied: Studied) -> str:
    scales = dict.fromkeys(family.scale for found in studied.values() for family in found if family.scale)
    return " and ".join(map(str, scales))


def with_block(readme: str, block: str) -> str:
    """The README with the block in place of what stands between its markers."""
    before, start, rest = readme.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise UserError(f"README.md: the markers {START} and {END} are missing; put them in again")
    return f"{before}{START}{block}{END}{after}"


def _row(table: JudgedTable) -> tuple[str, ...]:
    experiment = table.experiment
    link = f"[{experiment.heading}](experiments/{experiment.name}/README.md)"
    ran = f"{table.ran} of {len(table.cells)}"
    counts = (str(table.verdicts[word]) for word in _WORDS) if table.ran else ("-" for _ in _WORDS)
    return link, ran, ", ".join(table.scales) or "-", *counts
