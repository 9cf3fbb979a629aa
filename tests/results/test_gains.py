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
from lga.results.statistics import Estimate

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
    """Differences 0.8, 0.9, 1.1: 0.9333 +- 4.30265 * 0.1528 / sqrt(3), p = 0.0088; one run twice as far."""
    cells = {"none": {1: 90.0, 2: 91.0, 3: 92.0}, "lga": {1: 90.8, 2: 91.9, 3: 93.1}}
    gain = compare_gains(cells, "none").gains["lga"]
    assert gain.estimate.n == 3
    assert gain.estimate.low == pytest.approx(0.9333 - 0.3795, abs=1e-3)
    assert gain.p == pytest.approx(0.0088, abs=1e-4)
    assert gain.one_run[0] == pytest.approx(0.9333 - 0.7590, abs=1e-3)


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
    """Noise: within cells s^2 = 1 (df 4), t(0.975, 4) = 2.77645, so sqrt(2) * 2.77645 = 3.9265.

    Mean squares of seeds are 1.5 and of the rest 0.5: the seed's variance is (1.5 - 0.5) / 2, half of all.
    """
    cells = {"none": {1: 0.0, 2: 1.0, 3: 2.0}, "lga": {1: 1.0, 2: 0.0, 3: 2.0}}
    spread = compare_gains(cells, "none").spread
    assert spread.noise == pytest.approx(3.9265, abs=1e-3)
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
    many, few, unpooled = (seeds_wanted(each, "map50") for each in one)
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
