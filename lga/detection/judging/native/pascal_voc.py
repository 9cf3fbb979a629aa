"""PASCAL VOC's protocol. Everingham et al. (2010), https://doi.org/10.1007/s11263-009-0275-4.

The official tool is the development kit. The rules are those of `lga.detection.judging.native.devkit`; an
overlap of exactly 0.5 is enough. The challenges before 2010 took precision at 11 points of recall, those
since then the area under the whole curve.

The kit's boxes name their first and last pixel, from 1 on, so it adds a pixel to widths: `xmax - xmin + 1`.
Ours are half-open and from 0 on, `x1 = xmin - 1` and `x2 = xmax`, so that `x2 - x1` is the same width, and
`min(x2, x2') - max(x1, x1') = min(xmax, xmax') - max(xmin, xmin') + 1` the same width in common: overlaps are
equal to the kit's without adding anything. A detection goes the same way, as if written as `x1 + 1` and `x2`.
"""

from dataclasses import dataclass

from lga.detection.judging.collector import Judgement
from lga.detection.judging.native.devkit import interpolation_named, judge_by_devkit
from lga.detection.judging.whole_images import WholeImages


@dataclass(frozen=True, kw_only=True)
class PascalVOC:
    """Returns `native/ap50`.

    Args:
        interpolation: ``11-point`` (2007) or ``all-point`` (2012).
    """

    interpolation: str = "all-point"

    def __post_init__(self) -> None:
        interpolation_named(self.interpolation)

    def __call__(self, found: WholeImages) -> Judgement:
        """Judge."""
        return judge_by_devkit(found, interpolation_named(self.interpolation), strict=False)
