"""Attentions of a study on one dataset and network: what each gains over the reference, and in words.

What a variant of the block is called: the settings in which it differs from the released one, in words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lga.results.claims import LABELS
from lga.results.collect import CollectedRun
from lga.results.scales import Scale
from lga.results.statistics import Estimate, Paired, seeds_needed
from lga.results.studies.studies import SCALE, SHARE
from lga.results.verdicts import ALPHA

LEAST_OF_INTEREST = 1.0  # points; how many seeds would show a change of this size is told


@dataclass(frozen=True)
class Row:
    """One attention on one dataset and network.

    Attributes:
        attention: its name.
        label: for people; of a variant of the block what is varied.
        block: its settings.
        runs: one a seed; empty where none ran.
        metric: the one that the task is judged by.
        ours: its mean and interval, percent; None where none ran.
        gain: over the reference, points; None for the reference itself and where no seed has both.
        p: of the gain, adjusted; None where there is no spread to test against.
    """

    attention: str
    label: str
    block: Mapping[str, Any]
    runs: Sequence[CollectedRun]
    metric: str
    ours: Estimate | None = None
    gain: Paired | None = None
    p: float | None = None

    @property
    def values(self) -> dict[int, float]:
        """The metric by seed."""
        return {run.record.cell.seed: run.record.metrics[self.metric] for run in self.runs}

    @property
    def word(self) -> str:
        """What can be said of the gain."""
        return "-" if self.gain is None else gain_word(self.gain, self.p)

    @property
    def seeds_for_a_point(self) -> int | None:
        """Pairs of seeds that would find a change of `LEAST_OF_INTEREST` in four of five studies."""
        if self.gain is None or not self.gain.spread:
            return None
        return seeds_needed(LEAST_OF_INTEREST, self.gain.spread)


@dataclass(frozen=True)
class Family:
    """All attentions of a study on one dataset and network, in the order of its grid.

    Attributes:
        dataset: its name.
        network: name of the backbone.
        axes: values of the study's further axes.
        rows: the attentions.
        scale: of the runs; None where none ran.
        start: the rule that drew their first weights; None where none ran, and of old runs.
        changes: settings of the trainer that are not those of the sweep, as text.
    """

    dataset: str
    network: str
    axes: Mapping[str, str]
    rows: tuple[Row, ...]
    scale: Scale | None = None
    start: str | None = None
    changes: str = ""

    @property
    def place(self) -> str:
        """Dataset, network and axes, for people."""
        dataset, network = (LABELS.get(name, name) for name in (self.dataset, self.network))
        return ", ".join([f"{dataset} with {network}", *(axis_text(*axis) for axis in self.axes.items())])

    def row(self, attention: str) -> Row | None:
        """The row of that attention, if there is one."""
        return next((row for row in self.rows if row.attention == attention), None)


def axis_text(axis: str, value: str) -> str:
    """A value of an axis in words."""
    if axis == SHARE:
        return f"{100 * float(value):g} % of the training images"
    return f"scale {value}" if axis == SCALE else f"{axis}={value}"


def gain_word(gain: Paired, p: float | None) -> str:
    """What can be said of a gain whose adjusted p value is known, or None."""
    if p is None:
        return "too few seeds" if gain.difference.n < 2 else "equal in all seeds"
    if p >= ALPHA:
        return "no change found"
    return "gain" if gain.difference.mean > 0 else "loss"


ALPHAS = ("alpha", "alpha_local", "alpha_global")


def block_label(block: Mapping[str, Any], released: Mapping[str, Any]) -> str:
    """Return such as ``alphas frozen at 0.25 / 0.75`` or ``heads 12``; empty where nothing differs.

    Args:
        block: config of the variant.
        released: config of the same class that is the released block.
    """
    differing = [name for name in block if block[name] != released.get(name)]
    words = [_setting(name, block[name]) for name in differing if name not in ALPHAS]
    if any(name in ALPHAS for name in differing):
        words.insert(0, _alphas(block))
    return ", ".join(words)


def frozen_alpha(block: Mapping[str, Any]) -> float | None:
    """Return the local branches' alpha where it is not learned, else None."""
    return float(block["alpha_local"]) if block.get("alpha") == "frozen" else None


def _alphas(block: Mapping[str, Any]) -> str:
    kind, local, universal = (block[name] for name in ALPHAS)
    place = "at" if kind == "frozen" else "from"
    return f"alphas {_words(kind)} {place} {local:g} / {universal:g}"


def _setting(name: str, value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return _words(name) if value else f"no {_words(name)}"
    values = value if isinstance(value, list) else [value]
    return f"{_words(name)} {', '.join(_words(str(each)) for each in values)}"


def _words(text: str) -> str:
    return text.replace("_", " ")
