"""O'Brien and Fleming's spending function at printed values: by half of the seeds 0.0056, by all 0.05."""

import pytest

from lga.results.looks import LOOKS, as_override, level_at, levels, planned_in
from lga.results.statistics import equal_rows


def test_looks_share_5_percent():
    found = levels(LOOKS)
    assert sum(found) == pytest.approx(0.05)
    assert found[0] == pytest.approx(0.00035, abs=1e-5)
    assert found[0] + found[1] == pytest.approx(0.00557, abs=1e-5)


def test_a_look_s_level_is_that_of_the_last_one_reached():
    first, second, last = levels(LOOKS)
    assert [level_at(seeds, LOOKS) for seeds in (1, 3, 4, 5, 9, 10, 12)] == [
        first, first, first, second, second, last, last,
    ]  # fmt: skip
    assert level_at(3) == 0.05


def test_runs_name_the_looks_that_were_planned():
    assert planned_in(["seed=1", as_override((3, 5)), as_override(LOOKS)]) == LOOKS
    assert planned_in([as_override((4,)), as_override(LOOKS), as_override((9, 10))]) == LOOKS


@pytest.mark.parametrize("looks", ["", "a", "0", "3,3", "10,3", "1" * 5000, "-1", "3, 5"])
def test_no_plan_is_taken_from_a_record_that_names_none(looks):
    assert planned_in(["seed=1", f"++experiment.looks=[{looks}]"]) == ()


def test_a_level_can_always_be_computed():
    level = level_at(2, (2, 9999))
    assert 0 < equal_rows(9, 18).critical(level) < 100
