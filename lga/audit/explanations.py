"""Why a published count may differ from that of the network its row names.

An explanation names another network, or another way to count, and holds only if that gives the printed
numbers to the digit.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from operator import attrgetter

from lga.audit.networks import Network
from lga.run.machine.complexity import Complexity

UNUSUAL_HEADS = 64


@dataclass(frozen=True)
class Explanation:
    """One reason.

    Attributes:
        name: what the row really counts, in a few words.
        text: the reason in a sentence.
        applies: whether it makes sense for the network a row names.
        explaining: the network that was counted.
        parameters: the parameters that were counted.
    """

    name: str
    text: str
    applies: Callable[[Network], bool]
    explaining: Callable[[Network], Network]
    parameters: Callable[[Complexity], int]


EXPLANATIONS = (
    Explanation(
        name="trainable count",
        text="the row counts trainable parameters and so leaves out the head's 16 frozen bin values, "
        "which the other rows include",
        applies=lambda network: network.task == "detection",
        explaining=lambda network: network,
        parameters=attrgetter("trainable_parameters"),
    ),
    Explanation(
        name="global-only variant",
        text="the row says LGA and has the count of `lga_global`, the block without its local branches",
        applies=lambda network: network.attention == "lga",
        explaining=lambda network: replace(network, attention="lga_global"),
        parameters=attrgetter("parameters"),
    ),
    Explanation(
        name=f"{UNUSUAL_HEADS} heads",
        text=f"the row has the count of LGA with {UNUSUAL_HEADS} heads; the other YOLOv8n rows have 16",
        applies=lambda network: network.attention == "lga" and network.model == "yolov8n",
        explaining=lambda network: replace(network, heads=UNUSUAL_HEADS),
        parameters=attrgetter("parameters"),
    ),
)
