"""Load the author's checkpoints strictly: every entry is met, none is left over, every shape agrees.

The author's networks are flat layer lists, so a name there starts with `model.<index of the block>.`; ours
say what a part does. A rule maps one of our prefixes to the author's; the longest one that fits a key is
used. The entries of an attention block have the author's names already, so that its rule is the slot's
prefix alone.

Inside the "ResNet18" blocks the author's names are read from a checkpoint by their order. The layer list
fixes which block is which (`model.4.` is the first stage) but not what its parts are called. Each unit is a
convolution and a norm, so a block's convolutions and norms are paired in order of appearance; of a stage's
three units the shortcut is the one whose name says so, or else the last. Where the checkpoint does not have
the expected units, or none is given, the names of RT-DETR's PResNet are used
(https://github.com/lyuwenyu/RT-DETR, the published network of this form); a wrong guess cannot pass
unnoticed, because loading compares every name and shape.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, cast

from torch import Tensor, nn

from lga.system.errors import UserError
from lga.system.terminal_text import counted

Rules = dict[str, str]
SHORTCUT_WORDS = ("short", "down", "skip", "identity", "proj")
UnitName = tuple[str, str]  # the author's prefixes of a unit's convolution and of its norm


def prefixed(rules: Mapping[str, str], prefix: str) -> Rules:
    """Return the rules of a part as the rules of the whole in which it is called `prefix`."""
    return {f"{prefix}.{ours}": author for ours, author in rules.items()}


def unit_rules(ours: str, author: str, convolution: str = "conv", norm: str = "bn") -> Rules:
    """Return the rules of one `ConvUnit` whose parts the author calls `convolution` and `norm`."""
    return {f"{ours}.convolution": f"{author}.{convolution}", f"{ours}.norm": f"{author}.{norm}"}


def author_name(key: str, rules: Mapping[str, str]) -> str:
    """Return the author's name of our state-dict entry `key`; its own name where no rule fits."""
    prefix = key
    while prefix:
        if prefix in rules:
            return rules[prefix] + key[len(prefix) :]
        prefix = prefix.rpartition(".")[0]
    return key


def author_names(keys: Collection[str], rules: Mapping[str, str]) -> dict[str, str]:
    """Return the author's name of each of our state-dict entries."""
    return {key: author_name(key, rules) for key in keys}


def load_author_checkpoint(model: nn.Module, state_dict: Mapping[str, Tensor]) -> None:
    """Fill `model` in place from a plain state dict in the author's naming (`model.12.out_conv.weight`, ...).

    Args:
        model: a network with `author_rules`: a `Classifier` or a `Detector`.
        state_dict: name -> tensor, as in the author's checkpoint.

    Raises:
        UserError: an entry is missing, left over, or of another shape; the model is then left as it was.
    """
    ours = model.state_dict()
    names = author_names(ours, cast(Any, model).author_rules(tuple(state_dict)))
    if problems := misfits({author: ours[key] for key, author in names.items()}, state_dict):
        raise UserError(
            f"The checkpoint does not fit this {type(model).__name__}: {'; '.join(problems)}. "
            "Build the network with the backbone, attention, heads and number of classes it was trained with."
        )
    model.load_state_dict({key: state_dict[author] for key, author in names.items()}, strict=True)


def misfits(
    wanted: Mapping[str, Tensor], given: Mapping[str, Tensor], more: Collection[str] = ()
) -> list[str]:
    """Return how `given` weights differ from those `wanted`, in phrases; `more` names may be there too."""
    shapes = [
        f"{name} {tuple(given[name].shape)} instead of {tuple(tensor.shape)}"
        for name, tensor in wanted.items()
        if name in given and given[name].shape != tensor.shape
    ]
    return [
        *counted("missing", [name for name in wanted if name not in given]),
        *counted("unexpected", sorted(set(given) - set(wanted) - set(more))),
        *counted("of another shape", shapes),
        *not_finite(given),
    ]


def not_finite(weights: Mapping[str, Tensor]) -> list[str]:
    """Return in a phrase which of the weights hold what is no finite real number."""
    wrong = [name for name, value in weights.items() if value.is_complex() or not value.isfinite().all()]
    return counted("with numbers that are complex or not finite", wrong)


def stem_rules(ours: str, author: str, checkpoint_keys: Collection[str]) -> Rules:
    """Return the rules of the stem unit `ours`, which the author calls `author`."""
    units = _units(author, checkpoint_keys)
    return _rules([ours], units if len(units) == 1 else [_default(author)])


def stage_rules(ours: str, author: str, depth: int, checkpoint_keys: Collection[str]) -> Rules:
    """Return the rules of the stage `ours` of `depth` basic blocks, which the author calls `author`."""
    parts = [f"{ours}.0.first", f"{ours}.0.second", f"{ours}.0.shortcut"]
    units = _units(author, checkpoint_keys)
    if depth == 1 and len(units) == len(parts):
        return _rules(parts, sorted(units, key=_is_shortcut))
    block = f"{author}.blocks"
    names = [_default(f"{block}.0.{part}") for part in ("branch2a", "branch2b", "short")]
    for i in range(1, depth):
        parts += [f"{ours}.{i}.first", f"{ours}.{i}.second"]
        names += [_default(f"{block}.{i}.{part}") for part in ("branch2a", "branch2b")]
    return _rules(parts, names)


def _units(author: str, checkpoint_keys: Collection[str]) -> list[UnitName]:
    """Return the convolution and norm of each unit in the author's block, in order of appearance."""
    keys = [key for key in checkpoint_keys if key.startswith(f"{author}.")]
    norms = dict.fromkeys(key.rpartition(".")[0] for key in keys if key.endswith(".running_var"))
    layers = dict.fromkeys(key.rpartition(".")[0] for key in keys)
    convolutions = [layer for layer in layers if layer not in norms]
    return list(zip(convolutions, norms, strict=True)) if len(convolutions) == len(norms) else []


def _is_shortcut(unit: UnitName) -> bool:
    """Return whether the unit's name, after its block's, speaks of a shortcut."""
    inside = unit[0].split(".", 2)[2]
    return any(word in inside.lower() for word in SHORTCUT_WORDS)


def _default(author: str) -> UnitName:
    """Return the names of RT-DETR's unit."""
    return f"{author}.conv", f"{author}.norm"


def _rules(parts: Iterable[str], units: Iterable[UnitName]) -> Rules:
    """Return the rules that map our units to the author's."""
    rules: Rules = {}
    for part, (convolution, norm) in zip(parts, units, strict=True):
        rules |= {f"{part}.convolution": convolution, f"{part}.norm": norm}
    return rules
