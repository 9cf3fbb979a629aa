"""The studies as JSON-ready values: what was asked and found, with the numbers and the runs behind each.

Sentences, gains and words are those of the studies' own pages; nothing is judged here.

The studies that stand on the page: those in which an attention ran that is compared with the reference.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from lga.dashboard.page.paper import Positions
from lga.results.collect import CollectedRun
from lga.results.experiments import Experiment, Page, all_pages
from lga.results.families import Family, Results, Row
from lga.results.judging import judge_together
from lga.results.labels import label
from lga.results.scales import CUT_SHORT
from lga.results.sentences import findings, spread_sentence
from lga.results.supplements import supplements
from lga.results.verdicts import margin

Studies = Mapping[Page, Sequence[Results]]


def found_studies(runs: Sequence[CollectedRun], names: Collection[str] | None = None) -> Studies:
    """Return the studies with runs, on their pages, with what they found; pages without any are left out.

    With `names`, those that are called so, as the groups of runs are.
    """
    found: dict[Page, list[Results]] = {}
    for page in all_pages() if runs else ():
        asked = [one for one in page.experiments if not one.judged and (names is None or one.name in names)]
        if asked and (results := with_results(judge_together(asked, runs))):
            found[page] = results
    return found


def with_results(judged: Iterable[Results]) -> list[Results]:
    """Those that found something; with runs of its reference alone, a study has not."""
    return [
        one for one in judged if any(r.runs and r.attention != one.experiment.reference for r in one.rows)
    ]


def studied(found: Studies, position: Positions, whose: str = "") -> list[dict[str, Any]]:
    """All pages of studies; `position` is each run's place on the page by its id, `whose` begins titles."""
    return [
        {
            "name": f"own-{page.name}" if whose else page.name,
            "title": f"{whose}{page.title}",
            "limits": re.sub(r"\[([^]]+)\]\([^)]*\)", r"\1", page.experiments[0].limits),  # links of Markdown
            "studies": [_study(results, studies, position, whose) for results in studies],
        }
        for page, studies in found.items()
    ]


def _study(results: Results, beside: Sequence[Results], position: Positions, whose: str) -> dict[str, Any]:
    experiment = results.experiment
    compared = [row for row in results.rows if row.attention != experiment.reference]
    return {
        "id": f"own-{experiment.name}" if whose else experiment.name,
        "name": experiment.name,
        "title": f"{whose}{experiment.title}",
        "question": experiment.question,
        "kind": experiment.kind.capitalize(),
        "reference": experiment.reference,
        "compared": len(compared),
        "ran": sum(bool(row.runs) for row in compared),
        "words": Counter(row.word for row in compared if row.gain),
        "findings": findings(results, beside),
        "supplements": [table._asdict() for table in supplements(results)],
        "families": [_family(experiment, family, position) for family in results.families if family.scale],
    }


def _family(experiment: Experiment, family: Family, position: Positions) -> dict[str, Any]:
    """Return a family that ran; its network is named as the runs' are."""
    first = next(row for row in family.rows if row.runs)
    reference = family.row(experiment.reference)
    beside = family.spread is not None and family.spread.all_rows is not None
    return {
        "place": family.place,
        "dataset": family.dataset,
        "network": first.runs[0].network,
        "scale": family.scale,
        "marked": family.scale in CUT_SHORT,
        "changes": family.changes,
        "mixture": family.mixture,
        "metric": first.metric,
        "margin": margin(first.metric),
        "label": label(first.metric),
        "sight": spread_sentence(family.spread, experiment.reference) if family.spread else None,
        "rows": [_row(row, reference, position, beside) for row in family.rows],
    }


def _row(row: Row, reference: Row | None, position: Positions, beside: bool) -> dict[str, Any]:
    record = row.runs[0].record if row.runs else None
    return {
        "attention": row.attention,
        "label": row.label,
        "runs": [position[id(run)] for run in row.runs],
        "ours": asdict(row.ours) if row.ours else None,
        "gain": _gain(row, reference, position),
        "overall_p": row.overall.p if row.overall and beside else None,
        "word": None if row.gain is None else row.word,
        "parameters": record.parameters if record else None,
    }


def _gain(row: Row, reference: Row | None, position: Positions) -> dict[str, Any] | None:
    """Return the gain and the runs of the pairs of seeds that it is the mean of."""
    if row.gain is None or reference is None:
        return None
    shared = row.values.keys() & reference.values.keys()
    pairs = [run for run in (*row.runs, *reference.runs) if run.record.cell.seed in shared]
    return {**asdict(row.gain.estimate), "p": row.gain.p, "runs": [position[id(run)] for run in pairs]}
