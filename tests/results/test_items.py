"""Gains by image. By hand: 4 images, 2 seeds; ours alone is right in one and in two, the reference in none.

Differences in points: (100, 0, 0, 0) and (100, 100, 0, 0), so gains of 25 and 50, 37.5 over both.
"""

import base64
from math import comb
from pathlib import Path

import numpy as np
import pytest

from lga.results.collect import CollectedRun
from lga.results.families import Number, Row
from lga.results.items import item_gain, row_gain
from lga.run.folder.record import OutcomesRecord
from tests.results.made_records import made_record


def rows_of(found, **fields):
    """A row whose runs got these images right, by seed."""
    runs = []
    for seed, right in found.items():
        packed = base64.b64encode(np.packbits(np.array(right, bool)).tobytes()).decode()
        message = OutcomesRecord(file="outcomes.npz", sha256="0" * 64, images=len(right), right=packed)
        runs.append(CollectedRun(Path("run"), made_record(seed=seed, **{"outcomes": message, **fields})))
    return Row("lga", "lga", runs, (Number("top1", {}),))


REFERENCE = {1: [0, 1, 0, 1], 2: [0, 0, 0, 1], 3: [1, 1, 1, 1]}
OURS = {1: [1, 1, 0, 1], 2: [1, 1, 0, 1]}


def test_a_gain_is_over_the_seeds_that_both_have():
    found = row_gain(rows_of(OURS), rows_of(REFERENCE))
    assert (found.images, found.gain) == (4, 37.5)
    assert found.alone == {1: (1, 0, 1.0), 2: (2, 0, 0.5)}
    assert found.drawn[1] == (25.0, 50.0)


@pytest.mark.parametrize(
    ("ours", "theirs", "p"), [(8, 1, 2 * (1 + 9) / 2**9), (5, 5, 1.0), (0, 0, 1.0), (0, 6, 2 / 2**6)]
)
def test_mcnemar_is_a_fair_coin_over_the_images_that_one_alone_got_right(ours, theirs, p):
    right = [[1] * ours + [0] * theirs, [0] * ours + [1] * theirs]
    own, base = ([*some, 1, 0] for some in right)
    (found,) = row_gain(rows_of({1: own}), rows_of({1: base})).alone.values()
    assert found == (ours, theirs, pytest.approx(p))


def test_draws_have_the_spread_that_they_must_have():
    """A mean of n draws has the variance of what is drawn by n; crossed, those of both and the rest add."""
    chance = np.random.default_rng(3)
    image, seed = chance.normal(size=400), chance.normal(size=5) * 0.3
    levels = (image[None] + seed[:, None] + chance.normal(size=(5, 400)) * 0.5).round()
    differences = {number: np.sign(row).astype(np.int8) for number, row in enumerate(levels)}
    found, points = item_gain(differences), 100 * np.sign(levels)
    of_images = points.mean(axis=0).std() / 400**0.5
    of_seeds = points.mean(axis=1).std() / 5**0.5
    rest = (
        points - points.mean(axis=0) - points.mean(axis=1, keepdims=True) + points.mean()
    ).std() / 2000**0.5
    assert spread(found.drawn[0]) == pytest.approx(of_images, rel=0.05)
    assert spread(found.drawn[2]) == pytest.approx((of_images**2 + of_seeds**2 + rest**2) ** 0.5, rel=0.07)
    assert found.drawn[1][0] < found.gain < found.drawn[1][1]


def spread(interval):
    """The standard deviation of a normal distribution with 95 % in the interval."""
    return (interval[1] - interval[0]) / (2 * 1.95996)


def test_one_seed_tells_of_images_alone():
    """Of 4 images ours alone gets one right: none of 4 draws is it in 0.75^4 = 32 % of draws."""
    found = row_gain(rows_of({1: [1, 0, 0, 0]}), rows_of({1: [0, 0, 0, 0]}))
    assert found.drawn[0][0] == 0.0
    assert found.drawn[1] == (25.0, 25.0)
    assert sum(comb(4, k) * 3 ** (4 - k) for k in (3, 4)) / 4**4 > 0.025
    assert found.drawn[0][1] == 75.0


@pytest.mark.parametrize(
    "fields",
    [
        {"outcomes": None},
        {"outcomes": OutcomesRecord(file="x", sha256="0", images=4, right="no base64!")},
        {"outcomes": OutcomesRecord(file="x", sha256="0", images=10**12, right="8A==")},
        {"outcomes": OutcomesRecord(file="x", sha256="0", images=3, right="8A==")},
        {"data": made_record().data.model_copy(update={"manifest_hash": "1" * 64})},
    ],
)
def test_other_images_and_damaged_outcomes_give_no_gain(fields):
    assert row_gain(rows_of(OURS, **fields), rows_of(REFERENCE)) is None
