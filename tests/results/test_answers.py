"""The sentence of a comparison: the best attention, by how much, how sure."""

from pathlib import Path

import pytest

from lga.results.answers import answer, place
from lga.results.collect import CollectedRun
from lga.results.comparison import compare
from tests.results.made_records import made_record

NONE = (90.0, 91.0, 92.0)
WIDE = (1.0, -1.0, 0.3)  # of seeds, so that a gain of half a point is undecided


def message(**tops):
    runs = [
        CollectedRun(Path("runs"), made_record(attention=attention, seed=seed, top1=top1))
        for attention, values in tops.items()
        for seed, top1 in enumerate(values)
    ]
    (comparison,) = compare(runs)
    return comparison, *answer(comparison)


def shifted(by, noise=(0.0, 0.01, -0.01)):
    return tuple(value + by + each for value, each in zip(NONE, noise, strict=True))


@pytest.mark.parametrize(
    ("tops", "sentence"),
    [
        ({"lga": shifted(2.0)}, "lga beats none in top-1 accuracy by 2.00 ["),
        ({"lga": shifted(-2.0)}, "lga is worse than none in top-1 accuracy: -2.00 ["),
        ({"lga": shifted(0.01)}, "lga is practically level with none in top-1 accuracy: +0.01 ["),
        ({"lga": shifted(0.5, WIDE)}, "lga is not shown to differ from none in top-1 accuracy: +0.60 ["),
        (
            {"lga": shifted(-2.0), "se": shifted(0.01)},
            "No attention beats the network without attention in top-1 accuracy; "
            "the best, se, has a gain of +0.01 [",
        ),
        (
            {"lga": shifted(0.5, WIDE), "se": shifted(-9.0, WIDE)},
            "No attention is shown to beat the network without attention in top-1 accuracy; "
            "the best, lga, has a gain of +0.60 [",
        ),
        ({}, "Nothing to compare with none yet: no other attention has run."),
    ],
)
def test_the_sentence_says_who_by_how_much_and_how_sure(tops, sentence):
    comparison, answered, wanted = message(none=NONE, **tops)
    assert answered.startswith(sentence)
    assert bool(wanted) == ("shown" in sentence)
    assert wanted.endswith("would settle all within 0.3 points.") or not wanted
    assert place(comparison) == "Handwritten digits, MobileNetV3, 20 epochs"


def test_one_seed_decides_nothing():
    _, answered, _ = message(none=(90.0,), lga=(93.0,))
    assert answered == "One seed decides nothing: so far lga is 3.00 points above none in top-1 accuracy."
    _, answered, _ = message(none=(90.0,), lga=(89.0,), se=(88.0,))
    assert answered.endswith(": so far the best, lga, is 1.00 points below none in top-1 accuracy.")


def test_the_best_shown_gain_leads_also_where_a_larger_one_is_undecided():
    """The seeds of `se` spread so widely that each gain is tested by its own."""
    _, answered, _ = message(none=(*NONE, 91.0), lga=(92.0, 93.0, 94.0, 93.01), se=(89.0, 99.0, 88.0, 99.0))
    assert answered.startswith("lga beats none in top-1 accuracy by 2.00 [")


def test_attentions_without_a_common_seed_are_not_compared():
    runs = [
        CollectedRun(Path("runs"), made_record(attention=attention, seed=seed))
        for seed, attention in enumerate(("none", "se"))
    ]
    (comparison,) = compare(runs)
    assert (
        answer(comparison)[0] == "Nothing to compare with none yet: no other attention shares a seed with it."
    )


def test_without_a_reference_there_is_no_gain():
    _, answered, _ = message(se=NONE, lga=NONE)
    assert answered.startswith("No gain yet: attention=none has not run with this recipe.")


def test_among_variants_of_the_block_gains_are_over_the_released_one():
    comparison, answered, _ = message(lga=NONE, lga_heads_2=shifted(2.0))
    assert comparison.reference == "lga"
    assert answered.startswith("lga_heads_2 beats lga in top-1 accuracy by 2.00 [")
