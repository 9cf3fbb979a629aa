"""The pages of experiments, and the results in the project's README: means by attention and a line a page."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import fill

from lga.results.experiments import BASELINE, FOLDER, RELEASED, Page, project_pages
from lga.results.families import Family, Results, Row
from lga.results.gains import WORDS
from lga.results.judging import judge_together
from lga.results.labels import interval, label, name_of
from lga.results.reports.committed import read_kept
from lga.results.reports.markdown_tables import escaped, row_line
from lga.results.reports.rendering import Judged, page_files
from lga.results.verdicts import Word
from lga.system.errors import UserError
from lga.system.files import writable, write_text

START, END = "<!-- results -->", "<!-- /results -->"
_WORDS = dict.fromkeys((*WORDS[:-1], *Word))  # what was found before what is undecided
_SHOWN = (BASELINE, "se", "cbam", "mhsa", RELEASED)
README = FOLDER.parent / "README.md"


def judge_kept(folder: Path = FOLDER) -> Judged:
    """Judge the kept records of each page."""
    return {page: judge_together(page.experiments, read_kept(folder / page.name)) for page in project_pages()}


def committed_files(judged: Judged, folder: Path = FOLDER, readme: Path = README) -> dict[Path, str]:
    """Return the text of each page and of the project's README, made from judged kept records alone."""
    files = {
        folder / page.name / name: text
        for page, results in judged.items()
        for name, text in page_files(page, results).items()
    }
    files[readme] = with_block(readme.read_text(encoding="utf-8"), readme_block(judged))
    return files


def write_changed(files: Mapping[Path, str]) -> Sequence[Path]:
    """Write the generated files of the repository that differ; returns their paths."""
    changed = [
        path for path, text in files.items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    for path in changed:
        with writable(path.parent, "the checkout"):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, files[path])
    return changed


def readme_block(judged: Judged) -> str:
    """Return the lines between the markers, an empty one at each end: means by attention, a line a page."""
    ran = {page: results for page, results in judged.items() if any(one.ran for one in results)}
    attentions = [BASELINE, *(name_of(name) for name in _SHOWN[1:])]
    lines = [
        row_line(("data set, network", "seeds", *attentions, "gain of LGA", "")),
        row_line((":--", "--:", *("--:" for _ in attentions), ":--", ":--")),
        *(row_line(_means(family)) for results in judged.values() for family in _shown(results)),
        "",
        row_line(("page", "rows that ran", "what was found")),
        row_line((":--", "--:", ":--")),
        *(row_line(_page_row(page, results)) for page, results in ran.items()),
    ]
    if waiting := [_link(page, page.name) for page in judged if page not in ran]:
        lines += ["", fill(f"No cell has run yet of {', '.join(waiting)}.", 120, break_on_hyphens=False)]
    return "\n\n" + "\n".join(lines) + "\n\n"


def _shown(results: Sequence[Results]) -> list[Family]:
    """Return the families of our own experiments, of no further axis, in which `lga` is held against none."""
    own = [one for one in results if not one.experiment.judged and not one.experiment.axes]
    of_none = [one for one in own if one.experiment.reference == BASELINE]
    return [
        family for one in of_none for family in one.families if (row := family.row(RELEASED)) and row.gain
    ]


def _means(family: Family) -> tuple[str, ...]:
    rows = [family.row(name) for name in _SHOWN]
    means = [f"{row.ours.mean:.2f}" if row and row.ours else "-" for row in rows]
    lga = rows[-1]
    assert lga
    assert lga.gain
    metric = "" if lga.metric == "top1" else f" ({label(lga.metric.rpartition('/')[2])})"
    gain = interval(lga.gain.estimate, signed=True)
    place = f"{name_of(family.dataset)}, {name_of(family.network)}{metric}"
    return place, str(len(lga.runs)), *means, escaped(gain), _word(lga)


def _page_row(page: Page, results: Sequence[Results]) -> tuple[str, str, str]:
    """Return the page, how much of it ran, and how many of its verdicts or gains are which."""
    rows = [row for one in results for row in one.rows]
    count = Counter(_word(row) for row in rows if row.runs)
    bound = {"undecided": _ruled_out(rows)}
    found = [f"{word}: {count[word]}{bound.get(word, '')}" for word in _WORDS if count[word]]
    ran = f"{sum(one.ran for one in results)} of {len(rows)}"
    return _link(page, page.title), ran, ", ".join(found) or "-"


def _word(row: Row) -> str:
    return row.verdict.word if row.verdict else row.word


def _ruled_out(rows: Sequence[Row]) -> str:
    """Return what no undecided gain of our own experiments exceeds; nothing where one has no interval."""
    undecided = [row.gain for row in rows if row.gain and not row.verdict and _word(row) == "undecided"]
    highs = [gain.estimate.high for gain in undecided if gain.estimate.high is not None]
    if not highs or len(highs) < len(undecided):
        return ""
    return f" (none gains more than {math.ceil(10 * max(highs)) / 10:.1f} points)"


def _link(page: Page, text: str) -> str:
    return f"[{text}](experiments/{page.name}/README.md)"


def with_block(readme: str, block: str) -> str:
    """Return the README with the block in place of what stands between its markers."""
    before, start, rest = readme.partition(START)
    _, end, after = rest.partition(END)
    if not start or not end:
        raise UserError(f"README.md: the markers {START} and {END} are missing; put them in again")
    return f"{before}{START}{block}{END}{after}"
