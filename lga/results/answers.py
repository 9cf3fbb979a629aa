"""The answer of a comparison in one sentence: which attention is best, by how much and how sure that is."""

from collections.abc import Sequence

from lga.results.comparison import Comparison
from lga.results.experiments import BASELINE
from lga.results.gains import WORDS, Gain
from lga.results.labels import interval, label, name_of, p_text, setting_text
from lga.results.sentences import seeds_wanted
from lga.results.verdicts import margin

SHOWN = ("recipe.epochs", "data.train_share", "dataset.folds")
ALONE = {
    "loss": "is worse than", "practically none": "is practically level with",
    "undecided": "is not shown to differ from",
}  # fmt: skip


def place(comparison: Comparison) -> str:
    """Where it was, in words: ``Handwritten digits, MobileNetV3, 12 epochs, 25 % of the training images``."""
    network = " + ".join(name_of(part) for part in comparison.network.split(" + "))
    settings = [
        setting_text(name, comparison.settings[name]) for name in SHOWN if name in comparison.settings
    ]
    more = filter(None, comparison.distinction.split(", "))
    return ", ".join([name_of(comparison.dataset), network, *dict.fromkeys([*settings, *more])])


def answer(comparison: Comparison) -> tuple[str, str]:
    """Return the sentence, and what would settle the rest; the latter is empty where nothing is open."""
    reference, metric = comparison.reference, label(comparison.metric.rsplit("/", 1)[-1])
    gained = [(group.label, group.gain) for group in comparison.groups if group.gain]
    if not reference:
        return f"No gain yet: attention={BASELINE} has not run with this recipe.", ""
    if not gained:
        alone = len(comparison.groups) == 1
        why = "no other attention has run" if alone else "no other attention shares a seed with it"
        return f"Nothing to compare with {reference} yet: {why}.", ""
    gained.sort(key=lambda one: -one[1].estimate.mean)
    if comparison.spread is None:
        seeds, (best, gain) = max(len(group.runs) for group in comparison.groups), gained[0]
        why = "One seed decides nothing" if seeds == 1 else "The seeds give no spread to judge by"
        side = "below" if gain.estimate.mean < 0 else "above"
        far = f"{abs(gain.estimate.mean):.2f} points {side} {reference}"
        leader = best if len(gained) == 1 else f"the best, {best},"
        return f"{why}: so far {leader} is {far} in {metric}.", ""
    practically = margin(comparison.metric)
    undecided = sum(gain.word(practically) == "undecided" for _, gain in gained)
    ran = min(gain.estimate.n for _, gain in gained)
    seeds_text = seeds_wanted(comparison.spread, comparison.metric, ran)
    wanted = f"Undecided gains: {undecided} of {len(gained)}; {seeds_text}." if undecided else ""
    return _found(gained, reference, metric, practically), wanted


def _found(gained: Sequence[tuple[str, Gain]], reference: str, metric: str, practically: float) -> str:
    """Return what the gains, the largest first, come to; a gain within `practically` counts as none."""
    of = {word: [one for one in gained if one[1].word(practically) == word] for word in WORDS}
    (best, gain), *more = of["gain"] or gained
    if of["gain"]:
        how = f"{best} beats {reference} in {metric} by {_sure(gain, signed=False)}"
        return f"{how}{_listed(', followed by', more)}."
    if not more:
        return f"{best} {ALONE[gain.word(practically)]} {reference} in {metric}: {_sure(gain)}."
    beats = "is shown to beat" if of["undecided"] else "beats"
    worse = _listed(f"; worse than {reference}:", [one for one in of["loss"] if one in more])
    other = "the network without attention" if reference == BASELINE else reference
    best_one = f"the best, {best}, has a gain of {_sure(gain)}"
    return f"No attention {beats} {other} in {metric}; {best_one}{worse}."


def _sure(gain: Gain, signed: bool = True) -> str:
    """Return the gain with its interval, seeds and p."""
    p = "" if gain.p is None else f", p {p_text(gain.p)}"
    n = gain.estimate.n
    return f"{interval(gain.estimate, signed)} points ({n} seed{'s' if n > 1 else ''}{p})"


def _listed(before: str, gained: Sequence[tuple[str, Gain]]) -> str:
    """Return the gains after what is said before them; nothing where there are none."""
    texts = [f"{name} {interval(gain.estimate, signed=True)}" for name, gain in gained]
    return f"{before} {', '.join(texts)}" if texts else ""
