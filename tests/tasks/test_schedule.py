"""The schedule against values worked out by hand from the toolchain's rules."""

import pytest

from lga.tasks.optimization import Schedule

SCHEDULE = Schedule(
    epochs=10,
    final_fraction=0.01,
    warmup_epochs=3,
    warmup_min_iterations=100,
    warmup_bias_lr=0.1,
    warmup_momentum=0.8,
)


def test_decay_is_linear_over_epochs():
    """1 at the start, halfway (1 + 0.01) / 2 = 0.505, 0.01 at the end and after."""
    assert SCHEDULE.decay(0) == 1
    assert SCHEDULE.decay(5) == pytest.approx(0.505)
    assert SCHEDULE.decay(10) == pytest.approx(0.01)
    assert SCHEDULE.decay(12) == pytest.approx(0.01)


@pytest.mark.parametrize(("per_epoch", "expected"), [(50, 150), (10, 100)])
def test_warmup_lasts_three_epochs_and_at_least_a_hundred_iterations(per_epoch, expected):
    assert SCHEDULE.warmup_iterations(per_epoch) == expected


def test_rates_interpolate_during_warmup():
    """Iteration 75 of 150 at 50 an epoch is in epoch 1: target 0.02 * (0.9 * 0.99 + 0.01) = 0.01802."""
    assert SCHEDULE.learning_rate(0.02, 75, 50, is_bias=False) == pytest.approx(0.00901)
    assert SCHEDULE.learning_rate(0.02, 75, 50, is_bias=True) == pytest.approx(0.1 + (0.01802 - 0.1) / 2)
    assert SCHEDULE.learning_rate(0.02, 0, 50, is_bias=False) == 0
    assert SCHEDULE.learning_rate(0.02, 150, 50, is_bias=True) == pytest.approx(0.02 * (0.7 * 0.99 + 0.01))


def test_momentum_rises_to_its_base():
    assert SCHEDULE.momentum(0.9, 0, 50) == pytest.approx(0.8)
    assert SCHEDULE.momentum(0.9, 75, 50) == pytest.approx(0.85)
    assert SCHEDULE.momentum(0.9, 400, 50) == pytest.approx(0.9)


def test_accumulation_grows_with_warmth():
    """From 1 to 4: a third of the way 1 + 3/3 = 2, and 4 once warm."""
    assert [SCHEDULE.accumulation(4, iteration, 50) for iteration in (0, 50, 100, 150)] == [1, 2, 3, 4]


def test_no_warmup():
    cold = Schedule(10, 0.01, 0, 100, 0.1, 0.8)
    assert cold.learning_rate(0.02, 0, 50, is_bias=True) == pytest.approx(0.02)
    assert cold.momentum(0.9, 0, 50) == 0.9
