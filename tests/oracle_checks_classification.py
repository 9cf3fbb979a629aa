"""Oracle files of classifiers, `model_<backbone>_cls_<attention>_nc<K>.npz`, compared by number."""

import re

import numpy as np
import torch

from lga.backbones import load_author_checkpoint
from lga.backbones.author_checkpoint import author_names
from lga.classification import Classifier
from tests.oracle_networks import build_backbone
from tests.oracle_weights import input_for, state_by_rule

Arrays = dict[str, np.ndarray]

NAME = re.compile(r"model_(?P<backbone>.+?)_cls_(?P<attention>.+)_nc(?P<classes>\d+)")


def check_model(name: str, oracle: Arrays) -> None:
    """The author's names, and probabilities within 1e-4 (the softmax of our logits)."""
    named = NAME.fullmatch(name)
    assert named, f"{name}: not a classifier's file name"
    backbone = build_backbone(named["backbone"], named["attention"], "classification")
    model = Classifier(backbone, int(named["classes"])).eval()
    load_by_rule(model, oracle["keys"].tolist())
    with torch.no_grad():
        probabilities = model(input_for(tuple(oracle["x_shape"]), "model")).softmax(1)
    np.testing.assert_allclose(probabilities.numpy(), oracle["probabilities"], rtol=0, atol=1e-4)


def load_by_rule(model: torch.nn.Module, keys: list[str]) -> None:
    """Fill `model` with the rule's weights under the author's names, through the loader of checkpoints."""
    state = model.state_dict()
    names = author_names(state, model.author_rules(keys))
    by_rule = state_by_rule(state, names)
    assert sorted(names.values()) == sorted(keys)
    load_author_checkpoint(model, {names[key]: value for key, value in by_rule.items()})
