"""PASCAL VOC2012: twenty classes in photographs; its test annotations are not public, so val is reported.

See `lga.data.published.voc`.
"""

from types import MappingProxyType

from lga.data.published.split_plan import SplitPlan
from lga.data.published.voc import TOOLCHAIN, VOCReader


class VOC2012Reader(VOCReader):
    """Reads PASCAL VOC2012."""

    name = "voc2012"
    plans = MappingProxyType(
        {
            "official": SplitPlan(
                ("train2012",),
                None,
                "val2012",
                who="the challenge of 2012, as far as it is public; every twelfth training image selects",
            ),
            "paper": SplitPlan(
                ("train2012",),
                "val2012",
                "val2012",
                who="the paper most likely, it is not stated: its toolchain reports the best epoch on what "
                "it validates on, and val is what there are annotations of",
                leak="the checkpoint is selected on the images that are reported",
            ),
            "toolchain": TOOLCHAIN,
        }
    )
