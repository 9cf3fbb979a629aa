"""Gains against an independent computation on the first 93 ablation runs, and on cases worked by hand.

t(0.975): 4.30265 at 2 degrees of freedom, 12.7062 at 1.
"""

import csv
import math
import re
from collections import defaultdict
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from lga.results.gains import Gain, compare_gains
from lga.results.sentences import change_between, seeds_wanted, spread_sentence
from lga.results.statistics import Design, Estimate

ORACLES = Path(__file__).parent / "oracles"


def read(name):
    with (ORACLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def ablations():
    cells = defaultdict(dict)
    for line in read("ablation_values.csv"):
        cells[line["attention"]][int(line["seed"])] = float(line["map50"])
    return cells


def families():
    return [
        pytest.param([*lines], id=name)
        for name, lines in groupby(read("pooled_ablations.csv"), key=lambda line: line["family"])
    ]


@pytest.mark.parametrize("lines", families())
def test_the_93_ablation_runs(ablations, lines):
    assert sum(len(values) for values in ablations.values()) == 93
    found = compare_gains(ablations, "lga", [line["row"] for line in lines])
    assert found.gains.keys() == {line["row"] for line in lines}
    assert (found.spread.cells, found.spread.df) == (31, 60)
    assert found.spread.residual == pytest.approx(float(lines[0]["residual_sd"]), abs=5e-5)
    for line in lines:
        gain = found.gains[line["row"]]
        half = gain.estimate.high - gain.estimate.mean
        assert gain.estimate.mean == pytest.approx(float(line["gain"]), abs=5e-5)
        assert gain.p == pytest.approx(float(line["dunnett_p"]), abs=0.002)
        assert half == pytest.approx(float(line["simultaneous_half_width"]), abs=0.01)
        assert half / found.spread.residual / math.sqrt(2 / 3) == pytest.approx(
            float(line["dunnett_critical"]), abs=0.01
        )
    assert found.spread.seed_share == pytest.approx(0.16, abs=0.005)
    assert found.spread.levene > 0.05


def test_the_figure_over_all_rows_stands_beside_that_of_the_question(ablations):
    found = compare_gains(ablations, "lga", ["lga_position_none"])
    everything = compare_gains(ablations, "lga")
    assert found.overall == everything.gains
    assert found.gains["lga_position_none"].p < found.overall["lga_position_none"].p


def test_two_cells_are_a_paired_test():
    """Differences 0.8, 0.9, 1.1: 0.9333 +- 4.30265 * 0.1528 / sqrt(3), p = 0.0088.

    One run of each, of unlike seeds: squares about the cells' means are 2 and 2.6467, of which 4.6233 are the
    seeds' (2 degrees of freedom) and 0.0233 the residual's (2), so a run's variance is 1.1617 (of 2.0202).
    Twice that and the gain's own, 0.0078 (2), are 2.3311 (2.0337): t 4.2350, sqrt 1.5268.
    """
    cells = {"none": {1: 90.0, 2: 91.0, 3: 92.0}, "lga": {1: 90.8, 2: 91.9, 3: 93.1}}
    gain = compare_gains(cells, "none").gains["lga"]
    assert gain.estimate.n == 3
    assert gain.estimate.low == pytest.approx(0.9333 - 0.3795, abs=1e-3)
    assert gain.p == pytest.approx(0.0088, abs=1e-4)
    assert gain.one_run[0] == pytest.approx(0.9333 - 4.2350 * 1.5268, abs=1e-3)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.85])
def test_a_run_of_each_of_another_seed_lies_where_it_is_said_to(share):
    """In 95 % of repetitions, also where the seed explains most of the variance; so do two of none."""
    draws, cells, seeds = 800, 4, 5
    rng = np.random.default_rng(3)

    def runs(*shape):
        of_seed = math.sqrt(share) * rng.standard_normal((draws, *shape[:-2], 1, shape[-1]))
        return of_seed + math.sqrt(1 - share) * rng.standard_normal((draws, *shape))

    inside = within = 0
    for values, (one, another) in zip(runs(cells, seeds), runs(2, 2, 1)[..., 0], strict=True):
        found = compare_gains({str(n): dict(enumerate(row)) for n, row in enumerate(values.tolist())}, "0")
        low, high = found.gains["1"].one_run
        inside += low <= another[1] - one[0] <= high
        within += abs(another[0] - one[0]) <= found.spread.noise
    assert 0.915 < inside / draws < 0.98
    assert 0.915 < within / draws < 0.98


