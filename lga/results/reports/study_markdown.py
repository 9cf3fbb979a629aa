"""A page of studies as Markdown: each one's question, what was found, and the gains over its reference."""

from collections.abc import Collection, Mapping, Sequence
from statistics import fmean

from lga.results.labels import label
from lga.results.published import METRICS, load_published
from lga.results.reports.markdown import GENERATED, SCALE_NOTES, escaped, provenance, row_line
from lga.results.studies.family import Family, Row
from lga.results.studies.gains import dependences
from lga.results.studies.sentences import CUT_SHORT, dependence_sentence, family_sentence, interval
from lga.results.studies.studies import Study, StudyPage

Studied = Mapping[Study, Sequence[Family]]
ALIGNMENTS = (":--", "--:", "--:", "--:", "--:", "--:", ":--", "--:")


def study_markdown(page: StudyPage, studied: Studied, pictures: Collection[str] = ()) -> str:
    """The whole page; `pictures` are files beside it, named after their studies."""
    several = len(studied) > 1
    records = [run.record for found in studied.values() for f in found for row in f.rows for run in row.runs]
    questions = [] if several else [study.question for study in studied]
    lines = [
        GENERATED,
        "",
        f"# {capital(page.title)}",
        "",
        " ".join([*questions, page.limits]),
        "",
        f"`make reproduce-{page.name}` runs {'all' if several else 'it'}; [results.csv](results.csv) has all "
        "numbers. Metrics are in",
        "percent: means over seeds with 95 % intervals. Gains are paired by seed; p values are Holm's, over",
        f"{_corrected(studied)}; the effect is the mean gain by its standard deviation.",
        *_scale_notes(studied),
        *(line for study, found in studied.items() for line in _section(study, found, several, pictures)),
        *provenance(list({record.config_hash: record for record in records}.values())),
    ]
    return "\n".join(lines) + "\n"


def findings(study: Study, found: Sequence[Family]) -> list[str]:
    """The study's sentences: how its gains depend on its axes, then each family's."""
    depending = [dependence_sentence(one) for one in dependences(study, found)]
    return [*depending, *(family_sentence(study, family) for family in found)]


def capital(text: str) -> str:
    """The text with a capital at its start."""
    return f"{text[0].upper()}{text[1:]}"


def _corrected(studied: Studied) -> str:
    (kind,) = {study.kind for study in studied}
    axes = any(study.axes for study in studied)
    rows = "all gains on a dataset" if axes else f"the {kind}s of a dataset"
    return f"{rows} in one ablation" if len(studied) > 1 else rows


def _scale_notes(studied: Studied) -> list[str]:
    scales = dict.fromkeys(family.scale for found in studied.values() for family in found)
    notes = [f"- {SCALE_NOTES[scale]}" for scale in scales if scale in (*CUT_SHORT, "study")]
    return ["", *notes] if notes else []


def _section(study: Study, found: Sequence[Family], several: bool, pictures: Collection[str]) -> list[str]:
    sentences = [f"- {escaped(sentence)}" for sentence in findings(study, found)]
    picture = f"{study.name}.svg"
    shown = ["", f"![{capital(study.title)}]({picture})"] if picture in pictures else []
    if not several:
        tables = _tables(study, found, "## {}")
        return ["", "## What was found", "", *sentences, *shown, *tables]
    tables = _tables(study, found, "{}:" if len(found) > 1 else "")
    heading = [f"## {capital(study.title)}", "", f"{study.question} `make reproduce-{study.name}`"]
    return ["", *heading, "", *sentences, *tables, *shown]


def _tables(study: Study, found: Sequence[Family], heading: str) -> list[str]:
    """The families' tables, each under its place where there is a form of heading for it."""
    lines = []
    for family in found:
        lines += ["", *([heading.format(_title(family)), ""] if heading else []), *_table(study, family)]
    return lines


def _title(family: Family) -> str:
    return family.place.replace(" with ", ", ", 1)


def _table(study: Study, family: Family) -> list[str]:
    metric = next((row.metric for row in family.rows if row.metric), "")
    headings = (study.kind, "seeds", label(metric) if metric else "ours", f"gain over {study.reference}",
                "adjusted p", "effect", "found", "parameters")  # fmt: skip
    beside = _beside(study, family, metric)
    mark = f" *({family.scale})*" if family.scale in CUT_SHORT else ""
    told = ["", f"With {escaped(family.changes)}."] if family.changes else []
    rows = [row_line((*_cells(row, mark), *(cells[row.attention] for cells in beside.values())))
            for row in family.rows]  # fmt: skip
    return [row_line((*headings, *beside)), row_line((*ALIGNMENTS, *("--:" for _ in beside))), *rows, *told]


def _beside(study: Study, family: Family, metric: str) -> dict[str, dict[str, str]]:
    """Further columns: each attention's cell by heading."""
    columns = {}
    if any(_others(row) for row in family.rows):
        columns["best epoch"] = {row.attention: _mean_text(_others(row)) for row in family.rows}
    if study.published:
        published = {
            row.attention: getattr(row, metric or METRICS[row.task][0])
            for row in load_published()
            if (row.dataset, row.model) == (family.dataset, family.network)
        }
        columns[study.published] = {
            row.attention: f"{published[row.attention]:g}" if row.attention in published else "-"
            for row in family.rows
        }
    return columns


def _others(row: Row) -> list[float]:
    """The metric at the epoch that is not the primary one, of each seed that has it."""
    return [run.record.other_epoch.metrics[row.metric] for run in row.runs if run.record.other_epoch]


def _mean_text(values: Sequence[float]) -> str:
    return f"{fmean(values):.2f}" if values else "-"


def _cells(row: Row, mark: str) -> tuple[str, ...]:
    if row.ours is None:
        return (escaped(row.label), "-", "*not run*", "-", "-", "-", "-", "-")
    gain = row.gain
    return (
        escaped(row.label),
        str(row.ours.n),
        interval(row.ours) + mark,
        interval(gain.difference, signed=True) + mark if gain else "-",
        "-" if row.p is None else f"{row.p:.3f}",
        "-" if gain is None or gain.effect is None else f"{gain.effect:+.1f}",
        row.word,
        f"{row.runs[0].record.parameters:,}",
    )
