"""Local-Global Attention (arXiv 2411.09604) and its rivals, reproduced and judged.

`import lga` loads nothing heavy; what it offers is loaded when called.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["build_model", "load_author_checkpoint"]


def __getattr__(name: str) -> str:
    if name != "__version__":
        raise AttributeError(f"module 'lga' has no attribute {name!r}")
    from importlib.metadata import version

    return version("lga")


def build_model(overrides: Sequence[str] = ()) -> "nn.Module":
    """Return the network of the cell that `python run.py <overrides>` would run, without its data.

    Raises UserError for an override that does not exist or a combination that does not fit.
    """
    from lga.config.compose import composed_or_told
    from lga.config.frozen_run import freeze
    from lga.run.build import build_network

    return build_network(freeze(composed_or_told(overrides)).cfg)


def load_author_checkpoint(model: "nn.Module", state_dict: "Mapping[str, Tensor]") -> None:
    """Load weights in the author's key naming (`model.12.out_conv.weight`) into `model`, strictly.

    Raises UserError naming what is missing, left over or of another shape.
    """
    from lga.backbones.author_checkpoint import load_author_checkpoint as load

    load(model, state_dict)
