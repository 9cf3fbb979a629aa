"""Strict loading of the author's checkpoints: every entry is met, none is left over, every shape agrees."""

from collections.abc import Collection, Mapping
from typing import Protocol, cast

from torch import Tensor, nn

from lga.backbones.author_names import Rules, author_names
from lga.system.errors import UserError
from lga.system.terminal_text import counted


class AuthorNamed(Protocol):
    """A network that knows the author's names of its parts."""

    def author_rules(self, checkpoint_keys: Collection[str] = ()) -> Rules:
        """Return the author's prefix of each prefix of this network's state dict."""
        ...


def load_author_checkpoint(model: nn.Module, state_dict: Mapping[str, Tensor]) -> None:
    """Fill `model` in place from a plain state dict in the author's naming (`model.12.out_conv.weight`, ...).

    Args:
        model: a network with `author_rules`: a `Classifier` or a `Detector`.
        state_dict: name -> tensor, as in the author's checkpoint.

    Raises:
        UserError: an entry is missing, left over, or of another shape; the model is then left as it was.
    """
    ours = model.state_dict()
    names = author_names(ours, cast(AuthorNamed, model).author_rules(tuple(state_dict)))
    problems = [
        *counted("missing", [author for author in names.values() if author not in state_dict]),
        *counted("unexpected", sorted(set(state_dict) - set(names.values()))),
        *counted("of another shape", _mismatches(ours, names, state_dict)),
    ]
    if problems:
        raise UserError(
            f"The checkpoint does not fit this {type(model).__name__}: {'; '.join(problems)}. "
            "Build the network with the backbone, attention, heads and number of classes it was trained with."
        )
    model.load_state_dict({key: state_dict[author] for key, author in names.items()}, strict=True)


def _mismatches(
    ours: Mapping[str, Tensor], names: Mapping[str, str], state_dict: Mapping[str, Tensor]
) -> list[str]:
    """Return a line for each entry whose shape differs."""
    return [
        f"{author} {tuple(state_dict[author].shape)} instead of {tuple(ours[key].shape)}"
        for key, author in names.items()
        if author in state_dict and state_dict[author].shape != ours[key].shape
    ]
