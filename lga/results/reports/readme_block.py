"""The results in the project's README: one line a table, a few an experiment of ours, between two markers."""

from collections.abc import Mapping, Sequence

from lga.results.experiments import Page
from lga.results.families import Results
from lga.results.reports.markdown import escaped, row_line, scales_of
from lga.results.scales import MEANINGS
from lga.results.sentences import dependence_sentence, dependences, family_sentence
from lga.results.verdicts import Word
from lga.system.errors import UserError

START, END = "<!-- results -->", "<!-- /results -->"
_WORDS = (Word.REPRODUCED, Word.DIRECTION_ONLY, Word.NOT_REPRODUCED, Word.INCONCLUSIVE)


def readme_block(judged: Mapping[Page, Sequence[Results]]) -> str:
    """The lines between the markers, an empty one at each end."""
    lines = [
        row_line(("", "cells that ran", "scale", *_WORDS)),
        row_line((":--", "--:", ":--", *("--:" for _ in _WORDS))),
        *(row_line(_row(page, one)) for page, (one, *_) in judged.items() if one.experiment.judged),
    ]
    for page, results in judged.items():
        if told := _told(results):
            lines += ["", f"{_link(page)}, at {' and '.join(scales_of(results))} scale:", ""]
            lines += [f"- {escaped(sentence)}" for sentence in told]
    lines += ["", "A run's *scale* tells what its numbers stand for:", ""]
    lines += [f"- `{scale}`: {meaning}." for scale, meaning in MEANINGS.items()]
    return "\n\n" + "\n".join(lines) + "\n\n"


def _told(results: Sequence[Results]) -> list[str]:
    """The sentences of our own experiments that ran: on how gains depend on an axis, else on each family."""
    told = []
    for one in results:
        experiment = one.experiment
        if experiment.judged or not any(row.gain for row in one.rows):
            continue
        title = f"{experiment.title}. " if len(results) > 1 else ""
        depending = [dependence_sentence(each) for each in dependences(one)]
        told += [title + each for each in depending or [family_sentence(experiment, f) for f in one.families]]
    return told


def with_block(readme: str, block: str) -> str:
    """The README with the block in place of what stands between its markers."""
    before, start, rest = readme.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise UserError(f"README.md: the markers {START} and {END} are missing; put them in again")
    return f"{before}{START}{block}{END}{after}"


def _link(page: Page) -> str:
    return f"[{page.title}](experiments/{page.name}/README.md)"


def _row(page: Page, results: Results) -> tuple[str, ...]:
    counts = (str(results.verdicts[word]) for word in _WORDS) if results.ran else ("-" for _ in _WORDS)
    ran = f"{results.ran} of {len(results.rows)}"
    return _link(page), ran, ", ".join(results.scales) or "-", *counts
