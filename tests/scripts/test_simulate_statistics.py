"""`scripts/simulate_statistics.py`: the figures that the pages' statistics are held to."""

import pytest

from scripts.simulate_statistics import DRAWS, figures


@pytest.mark.slow
def test_all_figures_lie_within_their_bounds():
    found = list(figures(DRAWS))
    outside = [what for what, share, bounds in found if bounds and not bounds[0] <= share <= bounds[1]]
    assert outside == []
    shares = {what: share for what, share, _ in found}
    for rows in (4, 9):
        for seeds in (3, 5, 10):
            place = f"{rows} rows, {seeds} seeds"
            old = shares[f"the same by paired t and Holm, the old rule: {place}"]
            assert shares[f"gain of 2 found: {place}"] > old