def test_a_row_needs_two_seeds_of_the_reference_for_an_interval():
    """With one its gain is a number alone; with none it is not compared, even if other rows link the two."""
    cells = {
        "none": {1: 90.0, 2: 90.2, 3: 90.3}, "se": {1: 90.1, 2: 90.2, 3: 90.5, 4: 90.3},
        "lga": {1: 92.0}, "eca": {4: 91.0},
    }  # fmt: skip
    found = compare_gains(cells, "none")
    assert list(found.gains) == ["se", "lga"]
    assert found.gains["lga"] == Gain(Estimate(1, pytest.approx(2.0)))
    assert found.gains["se"].p is not None
    assert found.spread.rows == 1


def test_cells_without_spread_beside_one_with():
    """None and se give the same in all seeds, so that only lga's own differences can be tested."""
    noisy = made(3, 10)["3"]
    cells = {name: dict.fromkeys(range(10), 99.0) for name in ("none", "se", "eca")} | {"lga": noisy}
    found = compare_gains(cells, "none")
    assert found.spread.levene < 0.05
    assert found.spread.noise == 0.0
    assert found.gains["se"] == Gain(Estimate(10, pytest.approx(0.0, abs=1e-9)))
    low, high = found.gains["lga"].one_run
    own = np.std(list(noisy.values()), ddof=1)  # 1.1^2 / (1 / 9 + 0.01 / 9) = 10.7822: t(0.975) = 2.20642
    assert high - low == pytest.approx(2 * 2.20642 * own * math.sqrt(1 + 1 / 10), rel=1e-4)


def test_the_smallest_gain_is_known_at_any_level():
    """Two seeds of two cells: t of one degree of freedom, 0.8 of which lie below 1.2816 by a sure gain."""
    design = Design(np.ones((2, 2), dtype=bool))
    family = design.family([1])
    assert family.smallest(1e-7) == pytest.approx(1.28155 * 2 / math.pi / 1e-7, rel=1e-3)
    near = [family.smallest(level) for level in (6.3e-5, 6.4e-5)]
    assert near[0] > near[1] == pytest.approx(near[0], rel=0.03)


def made(rows, seeds, spreads=1.0, gain=0.0):
    values = np.random.default_rng(5).standard_normal((rows + 1, seeds)) * np.reshape(spreads, (-1, 1))
    values[1:] += gain
    return {str(row): dict(enumerate(line)) for row, line in enumerate(values.tolist())}


@pytest.mark.parametrize("level", [0.05, 0.005])
@pytest.mark.parametrize(("seeds", "spreads"), [(3, 1.0), (10, 1.0), (10, [0.2, 0.2, 0.2, 8.0, 0.2])])
def test_p_and_interval_never_disagree(level, seeds, spreads):
    for effect in np.linspace(-3, 3, 25):
        for gain in compare_gains(made(4, seeds, spreads, effect), "0", level=level).gains.values():
            excluded = gain.estimate.low > 0 or gain.estimate.high < 0
            assert (gain.p < 0.05) == excluded
            assert (gain.word(1.0) in ("gain", "loss")) == excluded


def test_unequal_spreads_are_not_pooled():
    """One row has 40 times the spread of the others: theirs stay as narrow as their differences are."""
    cells = made(4, 10, [0.2, 0.2, 0.2, 8.0, 0.2])
    found = compare_gains(cells, "0")
    assert found.spread.levene < 0.05
    assert found.spread.smallest is None
    own = [cells["1"][seed] - cells["0"][seed] for seed in range(10)]
    half = 3.1110 * np.std(own, ddof=1) / math.sqrt(10)  # t(1 - 0.025 / 4, 9) = 3.1110: Bonferroni over four
    estimate = found.gains["1"].estimate
    assert (estimate.low, estimate.high) == pytest.approx(
        (np.mean(own) - half, np.mean(own) + half), abs=1e-3
    )


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (0.1, 0.3, "gain"), (-3, -0.1, "loss"), (-0.9, 0.8, "practically none"), (-1.1, 0.2, "undecided"),
        (None, None, "undecided"),
    ],
)  # fmt: skip
def test_words(low, high, word):
    assert Gain(Estimate(3, 0.0, low, high)).word(1.0) == word


