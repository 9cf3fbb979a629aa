"""Our blocks, networks, losses and metrics against numeric oracles of the released ones.

Each file of the folder (environment variable LGA_ORACLES, or tests/oracles) is built from its name and
checked from its arrays; tests/oracles/README.md gives names, arrays and the agreement asked. The kind is a
name's first word.
"""

import os
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf
from torch import nn

from tests import oracle_checks_classification, oracle_checks_detection
from tests.oracle_weights import input_for, state_by_rule

ROOT = Path(__file__).parents[1]
FOLDER = Path(os.environ.get("LGA_ORACLES", ROOT / "tests" / "oracles"))
FILES = sorted(FOLDER.glob("*.npz"))

Arrays = dict[str, np.ndarray]


def relative_error(value: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference, in parts of the largest expected value."""
    return float(np.abs(value - expected).max() / np.abs(expected).max())


def attention_block(name: str) -> nn.Module:
    """The block of ``attention_<name>_c<C>[_h<heads>]``, from conf/attention."""
    match = re.fullmatch(r"attention_(?P<block>\w+?)_c(?P<channels>\d+)(_h(?P<heads>\d+))?", name)
    if match is None:
        pytest.fail(f"{name}: not attention_<name>_c<C>[_h<heads>]")
    config = OmegaConf.create(
        {"backbone": {"lga_heads": {"any": int(match["heads"] or 0)}}, "task": {"name": "any"}}
    )
    config.attention = OmegaConf.load(ROOT / "conf" / "attention" / f"{match['block']}.yaml")
    settings = {"heads": int(match["heads"])} if match["heads"] else {}
    return instantiate(config.attention.block, **settings)(int(match["channels"]))


def check_attention(name: str, arrays: Arrays) -> None:
    """Evaluation with and without gradients, and training mode (no block here has state that differs)."""
    block = attention_block(name)
    block.load_state_dict(state_by_rule(block.state_dict()))
    x = input_for(tuple(arrays["x_shape"]), "attention")
    block.eval()
    outputs = {"evaluation with gradients": block(x)}
    with torch.no_grad():
        outputs["evaluation"] = block(x)
        outputs["training"] = block.train()(x)
    for mode, output in outputs.items():
        assert relative_error(output.detach().numpy(), arrays["y"]) < 1e-5, mode


def check_model(name: str, arrays: Arrays) -> None:
    """A classifier where the name says so, else a detector."""
    network = oracle_checks_classification if "_cls_" in name else oracle_checks_detection
    network.check_model(name, arrays)


CHECKS: dict[str, Callable[[str, Arrays], None]] = {
    "attention": check_attention,
    "model": check_model,
    "loss": oracle_checks_detection.check_loss,
    "nms": oracle_checks_detection.check_nms,
    "map": oracle_checks_detection.check_map,
}


def test_there_are_oracles():
    assert FILES, f"no *.npz in {FOLDER}"


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_oracle(path):
    kind = path.stem.split("_")[0]
    if kind not in CHECKS:
        pytest.skip(f"no check for the kind '{kind}'")
    with np.load(path) as arrays:
        CHECKS[kind](path.stem, dict(arrays))
