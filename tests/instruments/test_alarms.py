"""Each alarm fires just beyond its threshold, stays silent just within it, and says what and where."""

import copy

import pytest

from lga.instruments import alarms as ring
from lga.instruments import block_state
from lga.instruments.alarms import (
    LEAST_ATTENTION_ENTROPY,
    LEAST_GATE_ENTROPY,
    MOST_ATTENTION_CHANGE,
    MOST_ATTENTION_DEVIATION,
    MOST_SHARE,
)
from tests.instruments.blocks import MAKERS, made

HEALTHY = {
    "contraction": "as_written",
    "alpha": {
        "values": {kind: {"mean": 0.5, "least": 0.5, "most": 0.5} for kind in ("local", "global")},
        "local_share": 0.5,
        "entropy": 1.0,
    },
    "gradients": {
        "samples": 3,
        "norms": {name: {"q": 1e-30, "k": 0.1, "v": 0.2} for name in ("local 3x3", "global 11x11")},
        "dead": 0.2,
        "dead_by_parameter": {},
    },
    "gate": {"weights": [0.25] * 4, "entropy": 1.0, "spread": 0.0},
    "attention": {"local 3x3": {"entropy": 0.8, "variance": 0.0}},
    "paths": None,
}


def changed(path, value):
    state = copy.deepcopy(HEALTHY)
    *outer, last = path
    part = state
    for key in outer:
        part = part[key]
    part[last] = value
    return state


def test_a_healthy_block_rings_nothing():
    assert ring(HEALTHY, HEALTHY) == []


@pytest.mark.parametrize("name", MAKERS)
def test_a_fresh_block_rings_nothing(name):
    assert ring(block_state(made(name), None).as_json()) == []


ALPHA, GATE, ATTENTION = ("alpha", "local_share"), ("gate", "entropy"), ("attention", "local 3x3")


@pytest.mark.parametrize(
    ("path", "within", "beyond", "sign"),
    [
        (ALPHA, MOST_SHARE, MOST_SHARE + 0.001, "alpha at an extreme"),
        (ALPHA, 1 - MOST_SHARE + 1e-9, 1 - MOST_SHARE - 0.001, "alpha at an extreme"),
        (("alpha", "values", "global", "mean"), 0.001, -0.001, "alpha at an extreme"),
        (("alpha", "values", "global", "mean"), 0.001, 0.0, "alpha at an extreme"),
        (("alpha", "values", "local", "mean"), 0.5, None, "alpha at an extreme"),
        (GATE, LEAST_GATE_ENTROPY, LEAST_GATE_ENTROPY - 0.001, "gate collapsed"),
        (("gradients", "norms", "local 3x3", "q"), 1e-38, 0.0, "dead parameters"),
        (("gradients", "norms", "local 3x3", "v"), 1e-38, 0.0, "dead parameters"),
        (
            (*ATTENTION, "entropy"),
            0.8 - MOST_ATTENTION_CHANGE + 0.001,
            0.8 - MOST_ATTENTION_CHANGE - 0.001,
            "unstable attention",
        ),
        ((*ATTENTION, "entropy"), 0.8, None, "unstable attention"),
        (
            (*ATTENTION, "variance"),
            (MOST_ATTENTION_DEVIATION - 0.001) ** 2,
            (MOST_ATTENTION_DEVIATION + 0.001) ** 2,
            "unstable attention",
        ),
    ],
)
def test_fires_beyond_its_threshold_and_not_within(path, within, beyond, sign):
    assert ring(changed(path, within), HEALTHY) == []
    (alarm,) = ring(changed(path, beyond), HEALTHY)
    assert alarm.sign == sign


def test_saturated_attention_needs_no_epoch_before():
    path = (*ATTENTION, "entropy")
    assert ring(changed(path, LEAST_ATTENTION_ENTROPY)) == []
    (alarm,) = ring(changed(path, LEAST_ATTENTION_ENTROPY - 0.001))
    assert alarm.seen == "local 3x3: entropy 0.019 of the largest possible"


def test_attention_without_effect_is_not_unstable():
    state = changed((*ATTENTION, "entropy"), 0.0) | {"contraction": "released"}
    assert ring(state, HEALTHY) == []


def test_words():
    state = changed(ALPHA, 0.03)
    state["gradients"]["norms"]["global 11x11"]["v"] = 0.0
    state["gate"] = {"weights": [0.01, 0.01, 0.97, 0.01], "entropy": 0.05, "spread": 0.0}
    alpha, gate, dead = ring(state)
    assert alpha.meaning == "The global branches have 97.0% of the weight; the local ones hardly count."
    assert gate.seen == "entropy 0.050 of the largest possible; 97.0% of the weight on the scale of stride 2"
    assert dead.seen == (
        "the values of global 11x11 got a gradient of exactly 0 at each of 3 sampled steps; "
        "20.0% of the block's parameters did in all"
    )
    off = changed(("alpha", "values", "global", "mean"), -0.2)
    assert ring(off)[0].meaning == "What comes by the global branches is subtracted."
