"""Verdicts on cases worked by hand.

Student's t(0.975): 12.7062 at 1 degree of freedom, 4.3027 at 2, 2.7764 at 4.
"""

import pytest

from lga.results.statistics import compare_paired, estimate, holm, seeds_needed
from lga.results.verdicts import Word, judge_gains, judge_number


def by_seed(*values):
    return dict(enumerate(values))


NONE = by_seed(20.0, 20.2, 19.8, 20.1, 19.9)


def gain(published, *differences, baseline=NONE, scale="full"):
    """The verdict on one attention whose seeds differ from the baseline's by `differences`."""
    ours = {seed: baseline[seed] + difference for seed, difference in enumerate(differences)}
    values = {"none": baseline, "lga": ours}
    return judge_gains({"none": 20.0, "lga": 20.0 + published}, values, "none", "map50", scale)["lga"]


@pytest.mark.parametrize(
    ("values", "word"),
    [
        (
            (20.0, 20.1, 20.2),
            Word.REPRODUCED,
        ),  # 20.1 +- 4.3027 * 0.1 / sqrt(3) = 20.1 +- 0.25: within 20.9 - 1.05
        ((20.0, 20.4, 20.8), Word.INCONCLUSIVE),  # 20.4 +- 4.3027 * 0.4 / sqrt(3) = 20.4 +- 0.99: below 19.85
        ((19.0, 19.1, 19.2), Word.NOT_REPRODUCED),  # 19.1 +- 0.25: wholly below 19.85
        ((20.9, 21.1), Word.INCONCLUSIVE),  # 21 +- 12.7062 * 0.1414 / sqrt(2) = 21 +- 1.27
        ((20.9,), Word.INCONCLUSIVE),
        ((), Word.NOT_RUN),
    ],
)
def test_a_number(values, word):
    assert judge_number(20.9, by_seed(*values), "map50", "full").word is word


def test_an_accuracy_has_a_closer_margin():
    """99.0 +- 4.3027 * 0.05 / sqrt(3) = 99.0 +- 0.12: within 1 of 99.6, but not within 0.3 + 0.05."""
    values = by_seed(98.95, 99.0, 99.05)
    assert judge_number(99.6, values, "map50", "full").word is Word.REPRODUCED
    assert judge_number(99.6, values, "top1", "full").word is Word.NOT_REPRODUCED


@pytest.mark.parametrize("scale", ["reduced", "embedded", "smoke"])
def test_only_full_scale_reproduces_a_number(scale):
    verdict = judge_number(20.1, by_seed(20.0, 20.1, 20.2), "map50", scale)
    assert verdict.word is Word.INCONCLUSIVE
    assert scale in verdict.reason


def test_a_clear_gain_of_the_published_size():
    """Mean 0.9, s = 0.1581, t = 0.9 / (0.1581 / sqrt(5)) = 12.73: p = 0.0002; 0.9 +- 0.196 holds 1.0."""
    verdict = gain(1.0, 0.7, 0.8, 0.9, 1.0, 1.1)
    assert verdict.word is Word.REPRODUCED
    assert verdict.p == pytest.approx(0.00022, abs=0.00001)
    assert verdict.effect == pytest.approx(0.9 / 0.158114, rel=1e-4)
    assert (verdict.ours.low, verdict.ours.high) == (
        pytest.approx(0.7037, abs=1e-4),
        pytest.approx(1.0963, abs=1e-4),
    )


def test_a_clear_gain_of_another_size():
    """The same, but 2.0 +- 0.1 is published, outside 0.70 to 1.10."""
    assert gain(2.0, 0.7, 0.8, 0.9, 1.0, 1.1).word is Word.DIRECTION_ONLY


def test_a_reversed_sign():
    assert gain(1.0, -0.7, -0.8, -0.9, -1.0, -1.1).word is Word.NOT_REPRODUCED


def test_equal_means_rule_a_large_gain_out():
    """Mean 0, s = 0.1581: 0 +- 0.196 does not reach 1.0 - 0.1."""
    verdict = gain(1.0, -0.2, -0.1, 0.0, 0.1, 0.2)
    assert verdict.word is Word.NOT_REPRODUCED
    assert verdict.p == pytest.approx(1)


def test_equal_means_do_not_rule_a_small_gain_out():
    """0 +- 0.196 reaches 0.2; 80 % power for d = 0.2 / 0.1581 = 1.265 takes 8 pairs: 3 more than 5."""
    verdict = gain(0.2, -0.2, -0.1, 0.0, 0.1, 0.2)
    assert verdict.word is Word.INCONCLUSIVE
    assert verdict.more_seeds == 3


