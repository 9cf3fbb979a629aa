"""Folds of a set of one's own: its images divided evenly, one fold judged and the next one selecting.

Axes: N images.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lga.system.errors import UserError
from lga.system.terminal_text import numbered


def folded(
    labels: NDArray[np.int64], names: Sequence[str], number: int, folds: int
) -> tuple[tuple[NDArray[np.bool_], ...], dict[str, int]]:
    """Return which images (N,) train, validate and test, and the note on it in the record.

    Args:
        labels: (N,), from 0; the images of each are divided evenly, in their order.
        names: of the labels, for messages.
        number: of the fold that is tested, from 0; the next one validates.
        folds: 3 or more.

    Raises:
        UserError: a label has fewer images than there are folds.
    """
    counts = np.bincount(labels, minlength=len(names))
    if (least := int(counts.min())) < folds:
        raise UserError(
            f"dataset.folds={folds}: {names[int(counts.argmin())]} has {numbered(least, 'image')}, "
            "fewer than folds; set fewer, or add images"
        )
    ranks = np.empty_like(labels)
    ranks[labels.argsort(kind="stable")] = np.concatenate([np.arange(count) for count in counts])
    test, val = ranks % folds == number, ranks % folds == (number + 1) % folds
    return (~test & ~val, val, test), {f"fold {number + 1} of {folds} is judged, by the seed": 1}
