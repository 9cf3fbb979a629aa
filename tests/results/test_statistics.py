"""Intervals worked by hand with Student's critical values from printed tables (0.975 quantiles).

t(1) = 12.7062, t(2) = 4.30265, t(4) = 2.77645.
"""

import math

import pytest

from lga.results.statistics import Estimate, estimate, paired_difference


@pytest.mark.parametrize(
    ("values", "mean", "margin"),
    [
        ([1.0, 3.0], 2.0, 12.7062 * math.sqrt(2) / math.sqrt(2)),
        ([1.0, 2.0, 3.0], 2.0, 4.30265 * 1 / math.sqrt(3)),
        ([90.0, 91.0, 92.0, 93.0, 94.0], 92.0, 2.77645 * math.sqrt(2.5) / math.sqrt(5)),
    ],
)
def test_mean_and_t_interval(values, mean, margin):
    found = estimate(values)
    assert found.n == len(values)
    assert found.mean == pytest.approx(mean)
    assert found.low == pytest.approx(mean - margin, rel=1e-5)
    assert found.high == pytest.approx(mean + margin, rel=1e-5)


def test_interval_is_that_of_scipy_stats():
    stats = pytest.importorskip("scipy.stats")
    values = [91.2, 90.7, 92.4, 91.9]
    low, high = stats.t.interval(0.95, 3, loc=sum(values) / 4, scale=stats.sem(values))
    assert (estimate(values).low, estimate(values).high) == pytest.approx((low, high), rel=1e-12)


def test_one_value_has_no_interval():
    assert estimate([97.5]) == Estimate(1, 97.5, None, None)


def test_no_values_have_no_mean():
    with pytest.raises(ValueError, match="no values"):
        estimate([])


def test_equal_values_have_an_interval_of_no_width():
    assert estimate([5.0, 5.0, 5.0]) == Estimate(3, 5.0, 5.0, 5.0)


def test_difference_is_paired_by_seed():
    """Seeds 1, 2, 3 are shared: differences 1, 2, 3, though the groups' own spreads are 20 times that."""
    values = {1: 71.0, 2: 92.0, 3: 53.0, 9: 0.0}
    baseline = {3: 50.0, 2: 90.0, 1: 70.0, 4: 0.0}
    found = paired_difference(values, baseline)
    assert (found.n, found.mean) == (3, pytest.approx(2.0))
    assert found.high - found.mean == pytest.approx(4.30265 / math.sqrt(3), rel=1e-5)


def test_no_shared_seed_gives_no_difference():
    assert paired_difference({1: 1.0}, {2: 1.0}) is None
