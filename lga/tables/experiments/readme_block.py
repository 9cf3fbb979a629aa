"""The results in the project's README: one line a table, between two markers."""

from collections.abc import Sequence

from lga.structures import UserError
from lga.tables.experiments.judged_table import JudgedTable
from lga.tables.experiments.markdown import escaped, row_line
from lga.tables.studies.gains import Family
from lga.tables.studies.study import Study
from lga.tables.studies.study_markdown import sentence
from lga.tables.verdicts import Word

START, END = "<!-- results -->", "<!-- /results -->"
_WORDS = (Word.REPRODUCED, Word.DIRECTION_ONLY, Word.NOT_REPRODUCED, Word.INCONCLUSIVE)


def readme_block(
    tables: Sequence[JudgedTable], studied: Sequence[tuple[Study, Sequence[Family]]] = ()
) -> str:
    """The lines between the markers, an empty one at each end."""
    headings = ("", "cells that ran", "scale", *_WORDS)
    lines = [
        row_line(headings),
        row_line((":--", "--:", ":--", *("--:" for _ in _WORDS))),
        *(row_line(_row(table)) for table in tables),
    ]
    for study, families in studied:
        title = f"{study.title[0].upper()}{study.title[1:]}"
        lines += ["", f"[{title}](experiments/{study.name}/README.md), at embedded scale:", ""]
        lines += [f"- {escaped(sentence(family))}" for family in families]
    return "\n\n" + "\n".join(lines) + "\n\n"


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
