"""Means over the images of an epoch, on all devices together, of what is known batch by batch."""

from collections.abc import Mapping

import torch
from torch import Tensor

from lga.tasks.devices import sum_over_devices


class EpochMeans:
    """Sums values by the number of images they are means over, until `compute`.

    Lightning's own means are of equal weight by device, which images are not.
    """

    def __init__(self) -> None:
        self._sums: dict[str, Tensor] = {}
        self._images = 0

    def reset(self) -> None:
        """Forgets what was added."""
        self._sums, self._images = {}, 0

    def add(self, means: Mapping[str, Tensor], images: int) -> None:
        """Adds the means over so many images; on each device the same names, if only for no image."""
        for name, mean in means.items():
            weighted = mean.detach().float() * images
            self._sums[name] = self._sums[name] + weighted if name in self._sums else weighted
        self._images += images

    def compute(self) -> dict[str, Tensor]:
        """Means of everything since the last reset, and resets."""
        if not self._sums:
            return {}
        sums = torch.stack(list(self._sums.values()))
        images = torch.full_like(sums[:1], self._images)
        sum_over_devices([sums, images])
        means = dict(zip(self._sums, sums / images, strict=True))
        self.reset()
        return means
