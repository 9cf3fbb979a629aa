"""Intervals worked by hand with Student's critical values from printed tables (0.975 quantiles).

t(1) = 12.7062, t(2) = 4.30265, t(4) = 2.77645, t(8) = 2.3060. Critical values of several gains over one
reference were drawn independently, see `oracles/pooled_ablations.csv`.
"""

import math

import numpy as np
import pytest

from lga.results.statistics import Design, Estimate, equal_rows, estimate


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


def test_many_values_have_student_s_interval_too():
    """Of 0 to 9 the mean is 4.5, s = 3.02765, t(0.975, 9) = 2.26216: 4.5 +- 2.16585."""
    found = estimate([float(value) for value in range(10)])
    assert (found.low, found.high) == pytest.approx((4.5 - 2.16585, 4.5 + 2.16585), abs=1e-4)


def test_an_accuracy_s_interval_stays_within_0_and_100():
    """Near 50 it is Student's: 50 +- 4.30265 * 0.1 / sqrt(3)."""
    middle = estimate([49.9, 50.0, 50.1], percent=True)
    assert (middle.low, middle.high) == pytest.approx((50 - 0.24842, 50 + 0.24842), abs=1e-4)
    odds, width = math.log(98.5 / 1.5), 4.30265 * 1.0 / math.sqrt(3) / (98.5 * 0.015)
    high = estimate([97.5, 98.5, 99.5], percent=True)
    expected = [100 / (1 + math.exp(-(odds + sign * width))) for sign in (-1, 1)]
    assert (high.low, high.high) == pytest.approx(expected)
    assert 0 < high.low < 98.5 < high.high < 100
    assert estimate([100.0, 100.0], percent=True) == Estimate(2, 100.0, 100.0, 100.0)


def test_one_value_has_no_interval_and_no_values_no_mean():
    assert estimate([97.5]) == Estimate(1, 97.5, None, None)
    assert estimate([5.0, 5.0, 5.0]) == Estimate(3, 5.0, 5.0, 5.0)
    with pytest.raises(ValueError, match="no values"):
        estimate([])


@pytest.mark.parametrize(
    ("rows", "df", "critical"), [(1, 8, 2.306), (2, 60, 2.265), (3, 60, 2.408), (30, 60, 3.117)]
)
def test_critical_values_of_several_gains(rows, df, critical):
    assert equal_rows(rows, df).critical(0.05) == pytest.approx(critical, abs=0.003)


@pytest.mark.parametrize("rows", [1, 4, 30])
def test_p_is_5_percent_at_the_critical_value_and_between_one_test_s_and_bonferroni_s(rows):
    family = equal_rows(rows, 12)
    assert float(family.p(family.critical(0.05))) == pytest.approx(0.05, abs=1e-4)
    alone = equal_rows(1, 12)
    for t in (0.5, 2.0, 9.0):
        assert alone.p(t) - 1e-12 <= family.p(t) <= rows * alone.p(t) + 1e-12


def test_least_squares_where_a_seed_is_missing():
    """The second row lacks seed 3. By hand, with one row beside the reference: the two paired differences."""
    design = Design(np.array([[True, True, True], [True, True, False]]))
    values = np.array([10.0, 12.0, 90.0, 11.0, 15.0])
    assert design.df == 1
    assert float(design.weights[1] @ values) == pytest.approx(2.0)
    assert float(design.spread(values)) == pytest.approx(1.0)  # differences 1, 3: sd sqrt(2), of one value 1
    assert float(design.errors[1]) == pytest.approx(1.0)  # sqrt(2 / 2)


def test_equal_spread_is_not_rejected_more_often_than_5_percent_whatever_the_seeds():
    for seeds in (3, 10):
        design = Design(np.ones((10, seeds), dtype=bool))
        values = np.random.default_rng(1).standard_normal((4000, 10 * seeds))
        assert (design.levene(values) < 0.05).mean() == pytest.approx(0.05, abs=0.012)
    two = Design(np.ones((10, 2), dtype=bool))  # residuals of two seeds are of one size: they say nothing
    assert set(two.levene(values[:, :20] * np.linspace(1, 9, 20))) == {1.0}
    steep = np.repeat(np.linspace(1, 6, 10), 10)
    assert (design.levene(values * steep) < 0.05).mean() > 0.85
