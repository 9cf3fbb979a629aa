"""`mode=describe` and `lga.build_model`: the published counts, to the digit."""

import json

import pytest
import torch

import lga
from lga.run.execute import execute
from lga.run.machine.complexity import count_parameters
from lga.system.errors import UserError
from tests.oracle_weights import state_by_rule
from tests.run.cells import cell

# published.csv, rows of table 1
PUBLISHED = {"none": 666848, "se": 666896, "cbam": 667546, "mhsa": 668648, "lga": 680630}


@pytest.mark.parametrize(("attention", "parameters"), PUBLISHED.items())
def test_table_1_counts(attention, parameters, capsys, tmp_path):
    execute(cell(tmp_path, "mode=describe", "mode.json=true", "dataset=mnist", f"attention={attention}"))
    described = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert described["parameters"] == described["trainable_parameters"] == parameters
    assert described["attention_parameters"] == parameters - PUBLISHED["none"]
    assert f"{described['gflops_paper']:.1f}" == "0.9"
    assert 0 < described["gflops"] < 0.01  # of one 32 x 32 image


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
    names = lga.backbones.author_checkpoint.author_names(model.state_dict(), model.author_rules())
    checkpoint = state_by_rule({author: model.state_dict()[key] for key, author in names.items()})
    lga.load_author_checkpoint(model, checkpoint)
    assert torch.equal(model.state_dict()["head.linear.weight"], checkpoint["model.13.linear.weight"])
    with pytest.raises(UserError, match="The checkpoint does not fit this Classifier"):
        lga.load_author_checkpoint(lga.build_model(["dataset=mnist", "attention=lga"]), checkpoint)
    assert count_parameters(model) == PUBLISHED["se"]
