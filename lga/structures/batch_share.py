"""What a device has of a batch that is divided over several."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class BatchShare(NamedTuple):
    """A device's share of a batch.

    Attributes:
        rows: (b,), int64, its images by their position in the whole batch.
        whole: number of images of the whole batch.
        counts: False for what another device has too: it is given so that all devices take the same steps.
    """

    rows: NDArray[np.int64]
    whole: int
    counts: bool = True

    @property
    def weight(self) -> float:
        """What a mean over the share contributes to the mean over the batch."""
        return len(self.rows) / self.whole if self.counts else 0.0
