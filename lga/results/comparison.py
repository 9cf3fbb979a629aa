"""Runs arranged for comparison: seeds into groups, and groups that differ only in attention side by side.

Runs are averaged only if their configs are equal in all but the seed and what cannot change a result.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from lga.results.collect import CollectedRun
from lga.results.experiments import BASELINE, RELEASED
from lga.results.gains import Gain, Spread, compare_gains
from lga.results.labels import unit
from lga.results.looks import level_at, planned_in
from lga.results.origins import mixture, one_each
from lga.results.settings import distinctions, recipe, without
from lga.results.statistics import Estimate, estimate
from lga.system.digests import digest

Member = tuple[str, str, int]  # attention, hash of the settings, seed


@dataclass(frozen=True)
class Group:
    """The finished runs of one attention, one a seed, and their statistics by metric.

    `distinction` names the settings that differ between groups of the same attention;
    `differences` are to the comparison's reference, with simultaneous intervals over its groups; `gain` is
    that of the metric which the task is judged by.
    """

    attention: str
    settings: Mapping[str, Any]
    runs: tuple[CollectedRun, ...]
    estimates: Mapping[str, Estimate]
    differences: Mapping[str, Estimate]
    distinction: str = ""
    gain: Gain | None = None

    @property
    def label(self) -> str:
        """The attention, with what distinguishes it from others of that name."""
        return f"{self.attention} ({self.distinction})" if self.distinction else self.attention

    def values(self, metric: str) -> dict[int, float]:
        """Return the metric by seed."""
        return {
            run.record.cell.seed: run.record.metrics[metric]
            for run in self.runs
            if metric in run.record.metrics
        }

    def mean_of(self, measure: Callable[[CollectedRun], float | None]) -> float | None:
        """Return the mean of what was measured, None if nothing was."""
        measured = [value for run in self.runs if (value := measure(run)) is not None]
        return sum(measured) / len(measured) if measured else None


@dataclass(frozen=True)
class Comparison:
    """Groups that differ in nothing but their attention; `metric` is the one the task is judged by.

    Gains are over `reference`: `none`, among variants of the block the released one, else it is empty.
    """

    dataset: str
    network: str
    scale: str
    recipe: str
    metric: str
    settings: Mapping[str, Any]
    groups: tuple[Group, ...]
    distinction: str = ""
    reference: str = ""
    spread: Spread | None = None

    @property
    def mixture(self) -> str:
        """What is to be said of runs of several machines or revisions."""
        return mixture({group.label: group.runs for group in self.groups})


def compare(runs: Iterable[CollectedRun], reference: str = "") -> tuple[Comparison, ...]:
    """All comparisons among the finished `runs`, sorted by dataset, network, scale and recipe.

    Gains are over the attention `reference`, where it is named. Of several finished runs of one config and
    seed one counts (`one_each`).
    """
    settings: dict[str, dict[str, Any]] = {}
    together: defaultdict[tuple[str, ...], list[tuple[Member, CollectedRun]]] = defaultdict(list)
    for run in runs:
        if run.record.status == "finished":
            cell, own = run.record.cell, recipe(run.record.config)
            settings[digest(own)] = own
            shared = cell.dataset, run.network, run.scale, digest(without(own, "attention"))
            together[shared].append(((cell.attention, digest(own), cell.seed), run))
    comparisons = [_comparison(_groups(members, settings), reference) for members in together.values()]
    return tuple(_distinguished(sorted(comparisons, key=_labels), _labels))


def _groups(
    members: Iterable[tuple[Member, CollectedRun]], settings: Mapping[str, Mapping[str, Any]]
) -> list[Group]:
    groups: defaultdict[tuple[str, str], list[CollectedRun]] = defaultdict(list)
    for (attention, key, _), run in sorted(one_each(members).items(), key=lambda item: item[0][2]):
        groups[attention, key].append(run)
    return [_group(attention, settings[key], found) for (attention, key), found in groups.items()]


def _group(attention: str, settings: Mapping[str, Any], runs: Sequence[CollectedRun]) -> Group:
    group = Group(attention, settings, tuple(runs), {}, {})
    metrics = sorted({name for run in runs for name in run.record.metrics})
    found = {name: estimate(list(group.values(name).values()), unit(name) == "%") for name in metrics}
    return replace(group, estimates=found)


def _comparison(groups: list[Group], wanted: str) -> Comparison:
    first = groups[0].runs[0]
    judged = _distinguished(
        sorted(groups, key=lambda group: attention_order(group.attention)), lambda g: g.attention
    )
    metric = first.record.monitor.split("/", 1)[-1]
    compared, reference, spread = _with_differences(judged, metric, wanted)
    return Comparison(
        dataset=first.record.cell.dataset,
        network=first.network,
        scale=first.scale,
        recipe=str(first.record.config.get("recipe", {}).get("name", "")),
        metric=metric,
        settings=without(groups[0].settings, "attention"),
        groups=tuple(compared),
        reference=reference,
        spread=spread,
    )


def _with_differences(
    groups: Sequence[Group], judged: str, wanted: str
) -> tuple[list[Group], str, Spread | None]:
    """Return the groups with their gains, the reference's name, and the spread of the judged metric."""
    names = [group.attention for group in groups]
    variants = all(name.startswith(RELEASED) for name in names)  # as in an ablation of the block
    possible = (wanted,) if wanted else (BASELINE, RELEASED) if variants else (BASELINE,)
    reference = next((name for name in possible if names.count(name) == 1), "")
    if not reference:
        return list(groups), "", None
    at = str(names.index(reference))
    own = (run for group in groups if group.attention != reference for run in group.runs)
    looks = planned_in(text for run in own for text in run.record.overrides)
    level = level_at(min(len(group.runs) for group in groups), looks)
    found = {
        metric: compare_gains({str(n): of.values(metric) for n, of in enumerate(groups)}, at, level=level)
        for metric in groups[int(at)].estimates
    }
    compared = [
        replace(
            group,
            differences={m: of.gains[str(n)].estimate for m, of in found.items() if str(n) in of.gains},
            gain=found[judged].gains.get(str(n)) if judged in found else None,
        )
        for n, group in enumerate(groups)
    ]
    return compared, reference, found[judged].spread if judged in found else None


def attention_order(attention: str) -> tuple[int, str]:
    """Return the baseline first, then the paper's block and its variants, then the others by name."""
    rank = 0 if attention == BASELINE else 1 if attention.startswith("lga") else 2
    return rank, attention


def _labels(comparison: Comparison) -> tuple[str, ...]:
    return comparison.dataset, comparison.network, comparison.scale, comparison.recipe


Compared = TypeVar("Compared", Comparison, Group)


def _distinguished(items: Sequence[Compared], label: Callable[[Compared], object]) -> list[Compared]:
    """Return the items, those of one label with the settings in which they differ."""
    same: defaultdict[object, list[Compared]] = defaultdict(list)
    for item in items:
        same[label(item)].append(item)
    found: dict[int, str] = {}
    for alike in same.values():
        names = distinctions([item.settings for item in alike])
        found |= {id(item): name for item, name in zip(alike, names, strict=True)}
    return [replace(item, distinction=found[id(item)]) for item in items]
