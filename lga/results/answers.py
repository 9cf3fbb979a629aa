"""The answer of a comparison in one sentence: which attention is best, by how much and how sure that is."""

from collections.abc import Sequence

from lga.results.comparison import Comparison, Group
from lga.results.experiments import BASELINE
from lga.results.labels import UNSET, label, name_of, setting_text
from lga.results.sentences import interval, p_text, seeds_wanted
from lga.results.verdicts import margin

TOLD = ("recipe.epochs", "data.train_share")


def place(comparison: Comparison) -> str:
    """Where it was, in words: ``Handwritten digits, MobileNetV3, 12 epochs, 25 % of the training images``."""
    network = " + ".join(name_of(part) for part in comparison.network.split(" + "))
    settings = [
        setting_text(name, comparison.settings.get(name, UNSET))
        for name in TOLD
        if name in comparison.settings
    ]
    return ", ".join([name_of(comparison.dataset), network, *settings])


def answer(comparison: Comparison) -> str:
    """The sentence; one seed decides nothing, and that is said."""
    reference, metric = comparison.reference, label(comparison.metric)
    gained = sorted((g for g in comparison.groups if g.gain), key=_gain, reverse=True)
    if not reference:
        return f"No gain can be told: {BASELINE} has not run here by the same recipe."
    if not gained:
        return f"Only {reference} has run here: nothing is compared with it yet."
    best = gained[0]
    if comparison.spread is None:
        seeds = max(len(group.runs) for group in comparison.groups)
        why = "one seed decides nothing" if seeds == 1 else "the seeds show no spread"
        return (
            f"Undecided: {why}. So far {_name(best)} stands at {_gain(best):+.2f} to {reference} in {metric}."
        )
    words = {group.attention: group.gain.word(margin(comparison.metric)) for group in gained if group.gain}
    better = [group for group in gained if words[group.attention] == "gain"]
    worse = [group for group in gained if words[group.attention] == "loss"]
    if better:
        others = f", then {_listed(better[1:])}" if better[1:] else ""
        return f"{_name(best)} beats {reference} by {_told(best)} points of {metric}{others}."
    none = f"No attention beats {reference} in {metric}: the largest gain is {_name(best)}'s, {_told(best)}"
    if worse:
        none += f"; worse: {_listed(worse)}"
    undecided = [word for word in words.values() if word == "undecided"]
    wanted = seeds_wanted(comparison.spread, comparison.metric)
    more = f" Undecided: {len(undecided)}; {wanted}." if undecided else ""
    return f"{none}.{more}"


def _gain(group: Group) -> float:
    return group.gain.estimate.mean if group.gain else 0.0


def _name(group: Group) -> str:
    return f"{group.attention} ({group.distinction})" if group.distinction else group.attention


def _told(group: Group) -> str:
    """Gain, interval, p and seeds."""
    if group.gain is None:
        return ""
    p = "" if group.gain.p is None else f", p {p_text(group.gain.p)}"
    n = group.gain.estimate.n
    return f"{interval(group.gain.estimate, signed=True)} ({n} seed{'s' if n > 1 else ''}{p})"


def _listed(groups: Sequence[Group]) -> str:
    return ", ".join(
        f"{_name(group)} {interval(group.gain.estimate, signed=True)}" for group in groups if group.gain
    )
