"""The network of a cell with trained weights: those of its chosen epoch, or of a checkpoint that is named."""

from pathlib import Path
from typing import Any, TypeGuard

from torch import Tensor, nn

from lga.backbones.author_checkpoint import load_author_checkpoint
from lga.run.build import build_network
from lga.run.checkpoints import load
from lga.run.directory import RunDirectory
from lga.run.identity import FrozenRun
from lga.system.errors import UserError

AUTHOR_PREFIX = "model."
AVERAGED_PREFIX = "average.module."


def trained_network(run: FrozenRun) -> nn.Module:
    """The network in evaluation mode.

    `mode.checkpoint` names a `best.ckpt` or `last.ckpt` of this project (of the latter the averaged weights
    are taken) or a plain state dict in the author's naming; null takes the cell's own `best.ckpt`.

    Raises UserError when there is none, or when it is of another architecture.
    """
    named = run.config["mode"]["checkpoint"]
    folder = RunDirectory(run)
    path = Path(named) if named else folder.best_checkpoint
    if not named and not path.is_file():
        kept, first = folder.kept(), "run the same command without mode= first"
        if kept:
            first = f"its record alone is kept, in {kept[0]}; {first}, with paths.kept=null"
        raise UserError(
            f"{run.cell}: not trained yet, there is no {path}; {first}, "
            f"or name weights{_weights_at_hand(path)}"
        )
    network = build_network(run.cfg)
    _fill(network, load(path), path)
    return network.eval()


def _weights_at_hand(path: Path) -> str:
    """Where the newest weights are of this cell with another seed or recipe, whose folders lie beside it."""
    runs = path.parents[2]
    found = sorted(runs.glob(f"*/checkpoints/{path.name}"), key=lambda other: other.stat().st_mtime)
    return f": there is mode.checkpoint={found[-1]}" if found else " with mode.checkpoint="


def _are_weights(content: Any) -> TypeGuard[dict[str, Tensor]]:
    return (
        isinstance(content, dict)
        and all(isinstance(name, str) for name in content)
        and all(isinstance(value, Tensor) for value in content.values())
    )


def _fill(network: nn.Module, content: Any, path: Path) -> None:
    weights = content.get("state_dict", content) if isinstance(content, dict) else None
    if not _are_weights(weights):
        raise UserError(f"{path}: it holds no weights; name a best.ckpt, a last.ckpt or a plain state dict")
    if any(key.startswith(AVERAGED_PREFIX) for key in weights):
        kept = {key: value for key, value in weights.items() if key.startswith(AVERAGED_PREFIX)}
        weights = {key.removeprefix(AVERAGED_PREFIX): value for key, value in kept.items()}
    elif weights and all(key.startswith(AUTHOR_PREFIX) for key in weights):
        load_author_checkpoint(network, weights)
        return
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        first = str(error).splitlines()[1].strip() if "\n" in str(error) else str(error)
        raise UserError(
            f"{path}: a checkpoint of another architecture ({first[:150]}); "
            "give the backbone, attention and dataset it was trained with"
        ) from error
