"""What an experiment's runs gave: every attention of a dataset and network beside the reference."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from lga.results.claims import Claim
from lga.results.collect import CollectedRun
from lga.results.experiments import Experiment
from lga.results.gains import Gain, Spread
from lga.results.labels import name_of, setting_text, unit
from lga.results.matching import OtherRun
from lga.results.origins import mixture
from lga.results.published import PublishedRow
from lga.results.scales import Scale
from lga.results.statistics import Estimate, estimate
from lga.results.verdicts import Verdict, Word, margin


@dataclass(frozen=True)
class Number:
    """One metric of one row, percent.

    Attributes:
        metric: as records name it; empty where that is unknown.
        values: ours by seed.
        published: the published one, if there is one.
        verdict: on ours, where they are held against it.
        decimals: of the published number; None for three significant digits.
    """

    metric: str
    values: Mapping[int, float]
    published: float | None = None
    verdict: Verdict | None = None
    decimals: int | None = None

    @cached_property
    def ours(self) -> Estimate | None:
        """Mean and interval; None where none ran."""
        percent = unit(self.metric) == "%"
        return estimate(list(self.values.values()), percent) if self.values else None


@dataclass(frozen=True)
class Row:
    """One attention on one dataset and network.

    Attributes:
        attention: its name.
        label: for people; of a variant of the block what is varied.
        runs: one a seed; empty where none ran.
        numbers: of each metric, that which the task is judged by first.
        block: the attention's settings; empty where no grid was composed.
        published: the published row, if the experiment is held against one or shows it.
        gain: over the reference, adjusted over its family; None for the reference and without a common seed.
        overall: the same, adjusted over all rows of the data set, network and recipe.
        claim: what is published of the gain, judged.
        counts: how parameters and GFLOPs stand to the published; None where none ran.
    """

    attention: str
    label: str
    runs: Sequence[CollectedRun]
    numbers: tuple[Number, ...]
    block: Mapping[str, Any] = field(default_factory=dict)
    published: PublishedRow | None = None
    gain: Gain | None = None
    overall: Gain | None = None
    claim: Claim | None = None
    counts: str | None = None

    @property
    def metric(self) -> str:
        """The one that the task is judged by."""
        return self.numbers[0].metric

    @property
    def values(self) -> Mapping[int, float]:
        """That metric by seed."""
        return self.numbers[0].values

    @property
    def ours(self) -> Estimate | None:
        """Its mean and interval."""
        return self.numbers[0].ours

    @property
    def verdict(self) -> Verdict | None:
        """On that metric."""
        return self.numbers[0].verdict

    @property
    def scale(self) -> Scale | None:
        """Of the runs; None where none ran."""
        return self.runs[0].scale if self.runs else None

    @property
    def word(self) -> str:
        """What can be said of the gain."""
        return "-" if self.gain is None else self.gain.word(margin(self.metric))


@dataclass(frozen=True)
class Family:
    """All attentions of an experiment on one dataset and network, in the order of its grid.

    Attributes:
        dataset: its name.
        network: name of the backbone, or of the published model.
        axes: values of the experiment's further axes.
        rows: the attentions.
        scale: of the runs; None where none ran.
        start: the rule that drew their first weights; None where none ran, and of old runs.
        changes: settings of the trainer that are not those of the sweep, as text.
        recipe: hash of how its runs were made but for the attention; empty where none ran.
        spread: of all cells of that recipe; None where nothing is known of it.
        looks: numbers of seeds at which looking was planned.
    """

    dataset: str
    network: str
    axes: Mapping[str, str]
    rows: tuple[Row, ...]
    scale: Scale | None = None
    start: str | None = None
    changes: str = ""
    recipe: str = ""
    spread: Spread | None = None
    looks: tuple[int, ...] = ()

    @property
    def settled(self) -> bool:
        """Whether every gain is decided."""
        return all(row.word != "undecided" for row in self.rows if row.gain)

    @property
    def place(self) -> str:
        """Dataset, network and axes, for people."""
        names = f"{name_of(self.dataset)} with {name_of(self.network)}"
        return ", ".join([names, *(setting_text(*axis) for axis in self.axes.items())])

    @property
    def mixture(self) -> str:
        """What is to be said of runs of several machines or revisions."""
        return mixture({row.label: row.runs for row in self.rows})

    def row(self, attention: str) -> Row | None:
        """Return the row of that attention, if there is one."""
        return next((row for row in self.rows if row.attention == attention), None)


@dataclass(frozen=True)
class Results:
    """All families of an experiment.

    Attributes:
        experiment: what was run.
        families: in the order of its grid.
        others: finished runs of its cells with other settings or data.
        changes: overrides of the sweep that may change results.
    """

    experiment: Experiment
    families: tuple[Family, ...]
    others: Sequence[OtherRun] = ()
    changes: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[Row, ...]:
        """Of all families."""
        return tuple(row for family in self.families for row in family.rows)

    @property
    def runs(self) -> tuple[CollectedRun, ...]:
        """Every run that is shown."""
        return tuple(run for row in self.rows for run in row.runs)

    @property
    def ran(self) -> int:
        """Rows with a finished run."""
        return sum(bool(row.runs) for row in self.rows)

    @property
    def scales(self) -> tuple[Scale, ...]:
        """Of the runs, in the order of the rows."""
        return tuple(dict.fromkeys(row.scale for row in self.rows if row.scale))

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What was published of the gains, judged."""
        return tuple(row.claim for row in self.rows if row.claim)

    @property
    def verdicts(self) -> Mapping[Word, int]:
        """How many rows have each verdict."""
        found = Counter(row.verdict.word for row in self.rows if row.verdict)
        return {word: found[word] for word in Word}
