"""The answer of a comparison in one sentence: which attention is best, by how much and how sure that is."""

from collections.abc import Sequence

from lga.results.comparison import Comparison, Group
from lga.results.experiments import BASELINE
from lga.results.gains import WORDS
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


def answer(comparison: Comparison) -> tuple[str, str]:
    """The sentence, and what would settle the rest; one seed decides nothing, and that is said."""
    reference, metric = comparison.reference, label(comparison.metric.rsplit("/", 1)[-1])
    gained = sorted((group for group in comparison.groups if group.gain), key=_gain, reverse=True)
    if not reference:
        return f"No gain can be told: {BASELINE} has not run here by the same recipe.", ""
    if not gained:
        return f"Only {reference} has run here: nothing is compared with it yet.", ""
    best = gained[0]
    if comparison.spread is None:
        seeds = max(len(group.runs) for group in comparison.groups)
        why = "one seed decides nothing" if seeds == 1 else "the seeds show no spread"
        so_far = f"{_name(best)} stands at {_gain(best):+.2f} to {reference} in {metric}"
        return f"Undecided: {why}. So far {so_far}.", ""
    words = {group.attention: group.gain.word(margin(comparison.metric)) for group in gained if group.gain}
    found = {word: [group for group in gained if words[group.attention] == word] for word in WORDS}
    better, worse, undecided = found["gain"], found["loss"], found["undecided"]
    if better:
        others = f", then {_listed(better[1:])}" if better[1:] else ""
        told = f"{_name(best)} beats {reference} in {metric} by {_told(best)}{others}"
    else:
        beats = "is shown to beat" if undecided else "beats"
        told = f"No attention {beats} {reference} in {metric}: the most is {_name(best)}'s {_told(best)}"
        told += f"; worse: {_listed(worse)}" if worse else ""
    wanted = seeds_wanted(comparison.spread, comparison.metric)
    return f"{told}.", f"Undecided: {len(undecided)} of {len(gained)}; {wanted}." if undecided else ""


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
    return f"{interval(group.gain.estimate, signed=True)} points ({n} seed{'s' if n > 1 else ''}{p})"


def _listed(groups: Sequence[Group]) -> str:
    return ", ".join(
        f"{_name(group)} {interval(group.gain.estimate, signed=True)}" for group in groups if group.gain
    )
