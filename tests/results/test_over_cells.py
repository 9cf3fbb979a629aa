"""The mean gain over cells: a case worked by hand, and which cells are taken."""

import pytest

from lga.results.over_cells import CellGain, pool, pooled_by_metric, pooled_sentence
from lga.results.statistics import Estimate


def test_cells_that_differ_by_more_than_their_errors():
    """0, 2 and 4 with errors of 1: Q = 8, tau2 = (8 - 2) / (3 - 1) = 3, the mean 2, its variance 4 / 3.

    Half the width is 4.3027 (4 / 3)^0.5; I2 = 1 - 2 / 8.
    """
    pooled = pool([0.0, 2.0, 4.0], [1.0, 1.0, 1.0])
    assert (pooled.tau**2, pooled.i2) == pytest.approx((3.0, 0.75))
    assert (pooled.mean.mean, pooled.mean.low) == pytest.approx((2.0, 2 - 4.9683), abs=1e-4)
    assert pooled.mean.n == 3


def test_equal_cells_are_not_pooled_to_certainty():
    """Effects that agree better than their errors: these say how wide the interval is."""
    pooled = pool([1.0, 1.0], [0.5, 0.5])
    assert (pooled.tau, pooled.i2) == (0.0, 0.0)
    assert pooled.mean.high - 1 == pytest.approx(12.7062 * 0.5 / 2**0.5, abs=1e-4)


def test_cells_count_alike():
    """0 with error 1, 3 with 2: the fixed mean 0.6, Q = 1.8, C = 0.4, tau2 = 2; the mean is 1.5."""
    pooled = pool([0.0, 3.0], [1.0, 2.0])
    assert pooled.tau**2 == pytest.approx(2.0)
    assert pooled.mean.mean == pytest.approx(1.5)
    assert pooled.mean.high == pytest.approx(1.5 + 12.7062 * 1.5, abs=1e-4)


def test_metrics_are_apart_and_one_cell_is_no_mean():
    cells = [CellGain(f"place {n}", "top1", Estimate(3, n), 0.1) for n in (5.0, 5.0)]
    found = pooled_by_metric([*cells, CellGain("scenes", "paper/map50", Estimate(3, 9.0), 1.0)])
    assert list(found) == ["top1"]
    assert pooled_sentence("top1", found["top1"][1]).startswith(
        "Over 2 cells LGA's mean gain over none is +5.00 [+4.10, +5.90] points of top-1 accuracy: a gain."
    )
