"""Scales of the family: nominal widths and repeats become a network's real ones.

Source: the scale table of the YOLOv8 family, which the paper's networks share. Classification networks take
a channel cap of 1024 at every scale, detection networks the cap of the table."""

import math
from dataclasses import dataclass, replace

from lga.system.errors import UserError


@dataclass(frozen=True)
class Scale:
    """How a nominal network becomes a real one.

    Attributes:
        depth: factor on nominal repeats.
        width: factor on nominal channels.
        channel_cap: largest nominal width; larger ones are cut to it before the width factor is applied.
    """

    depth: float
    width: float
    channel_cap: int

    def channels(self, nominal: int) -> int:
        """Return the real width: the capped nominal times the width factor, rounded up to a multiple of 8."""
        return 8 * math.ceil(min(nominal, self.channel_cap) * self.width / 8)

    def triple(self, nominal: tuple[int, int, int]) -> tuple[int, int, int]:
        """Return the real widths of three levels."""
        return self.channels(nominal[0]), self.channels(nominal[1]), self.channels(nominal[2])

    def repeats(self, nominal: int) -> int:
        """Return the real number of repeats; a single block stays single."""
        return max(round(nominal * self.depth), 1) if nominal > 1 else nominal


SCALES = {
    "n": Scale(depth=0.33, width=0.25, channel_cap=1024),
    "s": Scale(depth=0.33, width=0.50, channel_cap=1024),
    "m": Scale(depth=0.67, width=0.75, channel_cap=768),
    "l": Scale(depth=1.00, width=1.00, channel_cap=512),
    "x": Scale(depth=1.00, width=1.25, channel_cap=512),
}


def scale_named(name: str, channel_cap: int | None = None) -> Scale:
    """Return the scale called `name`, with `channel_cap` in place of its own where one is given.

    Raises:
        UserError: there is no scale of that name.
    """
    if name not in SCALES:
        raise UserError(f"scale={name!r} is unknown: choose one of {', '.join(SCALES)}")
    scale = SCALES[name]
    return scale if channel_cap is None else replace(scale, channel_cap=channel_cap)
