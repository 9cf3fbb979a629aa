"""The paper's claims, one for each row that has an attention, and a sentence that says how each stands.

A claim is the difference between a row and the row of the same dataset and model without attention.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lga.results.experiments import BASELINE
from lga.results.gains import Gain
from lga.results.labels import interval, label, name_of
from lga.results.published import METRICS, PublishedRow
from lga.results.verdicts import Verdict, Word, difference, judge_gain


@dataclass(frozen=True)
class Claim:
    """One published gain over no attention, and how it stands.

    Attributes:
        row: with the attention.
        metric: such as ``map50``.
        published: the gain, points.
        slack: what rounding may have moved it by.
        verdict: on our gain.
        noise: two of our runs without attention differ by less in 95 % of pairs; None where that is unknown.
    """

    row: PublishedRow
    metric: str
    published: float
    slack: float
    verdict: Verdict
    noise: float | None = None

    @property
    def sentence(self) -> str:
        """The claim, the noise it has to beat, ours, and the verdict."""
        row, verdict = self.row, self.verdict
        noise = "" if self.noise is None else f" (two runs without differ by up to {self.noise:.2f})"
        place = f"on {name_of(row.dataset)} with {name_of(row.model)}"
        claimed = f"{name_of(row.attention)} {self._change} {place}{noise}"
        if verdict.word == Word.NOT_RUN:
            return f"{claimed}: not run."
        ours = f"ours {interval(verdict.ours, signed=True)}" if verdict.ours else "ours unknown"
        return f"{claimed}: {ours}: {verdict.word}; {verdict.reason}."

    @property
    def _change(self) -> str:
        metric, gain = label(self.metric), self.published
        if not gain:
            return f"leaves {metric} as it is without attention"
        rounded = ", which rounding can make," if abs(gain) <= self.slack else ""
        return f"{'gains' if gain > 0 else 'loses'} {abs(gain):.2f} {metric}{rounded} over no attention"


def claims(
    published: Sequence[PublishedRow], gains: Mapping[str, Gain], scale: str, noise: float | None = None
) -> list[Claim]:
    """Return the claims on the first metric of the rows of one dataset and model, in their order.

    Args:
        published: the rows; without the baseline among them nothing is claimed.
        gains: ours over the baseline by attention.
        scale: of our runs.
        noise: of the baseline's runs.
    """
    rows = {row.attention: row for row in published}
    if BASELINE not in rows:
        return []
    metric = METRICS[rows[BASELINE].task][0]
    base = getattr(rows[BASELINE], metric)
    made = []
    for name, row in rows.items():
        if name != BASELINE:
            gain, slack = difference(getattr(row, metric), base, row.decimals)
            verdict = judge_gain(gain, slack, gains.get(name), metric, scale)
            made.append(Claim(row, metric, gain, slack, verdict, noise))
    return made
