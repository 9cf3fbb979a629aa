"""Signs that a Local-Global block fails to do what it is made for, each in words.

The signs are the paper's ideas turned round (https://arxiv.org/abs/2411.09604: branches balanced by alphas,
scales mixed by a gate, attention from queries and keys). It gives no numbers for them: the thresholds are
this project's own, wide enough that a fresh block rings none of them but the one that its algebra forces.

Each rule gets a block's state as `BlockState.as_json` has it, and that of the epoch before, or None."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MOST_SHARE = 0.95  # of the sum of alphas, by one kind of branches: the other adds a twentieth at most
LEAST_GATE_ENTROPY = 0.1  # of ln(scales): one scale of four has 97 % of the weight
LEAST_ATTENTION_ENTROPY = 0.02  # of ln d: each channel attends to one other alone
MOST_ATTENTION_DEVIATION = 0.15  # of an image's mean entropy, over images
MOST_ATTENTION_CHANGE = 0.3  # of the mean entropy, from one epoch to the next

State = dict[str, Any]


@dataclass(frozen=True)
class Alarm:
    """A sign of failure: what was seen, and what it means."""

    sign: str
    seen: str
    meaning: str


def alarms(state: State, before: State | None = None) -> list[Alarm]:
    """Return all alarms that a block's state rings."""
    found = (rule(state, before) for rule in RULES)
    return [alarm for alarm in found if alarm is not None]


def alpha_at_extreme(state: State, before: State | None) -> Alarm | None:
    """Ring if one kind of branches has nearly all the weight, or an alpha is not positive."""
    means = {kind: values["mean"] for kind, values in state["alpha"]["values"].items()}
    message = ", ".join(f"alpha of the {kind} branches {_shown(mean)}" for kind, mean in means.items())
    sign = "alpha at an extreme"
    if any(mean is None for mean in means.values()):
        return Alarm(sign, message, "Training has diverged.")
    off = [kind for kind, mean in means.items() if mean <= 0]
    if off:
        does = "is switched off" if any(means[kind] == 0 for kind in off) else "is subtracted"
        return Alarm(sign, message, f"What comes by the {' and '.join(off)} branches {does}.")
    share = state["alpha"]["local_share"]
    if share is None or 1 - MOST_SHARE <= share <= MOST_SHARE:
        return None
    strong, weak = ("local", "global") if share > MOST_SHARE else ("global", "local")
    larger = max(share, 1 - share)
    return Alarm(
        sign, message, f"The {strong} branches have {larger:.1%} of the weight; the {weak} ones hardly count."
    )


def gate_collapsed(state: State, before: State | None) -> Alarm | None:
    """Ring if the gate gives nearly all weight to one scale, everywhere."""
    gate = state["gate"]
    if gate is None or gate["entropy"] is None or gate["entropy"] >= LEAST_GATE_ENTROPY:
        return None
    weights = gate["weights"]
    largest = max(range(len(weights)), key=weights.__getitem__)
    chosen = "the map itself" if largest == 0 else f"the scale of stride {2 ** (largest - 1)}"
    return Alarm(
        "gate collapsed",
        f"entropy {gate['entropy']:.3f} of the largest possible; "
        f"{weights[largest]:.1%} of the weight on {chosen}",
        "The gate decides at every position for one scale; the mean over images says for which most.",
    )


def dead_parameters(state: State, before: State | None) -> Alarm | None:
    """Report queries, keys or values of a branch that got a gradient of exactly zero all epoch."""
    gradients = state["gradients"]
    if gradients is None:
        return None
    names = {"q": "queries", "k": "keys", "v": "values"}
    dead = {
        part: [branch for branch, norms in gradients["norms"].items() if norms[part] == 0] for part in names
    }
    dead = {part: branches for part, branches in dead.items() if branches}
    if not dead:
        return None
    parts = " and ".join(names[part] for part in dead)
    forced = state["contraction"] == "released" and set(dead) == {"q", "k"}
    return Alarm(
        "dead parameters",
        f"the {parts} of {_places(dead, gradients['norms'])} got a gradient of exactly 0 at each of "
        f"{gradients['samples']} sampled steps; {gradients['dead']:.1%} of the block's parameters did in all",
        "They have no effect on the loss, and training cannot change them."
        + (" The released contraction forces this on queries and keys." if forced else ""),
    )


def unstable_attention(state: State, before: State | None) -> Alarm | None:
    """Attention is not finite, all on one channel, or changes abruptly; of blocks where it has an effect."""
    if state["contraction"] == "released" or state["attention"] is None:
        return None
    earlier = (before or {}).get("attention") or {}
    judged = {name: _instability(now, earlier.get(name)) for name, now in state["attention"].items()}
    unstable = [f"{name}: {sign}" for name, sign in judged.items() if sign is not None]
    if not unstable:
        return None
    return Alarm(
        "unstable attention",
        "; ".join(unstable),
        "What a channel attends to is saturated or not settled, so that small changes move it far.",
    )


def _instability(now: State, before: State | None) -> str | None:
    if now["entropy"] is None or now["variance"] is None:
        return "entropy is not finite"
    if now["entropy"] < LEAST_ATTENTION_ENTROPY:
        return f"entropy {now['entropy']:.3f} of the largest possible"
    if (deviation := now["variance"] ** 0.5) > MOST_ATTENTION_DEVIATION:
        return f"entropy differs by {deviation:.2f} (one standard deviation) between images"
    if before is None or before["entropy"] is None:
        return None
    change = now["entropy"] - before["entropy"]
    return f"entropy changed by {change:+.2f} in one epoch" if abs(change) > MOST_ATTENTION_CHANGE else None


def _places(dead: dict[str, list[str]], all_branches: State) -> str:
    if all(len(branches) == len(all_branches) for branches in dead.values()):
        return "all branches"
    return ", ".join(dict.fromkeys(branch for branches in dead.values() for branch in branches))


def _shown(value: float | None) -> str:
    return "not finite" if value is None else f"{value:.3f}"


Rule = Callable[[State, State | None], Alarm | None]
RULES: tuple[Rule, ...] = (alpha_at_extreme, gate_collapsed, dead_parameters, unstable_attention)
