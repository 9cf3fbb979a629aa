"""What other test images would change in a gain, and what other seeds would, from the images got right.

S seeds that both attentions ran with, N test images. A difference (S, N) is 1 where one run alone is right,
-1 where the reference alone is. Images, seeds, and both crossed (Owen, 2007) are drawn with replacement;
the K kinds of images, alike in the differences of all seeds, are drawn by their numbers, which is the same.
"""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lga.results.families import Row

DRAWS = 5_000


class ItemGain(NamedTuple):
    """A gain in points, and between what it lies in 95 % of draws of images, of seeds, and of both.

    `alone` has, by seed, how many images it and the reference alone got right, and McNemar's p.
    """

    images: int
    gain: float
    drawn: Sequence[tuple[float, float]]
    alone: Mapping[int, tuple[int, int, float]]


def row_gain(row: Row, reference: Row) -> ItemGain | None:
    """Return the gain of a row whose runs kept their outcomes; None without a seed of the same images."""
    ours, theirs = _right(row), _right(reference)
    keys = [key for key in ours if key in theirs]
    return (
        item_gain({key[0]: ours[key] - theirs[key] for key in keys if key[1:] == keys[0][1:]})
        if keys
        else None
    )


def item_gain(differences: Mapping[int, NDArray[np.int8]]) -> ItemGain:
    """Return what the differences (N,) of each seed say."""
    rng, points = np.random.default_rng(0), 100.0 * np.stack(list(differences.values()))
    seeds, images = points.shape
    kinds, counts = np.unique(points, axis=1, return_counts=True)  # (S, K), (K,)
    of_seeds = rng.multinomial(seeds, np.full(seeds, 1 / seeds), DRAWS) / seeds
    of_images = rng.multinomial(images, counts / images, DRAWS) / images
    both = (of_seeds @ kinds * of_images).sum(axis=1)
    means = np.stack([of_images @ kinds.mean(axis=0), of_seeds @ points.mean(axis=1), both])
    low, high = np.percentile(means, (2.5, 97.5), axis=1).tolist()
    alone = {seed: (int((found > 0).sum()), int((found < 0).sum())) for seed, found in differences.items()}
    tested = {seed: (*counted, mcnemar(*counted)) for seed, counted in alone.items()}
    return ItemGain(images, float(points.mean()), list(zip(low, high, strict=True)), tested)


def mcnemar(ours: int, theirs: int) -> float:
    """Return the exact two-sided p (McNemar, 1947) that a fair coin chose which of two is right alone."""
    n = ours + theirs
    return min(1.0, float(2 * sum(comb(n, k) for k in range(min(ours, theirs) + 1)) / 2**n))


def _right(row: Row) -> dict[tuple[int, int, str], NDArray[np.int8]]:
    """By seed, number of images and what was read, 1 for each image that was classified right."""
    found = {}
    for record in (run.record for run in row.runs):
        kept, read = record.outcomes, record.data.manifest_hash if record.data else ""
        if record.config.get("dataset", {}).get("folds"):  # each seed has other images
            continue
        with suppress(ValueError):  # of a foreign record
            packed = b64decode(kept.right or "", validate=True) if kept else b""
            if kept and 0 < kept.images <= 8 * len(packed):
                bits = np.unpackbits(np.frombuffer(packed, np.uint8), count=kept.images)
                found[record.cell.seed, kept.images, read] = bits.astype(np.int8)
    return found
