"""Which images of a training split a share of it is: the first ones of one fixed order.

The order depends on the number of images alone. So all seeds, attentions and networks train on the same
images, and a smaller share lies within a larger one.

Axes: N images of the split.
"""

import numpy as np
import torch
from numpy.typing import NDArray

from lga.data.random_streams import Stream, generator
from lga.system.errors import UserError


def check_train_share(share: float) -> None:
    """Raise a UserError unless ``share`` is above 0 and at most 1."""
    if not 0 < share <= 1:
        raise UserError(f"data.train_share={share:g}: choose a share above 0 and up to 1, such as 0.25")


def shared_images(images: int, share: float) -> NDArray[np.bool_]:
    """Return (N,), bool: true for ``share`` of so many images, rounded, and for one at least."""
    order = torch.randperm(images, generator=generator(Stream.TRAIN_SHARE)).numpy()
    chosen = np.zeros(images, bool)
    chosen[order[: max(1, round(share * images))]] = True
    return chosen
