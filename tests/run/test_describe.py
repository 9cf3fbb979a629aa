"""`mode=describe` and `lga.build_model`: the published counts, to the digit."""

import json

import pytest
import torch
from thop import profile

import lga
from lga.run.complexity import count_parameters, paper_gflops
from lga.run.execute import execute
from lga.structures import UserError
from tests.oracle_weights import state_by_rule
from tests.run.cells import cell

# published.csv, rows of table 1
PUBLISHED = {"none": 666848, "se": 666896, "cbam": 667546, "mhsa": 668648, "lga": 680630}


@pytest.mark.parametrize(("attention", "parameters"), PUBLISHED.items())
def test_table_1_counts(attention, parameters, capsys, tmp_path):
    execute(cell(tmp_path, "mode=describe", "dataset=mnist", f"attention={attention}"))
    described = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert described["parameters"] == described["trainable_parameters"] == parameters
    assert described["attention_parameters"] == parameters - PUBLISHED["none"]
    assert f"{described['gflops_paper']:.1f}" == "0.9"
    assert 0 < described["gflops"] < 0.01  # of one 32 x 32 image


def test_gflops_of_the_paper_are_thops():
    """0.9104 for the classifier (datasets.md, section 12), and what thop itself counts."""
    model = lga.build_model(["dataset=mnist", "attention=none"]).eval()
    macs, _ = profile(model, (torch.zeros(1, 3, 32, 32),), verbose=False)
    assert paper_gflops(model) == pytest.approx(0.9104, abs=5e-5)
    assert paper_gflops(model) == pytest.approx(2 * macs * 400 / 1e9, rel=1e-9)


@pytest.mark.parametrize("attention", ["lga", "lga_as_written", "lga_local", "lga_global"])
def test_gflops_of_a_collapsed_block_are_those_of_the_released_one(attention):
    """Every map is 1 x 1 there, so each convolution costs one operation a weight; slack for the softmax."""
    with_lga = lga.build_model(["dataset=mnist", f"attention={attention}"])
    without = lga.build_model(["dataset=mnist", "attention=none"])
    block = with_lga.get_submodule("backbone.attention")
    weights = sum(p.numel() for n, p in block.named_parameters() if n.endswith("weight"))
    assert paper_gflops(with_lga) - paper_gflops(without) == pytest.approx(2 * weights * 400 / 1e9, abs=1e-5)


def test_a_model_depends_on_its_overrides_and_seed_alone():
    first, again, other = (lga.build_model([f"seed={seed}"]) for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert any(not torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))


def test_build_model_tells_a_mistake():
    with pytest.raises(UserError, match="did you mean lga"):
        lga.build_model(["attention=lgaa"])


def test_author_checkpoint_goes_round():
    """Loading the author's names changes every weight; a checkpoint of another architecture is refused."""
    model = lga.build_model(["dataset=mnist", "attention=se"])
    names = lga.backbones.author_names.author_names(model.state_dict(), model.author_rules())
    checkpoint = state_by_rule({author: model.state_dict()[key] for key, author in names.items()})
    lga.load_author_checkpoint(model, checkpoint)
    assert torch.equal(model.state_dict()["head.linear.weight"], checkpoint["model.13.linear.weight"])
    with pytest.raises(UserError, match="The checkpoint does not fit this Classifier"):
        lga.load_author_checkpoint(lga.build_model(["dataset=mnist", "attention=lga"]), checkpoint)
    assert count_parameters(model) == PUBLISHED["se"]
