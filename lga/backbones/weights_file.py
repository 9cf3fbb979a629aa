"""Files of weights that training starts from, safetensors or a state dict of torch; they run no code."""

import hashlib
import io
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor

from lga.system.errors import UserError
from lga.system.files import zip_damage
from lga.system.foreign import read_file
from lga.system.terminal_text import first_line

LARGEST = 2**33  # bytes of weights
WRAPPED_IN = ("state_dict", "model")  # by training scripts


def read_weights(path: Path, sha256: str | None, key: str = "checkpoint") -> Mapping[str, Tensor]:
    """Return names and tensors of a .safetensors file or a state dict; `key` is named in errors."""
    content = read_file(path, LARGEST)
    found = hashlib.sha256(content).hexdigest()
    if sha256 is not None and found != sha256:
        raise UserError(
            f"{key}={path}: its SHA-256 is {found} and not {sha256}: another file, "
            "or changed since the run was asked for"
        )
    if damage := zip_damage(path):
        raise UserError(f"{key}={path}: damaged: {damage}; get it again")
    try:
        if path.suffix == ".safetensors":
            return load_safetensors(content)
        loaded = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except (
        SafetensorError,
        pickle.UnpicklingError,
        RuntimeError,
        EOFError,
        ValueError,
        LookupError,
    ) as error:
        raise UserError(
            f"{key}={path}: no plain weights ({first_line(error)[:150]}); "
            "give a .safetensors file or a state dict"
        ) from error
    return _unwrapped(loaded, path, key)


def _unwrapped(loaded: Any, path: Path, key: str) -> Mapping[str, Tensor]:
    for inner in WRAPPED_IN:
        if isinstance(loaded, Mapping) and isinstance(loaded.get(inner), Mapping):
            loaded = loaded[inner]
    entries: Mapping[Any, Any] = loaded if isinstance(loaded, Mapping) else {}
    if not entries or not all(isinstance(key, str) and isinstance(entries[key], Tensor) for key in entries):
        raise UserError(f"{key}={path}: holds no state dict; give one of names and tensors")
    return entries
