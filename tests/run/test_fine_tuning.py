"""Weights of a finished cell in a network with a new head, and the head trained alone at first."""

import pytest
import torch

from lga.backbones.weights_file import load
from lga.library.training import train
from lga.run.build import build_network
from lga.run.fine_tuning import load_weights
from lga.run.folder.record import read_record
from lga.system.errors import UserError
from lga.system.foreign import sha256_of
from tests.data.trees import own
from tests.run.cells import QUICK, cell


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run's folder on digits, whose network has ten classes."""
    out = tmp_path_factory.mktemp("before")
    return train([*QUICK, f"paths.output_dir={out}", "attention=se"]).folder


@pytest.fixture
def tuned(tmp_path, finished):
    """The frozen run of a cell on three classes that starts from it."""
    own.write_image_folder(tmp_path / "zoo", images=4)
    chosen = (
        "dataset=image_folder", f"dataset.path={tmp_path / 'zoo'}", "dataset.image_size=32", "attention=se",
        "recipe.batch_size=6", "recipe.schedule.warmup_min_iterations=2", "trainer.num_workers=0",
    )  # fmt: skip
    return lambda *more: cell(tmp_path / "out", *chosen, f"weights={finished}", *more)


def of_body(weights):
    return {name: tensor for name, tensor in weights.items() if name.startswith("backbone.")}


def equal(one, other):
    assert one.keys() == other.keys()
    return [name for name in one if not torch.equal(one[name], other[name])] == []


def trained(run):
    """The trained network's weights at the end, not their average."""
    from lga.run.execute import execute

    execute(run)
    found = load(run.directory / "checkpoints" / "last.ckpt")["state_dict"]
    return {key.removeprefix("model."): value for key, value in found.items() if key.startswith("model.")}


def test_all_but_the_head_is_as_it_was_trained(tuned, finished):
    run, before = tuned(), load(finished / "checkpoints" / "best.ckpt")["state_dict"]
    network, drawn = build_network(run.cfg), build_network(run.cfg).state_dict()
    names = load_weights(network, run.cfg)
    after = network.state_dict()
    assert set(names) == of_body(before).keys()
    assert equal(of_body(after), of_body(before))
    assert not equal(of_body(drawn), of_body(before))
    assert after["head.linear.weight"].shape == (3, 1280)
    assert torch.equal(after["head.linear.weight"], drawn["head.linear.weight"])


def test_what_is_frozen_stays_and_then_learns(tuned, finished):
    before = load(finished / "checkpoints" / "best.ckpt")["state_dict"]
    first = trained(tuned("recipe.freeze_epochs=1", "trainer.max_epochs=1"))
    assert equal(of_body(first), of_body(before))
    assert not torch.equal(first["head.widen.convolution.weight"], before["head.widen.convolution.weight"])
    run = tuned("recipe.freeze_epochs=1", "trainer.max_epochs=2")
    second = of_body(trained(run))
    learnt = [name for name in second if not torch.equal(second[name], before[name])]
    assert "backbone.stem.convolution.weight" in learnt
    assert any(name.endswith("running_mean") for name in learnt)
    record = read_record(run.directory / "result.json")
    assert record.config["weights_sha256"] == sha256_of(finished / "checkpoints" / "best.ckpt")


def test_a_run_is_known_by_its_weights_and_not_by_where_they_lie(tuned, finished, tmp_path):
    moved = tmp_path / "moved.ckpt"
    moved.write_bytes((finished / "checkpoints" / "best.ckpt").read_bytes())
    run = tuned()
    assert tuned(f"weights={moved}").config_hash == run.config_hash
    assert tuned("weights=null").config_hash != run.config_hash
    assert tuned("recipe.freeze_epochs=1").config_hash != run.config_hash


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["weights=none.ckpt"], r"^weights=none\.ckpt: cannot be read"),
        (["weights=null", "recipe.freeze_epochs=1"], r"^recipe\.freeze_epochs: nothing was trained before"),
        (["backbone=resnet18"], r"^weights=.*: not of this backbone: .*missing.*; give backbone"),
        (["attention=cbam"], r"^weights=.*: not of this backbone: 3 missing \(backbone\.attention\."),
    ],
)
def test_weights_that_do_not_fit_are_refused_in_one_line(tuned, more, message):
    def filled():
        run = tuned(*more)
        load_weights(build_network(run.cfg), run.cfg)

    with pytest.raises(UserError, match=message) as raised:
        filled()
    assert "\n" not in str(raised.value)


def test_weights_trained_without_attention_leave_the_slot_as_drawn(tuned, tmp_path, finished):
    before = load(finished / "checkpoints" / "best.ckpt")["state_dict"]
    plain = {name: value for name, value in before.items() if ".attention." not in name}
    torch.save(plain, tmp_path / "plain.pt")
    run = tuned("attention=lga", f"weights={tmp_path / 'plain.pt'}")
    network = build_network(run.cfg)
    names = load_weights(network, run.cfg)
    assert not any(".attention." in name for name in names)
    assert equal({name: network.state_dict()[name] for name in names}, of_body(plain))


@pytest.mark.parametrize(("of", "filled"), [("digit_scenes", {"backbone", "neck"}), ("digits", {"backbone"})])
def test_a_detector_starts_from_a_detector_or_a_classifier(tmp_path, of, filled):
    source = build_network(cell(tmp_path, f"dataset={of}", "seed=1").cfg).state_dict()
    torch.save(source, tmp_path / "w.pt")
    run = cell(tmp_path, "dataset=digit_scenes", "dataset.num_classes=3", f"weights={tmp_path / 'w.pt'}")
    network = build_network(run.cfg)
    names = load_weights(network, run.cfg)
    assert {name.split(".")[0] for name in names} == filled
    assert all(torch.equal(network.state_dict()[name], source[name]) for name in names)
