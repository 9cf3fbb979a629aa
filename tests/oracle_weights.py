"""Weights and inputs of the numeric oracles, made by rule from their names (see tests/oracles/README.md)."""

import zlib

import numpy as np
import torch
from torch import Tensor


def weight_for(key: str, shape: tuple[int, ...]) -> Tensor | None:
    """The float32 value of the state-dict entry ``key``; None for an entry that keeps its own value."""
    random = np.random.RandomState(zlib.crc32(key.encode()))
    last = key.rsplit(".", 1)[-1]
    if key.endswith("dfl.conv.weight"):
        return None
    if last == "num_batches_tracked":
        return torch.zeros(shape, dtype=torch.int64)
    if "alpha" in last:
        value = random.uniform(0.2, 1.2, shape)
    elif last == "running_var" or (last == "weight" and len(shape) == 1):
        value = random.uniform(0.5, 1.5, shape)
    elif last == "weight":
        value = random.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))
    elif last in {"bias", "running_mean"}:
        value = random.standard_normal(shape) * 0.1
    else:
        value = random.standard_normal(shape)
    return torch.from_numpy(np.asarray(value, dtype=np.float32))


def state_by_rule(state: dict[str, Tensor], names: dict[str, str] | None = None) -> dict[str, Tensor]:
    """The rule's value for every entry of ``state``; ``names`` maps our keys to the oracle's."""
    made = {key: weight_for((names or {}).get(key, key), tuple(value.shape)) for key, value in state.items()}
    return {key: state[key] if value is None else value for key, value in made.items()}


def input_for(shape: tuple[int, ...], kind: str) -> Tensor:
    """The input of an oracle file: normal for ``kind`` "attention", uniform in 0..1 for "model"."""
    random = np.random.RandomState(zlib.crc32(b"x"))
    value = random.standard_normal(shape) if kind == "attention" else random.uniform(0, 1, shape)
    return torch.from_numpy(value.astype(np.float32))
