"""Blocks in networks that know nothing of them."""

import copy

import pytest
import torch
from torch import nn

import lga
from lga.attention import LocalGlobalAttention, SqueezeExcite
from lga.system.errors import UserError


class Stage(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(8, 16, 3, padding=1)
        self.norm = nn.BatchNorm2d(16)

    def forward(self, x):
        return self.norm(self.conv(x))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU())
        self.stage = Stage()
        self.head = nn.Linear(16, 2)

    def forward(self, x):
        return self.head(self.stage(self.stem(x)).mean((2, 3)))


class Doubling(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.channels = channels

    def forward(self, x):
        return 2 * x


def test_a_block_acts_on_the_parts_map_and_the_names_of_weights_stay():
    model = Net().eval()
    names, x = set(model.state_dict()), torch.rand(1, 3, 8, 8)
    before = model.stage(model.stem(x))
    lga.insert(model, Doubling, after=["stem", "stage", "stage.conv"])
    assert torch.allclose(model.stem(x), 2 * nn.functional.relu(model.stem[0](x)))
    assert [model.stem.attention.channels, model.stage.attention.channels] == [8, 16]
    assert model.stage.conv.attention.channels == 16
    assert not torch.allclose(before, model.stage(model.stem(x)))
    assert names <= set(model.state_dict())


def test_options_are_built_for_the_channels():
    model = lga.insert(Net(), "lga", after=["stage"])
    assert isinstance(model.stage.attention, LocalGlobalAttention)
    assert model(torch.rand(2, 3, 8, 8)).shape == (2, 2)
    assert isinstance(lga.insert(Net(), "se", after=["stage"]).stage.attention, SqueezeExcite)


def test_finding_channels_leaves_the_model_as_it_was():
    model = Net()
    model.stage.norm.eval()
    mean = model.stage.norm.running_mean.clone()
    lga.insert(model, Doubling, after=["stage"])
    assert model.training
    assert not model.stage.norm.training
    assert torch.equal(model.stage.norm.running_mean, mean)


def test_a_copy_calls_its_own_block():
    model = lga.insert(Net(), "se", after=["stage"])
    other = copy.deepcopy(model).eval()
    x = torch.rand(1, 3, 8, 8)
    before = other(x)
    with torch.no_grad():
        for weight in model.stage.attention.parameters():
            weight.add_(1)
    assert torch.equal(other(x), before)


@pytest.mark.parametrize(
    ("after", "block", "message"),
    [
        (["stages"], "lga", "after=stages: Net has no such part; near: stage"),
        (["head"], "lga", r"after=head: it gives \(1, 2\), no map"),
        (["stage"], "lgaa", "attention=lgaa: no such option; did you mean lga"),
    ],
)
def test_what_does_not_fit_is_one_line(after, block, message):
    with pytest.raises(UserError, match=message) as refused:
        lga.insert(Net(), block, after=after)
    assert "\n" not in str(refused.value)


def test_twice_and_batches_that_do_not_fit():
    model = lga.insert(Net(), Doubling, after=["stem"])
    with pytest.raises(UserError, match="after=stem: it has an `attention` already"):
        lga.insert(model, "se", after=["stem"])
    with pytest.raises(UserError, match="give example="):
        lga.insert(Net(), "se", after=["stage"], example=torch.zeros(1, 5, 8, 8))
