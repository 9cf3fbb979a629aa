"""PASCAL VOC2007: twenty classes in photographs; all annotations are public.

See `lga.data.published.voc`.
"""

from types import MappingProxyType

from lga.data.published.split_plan import SplitPlan
from lga.data.published.voc import TOOLCHAIN, VOCReader


class VOC2007Reader(VOCReader):
    """Reads PASCAL VOC2007."""

    name = "voc2007"
    plans = MappingProxyType(
        {
            "official": SplitPlan(("train2007",), "val2007", "test2007", who="the challenge of 2007"),
            "paper": SplitPlan(
                ("train2007", "val2007"),
                "test2007",
                "test2007",
                who="the paper most likely, it is not stated: common practice of training, and its toolchain "
                "reports the best epoch on what it validates on",
                leak="the checkpoint is selected on the images that are reported",
            ),
            "toolchain": TOOLCHAIN,
        }
    )
