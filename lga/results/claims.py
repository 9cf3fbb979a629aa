"""The paper's claims, one for each row that has an attention, and a sentence that says how each stands.

A claim is the difference between a row and the row of the same dataset and model without attention.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lga.results.experiments import BASELINE
from lga.results.labels import label, name_of
from lga.results.published import METRICS, PublishedRow, published_number
from lga.results.statistics import Estimate
from lga.results.verdicts import Verdict, Word, judge_gains


@dataclass(frozen=True)
class Claim:
    """One published gain over no attention, and how it stands.

    Attributes:
        row: with the attention.
        metric: such as ``map50``.
        published: the gain, points.
        verdict: on our gain.
    """

    row: PublishedRow
    metric: str
    published: float
    verdict: Verdict

    @property
    def sentence(self) -> str:
        """The claim, ours, and the verdict."""
        row, verdict = self.row, self.verdict
        claimed = (
            f"{name_of(row.attention)} {_change(self.published, label(self.metric))} "
            f"on {name_of(row.dataset)} with {name_of(row.model)}"
        )
        if verdict.word is Word.NOT_RUN:
            return f"{claimed}: not run."
        ours = f"ours {_interval(verdict.ours)}" if verdict.ours else "ours unknown"
        seeds = "seed" if verdict.more_seeds == 1 else "seeds"
        more = f"; about {verdict.more_seeds} more {seeds} would settle it" if verdict.more_seeds else ""
        return f"{claimed}: {ours}: {verdict.word} ({verdict.reason}{more})."


def claims(
    values: Mapping[PublishedRow, Mapping[int, float]], scale: str, metric_number: int = 0
) -> list[Claim]:
    """Return the claims of the rows of one dataset and model, in their order, as one family of tests.

    Args:
        values: ours of each row by seed, percent; without the baseline among them nothing is claimed.
        scale: of our runs.
        metric_number: 0 for the first metric of the task (mAP50, top-1 accuracy), 1 for the second.
    """
    rows: dict[str, PublishedRow] = {row.attention: row for row in values}
    if BASELINE not in rows:
        return []
    metric = METRICS[rows[BASELINE].task][metric_number]
    published = {name: published_number(row, metric) for name, row in rows.items()}
    ours = {name: values[row] for name, row in rows.items()}
    verdicts = judge_gains(published, ours, BASELINE, metric, scale)
    return [
        Claim(row, metric, published[name] - published[BASELINE], verdicts[name])
        for name, row in rows.items()
        if name != BASELINE
    ]


def _change(gain: float, metric: str) -> str:
    if abs(gain) < 0.005:
        return f"leaves {metric} as it is without attention"
    return f"{'gains' if gain > 0 else 'loses'} {abs(gain):.2f} {metric} over no attention"


def _interval(ours: Estimate) -> str:
    mean = f"{ours.mean:+.2f}"
    if ours.low is None or ours.high is None:
        return f"{mean} (one seed)"
    return f"{mean} [{ours.low:+.2f}, {ours.high:+.2f}] over {ours.n} seeds"
