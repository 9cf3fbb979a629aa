"""Weights read from files, safetensors or what torch saved; nothing in them can run code."""

import pickle
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from lga.system.errors import DamagedFileError, UserError
from lga.system.files import zip_damage
from lga.system.terminal_text import first_line
from lga.system.weights_files import check_weights, not_weights

WRAPPED_IN = ("state_dict", "model")  # by training scripts
_PYTHON_OBJECT = re.compile(r"GLOBAL (\S+)")  # as torch's reader names what it refuses


def read_weights(path: Path, sha256: str | None, key: str = "checkpoint") -> Mapping[str, Tensor]:
    """Return names and tensors of a .safetensors file or a state dict; `key` is named in errors."""
    check_weights(path, key, sha256)
    try:
        loaded = load_file(path) if path.suffix == ".safetensors" else load(path)
    except SafetensorError as error:
        raise UserError(f"{key}={path}: damaged safetensors ({first_line(error)}); get it again") from error
    except UserError as error:
        raise UserError(f"{key}={error}") from error
    for inner in WRAPPED_IN:
        if isinstance(loaded, Mapping) and isinstance(loaded.get(inner), Mapping):
            loaded = loaded[inner]
    entries: Mapping[Any, Any] = loaded if isinstance(loaded, Mapping) else {}
    if not entries or not all(
        isinstance(name, str) and isinstance(entries[name], Tensor) for name in entries
    ):
        raise UserError(f"{key}={path}: holds no weights; give a state dict, of names and tensors")
    return entries


def load(path: Path) -> Any:
    """Read tensors and plain values that `torch.save` wrote.

    The CRC-32 of each part is checked here: `torch.load` ignores it, and takes a changed byte for the weight.

    Raises:
        UserError: there is no such file, or it holds Python objects.
        DamagedFileError: its content is not what was written.
    """
    if damage := not_weights(path) or zip_damage(path):
        raise _damaged(path, damage)
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        if found := _PYTHON_OBJECT.search(str(error)):
            raise UserError(
                f"{path}: refused, it holds more than tensors and plain values ({found[1]}), and loading "
                "that runs code of whoever wrote the file; have model.state_dict() saved where it was made"
            ) from error
        raise _damaged(path, "no tensors in it") from error
    except MemoryError:
        raise
    except LookupError as error:  # of torch's tables, in which it looks up what it reads
        raise _damaged(path, "no tensors in it") from error
    except Exception as error:
        raise _damaged(path, textwrap.shorten(first_line(error), 150, placeholder=" ...")) from error


def _damaged(path: Path, what: str) -> DamagedFileError:
    return DamagedFileError(f"{path}: not a readable checkpoint ({what}); it was not used")
