"""Weights of a timm network from a local file, in timm's naming; strict, and no code in it is run."""

import hashlib
import pickle
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_safetensors
from torch import Tensor, nn

from lga.system.errors import UserError
from lga.system.terminal_text import counted, first_line

WRAPPED_IN = ("state_dict", "model")  # by training scripts


def load_timm_checkpoint(
    body: nn.Module, classifier: Mapping[str, Tensor], path: Path, sha256: str | None = None
) -> None:
    """Fill `body`, a feature extractor, in place with the weights in `path`.

    Args:
        body: the network of `feature_network`.
        classifier: names (and shapes) of the whole network, of which `body` lacks the end; the file may have
            that end or not.
        path: a .safetensors file, or a plain state dict of `torch.save`, read without unpickling objects.
        sha256: of the file, in hexadecimal; None to take any.

    Raises:
        UserError: there is no such file, it is another or no file of weights, or a name or shape does not
            fit; the network is then left as it was.
    """
    weights = _read(path, sha256)
    wanted = body.state_dict()
    theirs = {_name_in(wanted, name): name for name in classifier}
    ours = {theirs.get(name, name): name for name in wanted}
    faults = [
        *counted("missing", [name for name in ours if name not in weights]),
        *counted("unexpected", [name for name in weights if name not in classifier]),
        *counted(
            "of another shape",
            [
                f"{name} {tuple(weights[name].shape)} instead of {tuple(wanted[own].shape)}"
                for name, own in ours.items()
                if name in weights and weights[name].shape != wanted[own].shape
            ],
        ),
    ]
    if faults:
        raise UserError(
            f"checkpoint={path}: does not fit this network: {'; '.join(faults)}; "
            "give weights of the same timm network, in timm's naming"
        )
    body.load_state_dict({own: weights[name] for name, own in ours.items()})


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"checkpoint={path}: cannot be read: {error.strerror}") from error


def _read(path: Path, sha256: str | None) -> Mapping[str, Tensor]:
    content = _content(path)
    found = hashlib.sha256(content).hexdigest()
    if sha256 is not None and found != sha256:
        raise UserError(
            f"checkpoint={path}: its SHA-256 is {found} and not {sha256}: another file, "
            "or changed since the run was asked for"
        )
    try:
        if path.suffix == ".safetensors":
            return load_safetensors(content)
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        raise UserError(
            f"checkpoint={path}: no plain weights ({first_line(error)[:150]}); "
            "give a .safetensors file or a state dict"
        ) from error
    return _unwrapped(loaded, path)


def _unwrapped(loaded: Any, path: Path) -> Mapping[str, Tensor]:
    for key in WRAPPED_IN:
        if isinstance(loaded, Mapping) and isinstance(loaded.get(key), Mapping):
            loaded = loaded[key]
    if not isinstance(loaded, Mapping) or not all(isinstance(value, Tensor) for value in loaded.values()):
        raise UserError(f"checkpoint={path}: holds no state dict; give one of names and tensors")
    return loaded


def _name_in(names: Collection[str], name: str) -> str | None:
    """The classifier's entry `name` as a feature extractor calls it; None if it left that out.

    timm flattens the first of nested sequences (`stages.0.x` to `stages_0.x`), or puts the network whole into
    `model` or `body`.
    """
    spellings = (name, name.replace(".", "_", 1), f"model.{name}", f"body.{name}")
    return next((spelling for spelling in spellings if spelling in names), None)
