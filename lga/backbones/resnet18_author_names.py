"""The author's names inside the "ResNet18" blocks, read from a checkpoint by their order.

The layer list fixes which block is which (`model.4.` is the first stage) but not what its parts are called.
Each unit is a convolution and a norm, so a block's convolutions and norms are paired in order of
appearance; of a stage's three units the shortcut is the one whose name says so, or else the last. Where the
checkpoint does not have the expected units, or none is given, the names of RT-DETR's PResNet are used
(https://github.com/lyuwenyu/RT-DETR, the published network of this form); a wrong guess cannot pass
unnoticed, because loading compares every name and shape."""

from collections.abc import Collection, Iterable

from lga.backbones.author_names import Rules

SHORTCUT_WORDS = ("short", "down", "skip", "identity", "proj")

UnitName = tuple[str, str]  # the author's prefixes of a unit's convolution and of its norm


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
    """Tell whether the unit's name, after its block's, speaks of a shortcut."""
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
