"""The check that attention heads cut the channels evenly."""

from lga.structures import UserError


def check_heads(attention: str, channels: int, heads: int) -> None:
    """Raises UserError, naming the valid counts, unless ``heads`` divide ``channels``."""
    if heads < 1 or channels % heads:
        valid = ", ".join(str(n) for n in range(1, channels + 1) if channels % n == 0)
        raise UserError(
            f"attention '{attention}': attention.block.heads={heads} does not divide {channels} channels; "
            f"set one of {valid}"
        )
