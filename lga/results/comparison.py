"""Runs arranged for comparison: seeds into groups, and groups that differ only in attention side by side.

Runs are averaged only if their configs are equal in all but the seed and what cannot change a result.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from lga.results.collect import CollectedRun
from lga.results.experiments import BASELINE
from lga.results.gains import compare_gains
from lga.results.labels import unit
from lga.results.origins import mixture, one_each
from lga.results.settings import digest, distinctions, recipe, without
from lga.results.statistics import Estimate, estimate

Member = tuple[str, str, int]  # attention, hash of the settings, seed


@dataclass(frozen=True)
class Group:
    """The finished runs of one attention, one a seed, and their statistics by metric.

    `distinction` names the settings that differ between groups of the same attention;
    `differences` are to the attention `none`, with simultaneous intervals over the comparison's groups.
    """

    attention: str
    settings: Mapping[str, Any]
    runs: tuple[CollectedRun, ...]
    estimates: Mapping[str, Estimate]
    differences: Mapping[str, Estimate]
    distinction: str = ""

    def values(self, metric: str) -> dict[int, float]:
        """The metric by seed."""
        return {
            run.record.cell.seed: run.record.metrics[metric]
            for run in self.runs
            if metric in run.record.metrics
        }

    def mean_of(self, measure: Callable[[CollectedRun], float | None]) -> float | None:
        """The mean of what was measured, None if nothing was."""
        measured = [value for run in self.runs if (value := measure(run)) is not None]
        return sum(measured) / len(measured) if measured else None


@dataclass(frozen=True)
class Comparison:
    """Groups that differ in nothing but their attention; `metric` is the one the task is judged by."""

    dataset: str
    network: str
    scale: str
    recipe: str
    metric: str
    settings: Mapping[str, Any]
    groups: tuple[Group, ...]
    distinction: str = ""

    @property
    def mixture(self) -> str:
        """What is to be said of runs of several machines or revisions."""
        return mixture(
            {f"{group.attention} {group.distinction}".strip(): group.runs for group in self.groups}
        )


def compare(runs: Iterable[CollectedRun]) -> tuple[Comparison, ...]:
    """All comparisons among the finished `runs`, sorted by dataset, network, scale and recipe.

    Of several finished runs of one config and seed one counts (`one_each`).
    """
    settings: dict[str, dict[str, Any]] = {}
    together: defaultdict[tuple[str, ...], list[tuple[Member, CollectedRun]]] = defaultdict(list)
    for run in runs:
        if run.record.status == "finished":
            cell, own = run.record.cell, recipe(run.record.config)
            settings[digest(own)] = own
            shared = cell.dataset, run.network, run.scale, digest(without(own, "attention"))
            together[shared].append(((cell.attention, digest(own), cell.seed), run))
    comparisons = [_comparison(_groups(members, settings)) for members in together.values()]
    return tuple(_told_apart(sorted(comparisons, key=_labels), _labels))


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


def _comparison(groups: list[Group]) -> Comparison:
    first = groups[0].runs[0]
    judged = _told_apart(
        sorted(groups, key=lambda group: attention_order(group.attention)), lambda g: g.attention
    )
    return Comparison(
        dataset=first.record.cell.dataset,
        network=first.network,
        scale=first.scale,
        recipe=str(first.record.config.get("recipe", {}).get("name", "")),
        metric=first.record.monitor.split("/", 1)[-1],
        settings=without(groups[0].settings, "attention"),
        groups=tuple(_with_differences(judged)),
    )


def _with_differences(groups: Sequence[Group]) -> list[Group]:
    """The groups with their differences to the baseline, unless there is none or more than one."""
    baselines = [group for group in groups if group.attention == BASELINE]
    if len(baselines) != 1:
        return list(groups)
    reference = groups.index(baselines[0])
    differences: list[dict[str, Estimate]] = [{} for _ in groups]
    for metric in baselines[0].estimates:
        cells = {str(number): group.values(metric) for number, group in enumerate(groups)}
        for number, gain in compare_gains(cells, str(reference)).gains.items():
            differences[int(number)][metric] = gain.estimate
    return [replace(group, differences=own) for group, own in zip(groups, differences, strict=True)]


def attention_order(attention: str) -> tuple[int, str]:
    """The baseline first, then the paper's block and its variants, then the others by name."""
    rank = 0 if attention == BASELINE else 1 if attention.startswith("lga") else 2
    return rank, attention


def _labels(comparison: Comparison) -> tuple[str, ...]:
    return comparison.dataset, comparison.network, comparison.scale, comparison.recipe


Told = TypeVar("Told", Comparison, Group)


def _told_apart(items: Sequence[Told], label: Callable[[Told], object]) -> list[Told]:
    """The items, those of one label with the settings in which they differ."""
    same: defaultdict[object, list[Told]] = defaultdict(list)
    for item in items:
        same[label(item)].append(item)
    told: dict[int, str] = {}
    for alike in same.values():
        names = distinctions([item.settings for item in alike])
        told |= {id(item): name for item, name in zip(alike, names, strict=True)}
    return [replace(item, distinction=told[id(item)]) for item in items]
