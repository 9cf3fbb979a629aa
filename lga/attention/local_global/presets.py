"""The two blocks of https://arxiv.org/abs/2411.09604, of the same parameters: as released, and as written.

Released, queries and keys have no effect: its contraction sums attention weights over their softmax axis (see
collapse.py). As written, attention weights multiply the values they belong to, and each head's queries, keys
and values come from the head's own group of channels. Open in the text, and taken from the released block:
the attention of a head runs over its channels, the local branches are averaged, and every branch adds the
block's input."""

from lga.attention.local_global.block import LocalGlobalVariant
from lga.attention.local_global.settings import GLOBAL_KERNEL, LOCAL_KERNELS, Branches
from lga.system.errors import UserError


class LocalGlobalAttention(LocalGlobalVariant):
    """The released block, behind the published numbers; ``branches`` may leave out a kind of them."""

    def __init__(self, channels: int, heads: int | None = None, branches: Branches = "both") -> None:
        super().__init__(channels, heads, *_kernels(branches))


class LocalGlobalAttentionAsWritten(LocalGlobalVariant):
    """The block of the paper's text; ``branches`` may leave out a kind of them."""

    def __init__(self, channels: int, heads: int | None = None, branches: Branches = "both") -> None:
        super().__init__(channels, heads, *_kernels(branches), contraction="as_written")


def _kernels(branches: Branches) -> tuple[tuple[int, ...], int | None]:
    """The kernels of the local branches, and that of the global one."""
    if branches not in ("both", "local", "global"):
        raise UserError(f"branches={branches!r} is unknown; set both, local or global")
    return LOCAL_KERNELS if branches != "global" else (), GLOBAL_KERNEL if branches != "local" else None
