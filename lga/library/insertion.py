"""An attention block after named parts of a network of one's own."""

import difflib
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from lga.config.compose import composed_or_explained
from lga.config.instantiation import make
from lga.config.schema import TASKS
from lga.system.errors import UserError

Build = Callable[[int], nn.Module]
SLOT = "attention"
WIDTHS = ("out_channels", "num_features")  # of convolutions, of norms
IMAGE = (1, 3, 64, 64)


def insert(
    model: nn.Module, block: str | Build, after: Sequence[str], example: Tensor | None = None
) -> nn.Module:
    """Put a block behind each of the named parts of `model`, in place; return the model.

    Names of the model's own weights stay, so that their checkpoints still fit; a part's block is its child
    `attention`. Channels are the part's own, or those of its map of an image.

    Args:
        model: any network.
        block: an option of `attention=`, or what is called with the channels.
        after: names, as `model.named_modules()` has them, of parts that give maps (B, C, H, W).
        example: a batch that the model takes, where it does not take images (1, 3, 64, 64).

    Raises:
        UserError: there is no such part or block, or the part gives no maps.
    """
    build: Build
    if isinstance(block, str):
        chosen = [f"attention={block}", *(f"backbone.lga_heads.{task}=null" for task in TASKS)]
        build = make(composed_or_explained(chosen).attention.block, "attention.block")
    else:
        build = block
    parts = [_part(model, name) for name in after]
    widths = [_own_width(part) for part in parts]
    if None in widths:
        widths = _seen_widths(model, after, parts, torch.zeros(IMAGE) if example is None else example)
    weight = next(model.parameters(), torch.zeros(()))
    for part, width in zip(parts, widths, strict=True):
        part.add_module(SLOT, build(width).to(weight.device, weight.dtype).train(part.training))  # type: ignore[arg-type]
        if type(part).forward is not nn.Sequential.forward:  # which calls its children itself
            part.register_forward_hook(_attend)
    return model


def _attend(part: nn.Module, _: Any, features: Tensor) -> Any:
    """Return the hook of the module's level; it finds the child by name, so that copies call their own."""
    return getattr(part, SLOT)(features)


def _part(model: nn.Module, name: str) -> nn.Module:
    parts: dict[str, nn.Module] = dict(model.named_modules())
    if name not in parts:
        near = difflib.get_close_matches(name, parts, n=3) or list(dict(model.named_children()))
        raise UserError(f"after={name}: {type(model).__name__} has no such part; near: {', '.join(near)}")
    if hasattr(parts[name], SLOT):
        raise UserError(f"after={name}: it has an `{SLOT}` already")
    return parts[name]


def _own_width(part: nn.Module) -> int | None:
    return next((width for name in WIDTHS if isinstance(width := getattr(part, name, None), int)), None)


def _seen_widths(
    model: nn.Module, names: Sequence[str], parts: Sequence[nn.Module], example: Tensor
) -> list[int | None]:
    """Return the channels of the map that each part gives; the model's modes and statistics stay."""
    seen: dict[int, Any] = {}
    modes = {module: module.training for module in model.modules()}
    hooks = [part.register_forward_hook(lambda one, _, out: seen.update({id(one): out})) for part in parts]
    weight = next(model.parameters(), example)
    try:
        with torch.no_grad():
            model.eval()(example.to(weight.device, weight.dtype))
    except Exception as error:  # of whatever the model does
        raise UserError(
            f"{type(model).__name__} does not take a batch {tuple(example.shape)} ({error}); give example="
        ) from error
    finally:
        for hook in hooks:
            hook.remove()
        for module, mode in modes.items():
            module.training = mode
    for name, part in zip(names, parts, strict=True):
        out = seen.get(id(part))
        if not isinstance(out, Tensor) or out.ndim != 4:
            kind = tuple(out.shape) if isinstance(out, Tensor) else type(out).__name__
            raise UserError(f"after={name}: it gives {kind}, no map (B, C, H, W); name another part")
    return [seen[id(part)].shape[1] for part in parts]