def test_a_published_gain_of_nothing_is_a_number():
    """Within 0.1 + 1 points of 0: 0 +- 0.196 is; 2 +- 0.196 is wholly outside."""
    assert gain(0.0, -0.2, -0.1, 0.0, 0.1, 0.2).word is Word.REPRODUCED
    assert gain(0.0, 1.8, 1.9, 2.0, 2.1, 2.2).word is Word.NOT_REPRODUCED


def test_an_accuracy_that_did_not_change_has_the_closer_margin():
    """0.9 +- 0.196 lies within 0.1 + 1 points of 0, and outside 0.1 + 0.3."""
    gains = enumerate((0.7, 0.8, 0.9, 1.0, 1.1))
    values = {"none": NONE, "lga": {seed: NONE[seed] + gain for seed, gain in gains}}
    words = [
        judge_gains({"none": 20.0, "lga": 20.0}, values, "none", metric, "full")["lga"].word
        for metric in ("map50", "top1")
    ]
    assert words == [Word.REPRODUCED, Word.NOT_REPRODUCED]


def test_one_seed_and_no_seed():
    assert gain(1.0, 1.0).word is Word.INCONCLUSIVE
    assert gain(1.0).word is Word.NOT_RUN


def test_a_missing_seed_is_left_out_of_the_pairs():
    """The attention lacks seeds 1 and 3; the baseline's outlier at seed 1 has no partner."""
    baseline = by_seed(20.0, 90.0, 20.0, 20.0, 20.0)
    values = {"none": baseline, "lga": {0: 21.0, 2: 21.1, 4: 20.9}}
    verdict = judge_gains({"none": 20.0, "lga": 21.0}, values, "none", "map50", "full")["lga"]
    assert (verdict.ours.n, verdict.ours.mean) == (3, pytest.approx(1.0))
    assert verdict.word is Word.REPRODUCED


def test_differences_that_are_all_equal_say_nothing_of_the_spread():
    assert gain(1.0, 1.0, 1.0).word is Word.INCONCLUSIVE


def test_one_lucky_of_ten():
    """0.8, 0.9, 1.1: mean 0.9333, s = 0.1528, t = 10.58 at 2 degrees of freedom, p = 0.0088.

    Alone it is found; as one of ten it is not: 10 x 0.0088 = 0.088.
    """
    lucky = (0.8, 0.9, 1.1)
    assert gain(1.0, *lucky).word is Word.REPRODUCED
    published, values = {"none": 20.0, "lga": 21.0}, {"none": NONE, "lga": by_seed(20.8, 21.1, 20.9)}
    for number in range(9):
        published[f"other{number}"] = 20.5
        values[f"other{number}"] = by_seed(19.9, 20.3, 19.9)
    verdict = judge_gains(published, values, "none", "map50", "full")["lga"]
    assert verdict.p == pytest.approx(10 * compare_paired(values["lga"], NONE).p)
    assert verdict.word is Word.INCONCLUSIVE


@pytest.mark.parametrize(
    ("differences", "word", "told"),
    [
        ((0.7, 0.8, 0.9, 1.0, 1.1), Word.DIRECTION_ONLY, "of that sign was found, at reduced scale"),
        ((-0.7, -0.8, -0.9, -1.0, -1.1), Word.INCONCLUSIVE, "of the other sign was found, at reduced scale"),
        ((-0.2, -0.1, 0.0, 0.1, 0.2), Word.INCONCLUSIVE, "no change was found, at reduced scale"),
    ],
)
def test_a_gain_at_another_scale(differences, word, told):
    verdict = gain(1.0, *differences, scale="reduced")
    assert verdict.word is word
    assert told in verdict.reason


def test_holm():
    """Sorted 0.01, 0.02, 0.04: times 3, 2, 1, never falling: 0.03, 0.04, 0.04."""
    assert holm({"a": 0.04, "b": 0.01, "c": 0.02}) == pytest.approx({"b": 0.03, "c": 0.04, "a": 0.04})
    assert holm({"a": 0.9, "b": 0.8}) == {"b": 1.0, "a": 1.0}
    assert holm({}) == {}


def test_seeds_needed():
    """A paired test of d = 1 at 80 % power takes 10 pairs, of d = 0.5 takes 34 (Cohen's tables)."""
    assert seeds_needed(1.0, 1.0) == 10
    assert seeds_needed(-0.5, 1.0) == 34
    assert seeds_needed(0.001, 1.0) is None


def test_many_values_are_bootstrapped():
    """Ten values 0..9: mean 4.5; the interval is near 4.5 +- 1.96 * 3.03 / sqrt(10) = 4.5 +- 1.88."""
    found = estimate([float(value) for value in range(10)])
    assert found == estimate([float(value) for value in range(10)])
    assert found.low == pytest.approx(2.7, abs=0.2)
    assert found.high == pytest.approx(6.2, abs=0.2)
    assert estimate([1.0] * 12).low == 1.0
