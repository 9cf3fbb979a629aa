"""The studies as JSON-ready values: what was asked and found, with the numbers and the runs behind each.

Sentences, gains and words are those of the studies' own pages; nothing is judged here.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from lga.tables import metric_names
from lga.tables.page.found_studies import FoundStudies
from lga.tables.page.paper import Positions, estimate_json
from lga.tables.studies.family import Family, Row
from lga.tables.studies.sentences import CUT_SHORT
from lga.tables.studies.study import Study
from lga.tables.studies.study_markdown import capital


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
    from lga.tables.studies.study_markdown import findings  # loads torch, which other pages do not need

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