def test_without_spread_or_reference_nothing_is_tested():
    equal = compare_gains({"none": {1: 5.0, 2: 6.0}, "lga": {1: 6.0, 2: 7.0}}, "none")
    assert equal.spread is None
    assert equal.gains["lga"] == Gain(Estimate(2, pytest.approx(1.0)))
    assert compare_gains({"none": {1: 5.0}, "lga": {1: 6.0}}, "none").gains["lga"].p is None
    assert compare_gains({"lga": {1: 6.0}}, "none").gains == {}
    assert compare_gains({"none": {1: 5.0}, "lga": {2: 6.0}}, "none").gains == {}


def test_what_the_design_could_have_seen():
    """Noise: within cells s^2 = 1, of squares 3 for seeds and 1 for the rest, with 2 degrees of freedom each.

    Those of the sum are 4^2 / (3^2 / 2 + 1 / 2) = 3.2: sqrt(2) * t(0.975, 3.2) = 4.3456. Mean squares of
    seeds are 1.5 and of the rest 0.5: the seed's variance is (1.5 - 0.5) / 2, half of all.
    """
    cells = {"none": {1: 0.0, 2: 1.0, 3: 2.0}, "lga": {1: 1.0, 2: 0.0, 3: 2.0}}
    spread = compare_gains(cells, "none").spread
    assert spread.noise == pytest.approx(4.3456, abs=1e-3)
    assert spread.residual == pytest.approx(math.sqrt(0.5))  # differences 1, -1, 0: variance 1 of two values
    assert spread.seed_share == pytest.approx(0.5)


def test_seeds_needed_grow_with_the_square_of_the_spread_and_with_the_rows():
    spread = compare_gains(made(4, 5), "0").spread
    few, many = (spread.seeds_needed(margin * spread.residual) for margin in (1.0, 0.5))
    assert many == pytest.approx(4 * few, rel=0.06)
    assert spread.seeds_needed(0.001) is None
    least, most = (spread.seeds_needed(spread.residual, share) for share in (0.1, 0.9))
    assert least < few < most
    strict = compare_gains(made(4, 5), "0", level=0.01).spread
    assert strict.seeds_needed(strict.residual) > few


@pytest.mark.parametrize(
    ("rows", "seeds", "tested"), [(1, 5, False), (1, 2, False), (4, 2, False), (4, 3, True)]
)
def test_equal_spread_is_tested_where_it_can_be(rows, seeds, tested):
    """Two cells, or two seeds, leave residuals of one size in each: their spread is always equal."""
    spread = compare_gains(made(rows, seeds), "0").spread
    assert (spread.levene is not None, spread.smallest is not None) == (tested, True)
    assert ("cannot be tested" in spread_sentence(spread, "none")) == (not tested)


@pytest.mark.parametrize("fewer", [3, 1])
def test_two_cells_that_share_seeds_do_not_test_equal_spread(fewer):
    """Of unequal seeds two cells' residuals are mirror images too; a cell of one seed has none."""
    cells = made(1, 5) if fewer == 3 else made(2, 3)
    *_, last = cells
    cells[last] = dict([*cells[last].items()][:fewer])
    assert compare_gains(cells, "0").spread.levene is None


def test_seeds_that_would_settle_all_are_more_than_have_run_or_none_are_named():
    spread = compare_gains(made(4, 5), "0").spread
    one = replace(spread, residual=0.5), replace(spread, residual=0.01), replace(spread, smallest=None)
    many, few, unpooled = (seeds_wanted(each, "map50", 5) for each in one)
    assert re.fullmatch(r"about \d+ seeds \(\d+ to \d+\) would settle all within 1 point", many)
    assert few == "if there were no gain, as many seeds as ran would usually settle all within 1 point"
    assert "not known" in unpooled


def test_the_change_between_two_gains():
    """Errors 3 and 4 of 2 and 8 degrees of freedom: 5, of 625 / (81 / 2 + 256 / 8) = 8.6207; t 2.2776."""
    first, last = (
        Gain(Estimate(3, mean, mean - 1, mean + 1), 0.5, None, error, df)
        for mean, error, df in ((1.0, 3.0, 2), (11.0, 4.0, 8))
    )
    change = change_between(first, last, tested=1)
    assert change.estimate.mean == 10.0
    assert change.estimate.low == pytest.approx(10 - 2.2776 * 5, abs=1e-3)
    assert change_between(first, last, tested=4).p == pytest.approx(4 * change.p)
    assert change_between(first, last, 1, level=0.01).p == pytest.approx(5 * change.p)
