"""Verdicts on cases worked by hand; Student's t(0.975) is 4.3027 at 2 degrees of freedom."""

import pytest

from lga.results.gains import Gain
from lga.results.statistics import Estimate
from lga.results.verdicts import Word, difference, judge_gain, judge_number


def by_seed(*values):
    return dict(enumerate(values))


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ((20.0, 20.4, 20.8), Word.CONSISTENT),  # 20.4 +- 4.3027 * 0.4 * sqrt(4 / 3) = 18.41 to 22.39
        ((19.9, 20.1, 20.3), Word.CONSISTENT),  # 20.1 +- 0.99: 19.11 to 21.09
        ((19.9, 20.0, 20.1), Word.INCONSISTENT),  # 20.0 +- 0.497: below 20.9 - 0.05
        ((20.2, 20.35, 20.5), Word.CONSISTENT),  # 20.35 +- 0.745: 21.095
    ],
)
def test_a_number_and_one_run_of_ours(values, word):
    assert judge_number(20.9, by_seed(*values), "full").word == word


def test_a_number_is_allowed_its_rounding():
    """20.0 +- 4.3027 * 0.1 * sqrt(4 / 3) = 19.503 to 20.497: 20.5 is printed of 20.45 to 20.55."""
    assert judge_number(20.5, by_seed(19.9, 20.0, 20.1), "full").word == Word.CONSISTENT
    assert judge_number(20.6, by_seed(19.9, 20.0, 20.1), "full").word == Word.INCONSISTENT


def test_one_run_of_ours_stays_below_100():
    """Log odds of 99.265, 4.9054, +- 12.7062 * 0.20506 * sqrt(3 / 2) / (0.99265 * 0.735) = 4.3738."""
    verdict = judge_number(99.9, by_seed(99.41, 99.12), "full")
    assert (verdict.word, verdict.reason) == (Word.CONSISTENT, "one run of ours: 62.99 to 99.99")


@pytest.mark.parametrize(
    ("values", "scale", "word"),
    [
        ((), "full", Word.NOT_RUN), ((20.9,), "full", Word.UNDECIDED),
        ((20.0, 20.1, 20.2), "reduced", Word.UNDECIDED), ((20.0, 20.1), "smoke", Word.UNDECIDED),
        ((20.5, 20.5), "full", Word.UNDECIDED),
    ],
)  # fmt: skip
def test_what_says_nothing_of_a_number(values, scale, word):
    assert judge_number(20.9, by_seed(*values), scale).word == word


def gain(low, high, one_run=(-1.0, 3.0)):
    return Gain(Estimate(5, (low + high) / 2, low, high), 0.01, one_run)


@pytest.mark.parametrize(
    ("published", "found", "word", "reason"),
    [
        (1.0, gain(0.5, 1.5), "gain", "is consistent with one run of each, -1.00 to +3.00"),
        (5.0, gain(0.5, 1.5), "gain", "is not consistent"),
        (1.0, gain(-1.5, -0.5), "loss", "is consistent"),
        (0.1, gain(-0.9, 0.9), "practically none", "is consistent"),
        (3.1, gain(-1.5, 0.5), "undecided", "is consistent"),  # 3.0 and 0.1 for rounding
        (1.0, None, Word.NOT_RUN, "no seed of both"),
        (1.0, Gain(Estimate(1, 1.0)), Word.UNDECIDED, "nothing is known of the spread"),
    ],
)
def test_a_gain_answers_two_questions(published, found, word, reason):
    verdict = judge_gain(published, 0.1, found, "map50", "full")
    assert verdict.word == word
    assert reason in verdict.reason


def test_at_another_scale_ours_has_its_word_and_the_published_gain_none():
    verdict = judge_gain(1.0, 0.1, gain(0.5, 1.5), "map50", "reduced")
    assert (verdict.word, "consistent" in verdict.reason) == ("gain", False)


def test_the_margin_of_an_accuracy_is_closer():
    words = [judge_gain(0.0, 0.1, gain(-0.9, 0.9), metric, "full").word for metric in ("map50", "top1")]
    assert words == ["practically none", "undecided"]


def test_published_gains_are_rounded_before_they_are_compared():
    """In floating point 99.4 - 99.3 is a little over 0.1, and 92.7 - 92.8 a little under -0.1 in size."""
    assert difference(99.4, 99.3) == (0.1, 0.1)
    assert difference(92.7, 92.8) == (-0.1, 0.1)
    assert difference(9.88, 10.8) == (-0.92, 0.055)
