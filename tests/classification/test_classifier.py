"""The classifier: published parameter counts (table 1), logits, batch norm constants."""

import pytest
import torch
from torch import nn

from lga.attention import NoAttention
from lga.backbones import MobileNetV3
from lga.classification import ClassificationHead, Classifier
from tests.oracle_networks import build_backbone, parameter_count


@pytest.mark.parametrize(
    ("attention", "parameters"),
    [("none", 666_848), ("mhsa", 668_648), ("se", 666_896), ("cbam", 667_546), ("lga", 680_630)],
)
def test_published_parameter_counts(attention, parameters):
    model = Classifier(build_backbone("mobilenetv3", attention, "classification"), 10)
    assert parameter_count(model) == parameters


def test_head_parameters():
    """24 -> 1280 without bias, its norm, 1280 -> 10 with bias."""
    assert parameter_count(ClassificationHead(24, 10)) == 24 * 1280 + 2 * 1280 + 1280 * 10 + 10


def test_logits_come_out_in_evaluation_too():
    torch.manual_seed(0)
    model = Classifier(MobileNetV3(NoAttention), 10).eval()
    nn.init.constant_(model.head.linear.bias, 3.0)
    nn.init.zeros_(model.head.linear.weight)
    torch.testing.assert_close(model(torch.rand(2, 3, 28, 28)), torch.full((2, 10), 3.0))


def test_dropout_acts_on_pooled_features_in_training_only():
    head = ClassificationHead(4, 2, dropout=0.999999)
    nn.init.constant_(head.linear.bias, 1.0)
    features = torch.rand(2, 4, 3, 3)
    torch.testing.assert_close(head.train()(features), torch.ones(2, 2))
    assert not torch.allclose(head.eval()(features), torch.ones(2, 2))


def test_batch_norms_keep_pytorchs_constants():
    model = Classifier(MobileNetV3(NoAttention), 10)
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    assert {(m.eps, m.momentum) for m in norms} == {(1e-5, 0.1)}
