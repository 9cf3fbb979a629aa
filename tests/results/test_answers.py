"""The sentence of a comparison: the best attention, by how much, how sure."""

from pathlib import Path

import pytest

from lga.results.answers import answer, place
from lga.results.collect import CollectedRun
from lga.results.comparison import compare
from tests.results.made_records import made_record

NONE = (90.0, 91.0, 92.0)


def told(**tops):
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
        ({"lga": shifted(2.0)}, "lga beats none in top-1 accuracy by +2.00 ["),
        ({"lga": shifted(-2.0)}, "No attention beats none in top-1 accuracy: the most is lga's -2.00 ["),
        ({"lga": shifted(0.01)}, "No attention beats none in top-1 accuracy: the most is lga's +0.01 ["),
        (
            {"lga": shifted(0.5, (1.0, -1.0, 0.3))},
            "No attention is shown to beat none in top-1 accuracy: the most is lga's +0.60 [",
        ),
        ({}, "Only none has run here"),
    ],
)
def test_the_sentence_says_who_by_how_much_and_how_sure(tops, sentence):
    comparison, answered, wanted = told(none=NONE, **tops)
    assert answered.startswith(sentence)
    assert bool(wanted) == ("shown" in sentence)
    assert place(comparison) == "Handwritten digits, MobileNetV3, 20 epochs"


def test_one_seed_decides_nothing():
    _, answered, _ = told(none=(90.0,), lga=(93.0,))
    assert answered == (
        "Undecided: one seed decides nothing. So far lga stands at +3.00 to none in top-1 accuracy."
    )


def test_without_a_reference_no_gain_is_told():
    _, answered, _ = told(se=NONE, lga=NONE)
    assert answered.startswith("No gain can be told: none has not run here")


def test_among_variants_of_the_block_gains_are_over_the_released_one():
    comparison, answered, _ = told(lga=NONE, lga_heads_2=shifted(2.0))
    assert comparison.reference == "lga"
    assert answered.startswith("lga_heads_2 beats lga in top-1 accuracy by +2.00 [")
