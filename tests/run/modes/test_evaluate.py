"""`mode=evaluate`: the same numbers again, from the cell's own weights or from a file that is named."""

import json

import pytest
import torch

from lga.backbones.weights_file import load
from lga.run.execute import execute
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import read_record
from lga.run.modes.evaluate import trained_network
from lga.system.errors import UserError
from tests.run.cells import cell


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = RunDirectory(
        cell(tmp_path_factory.mktemp("trained"), "attention=se", "trainer.limit_eval_batches=null")
    )
    execute(folder.run)
    return folder


def again(trained, *overrides):
    output = trained.run.config["paths"]["output_dir"]
    return cell(output, "attention=se", "trainer.limit_eval_batches=null", *overrides)


def test_evaluating_repeats_the_records_metrics(trained, capsys):
    before = trained.result.read_bytes()
    score = execute(again(trained, "mode=evaluate", "mode.json=true"))
    record = read_record(trained.result)
    printed = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert score == record.score == printed["top1"]
    kept = json.loads((trained.path / "evaluation-test" / "metrics.json").read_text())
    assert kept["metrics"] == record.metrics
    assert kept["metrics_per_class"] == record.metrics_per_class
    assert trained.result.read_bytes() == before


def test_the_validation_split_gives_the_score_of_the_chosen_epoch(trained):
    score = execute(again(trained, "mode=evaluate", "mode.split=val"))
    assert score == pytest.approx(read_record(trained.result).selection.score)


def test_the_record_has_the_last_epochs_averaged_weights_beside_the_best_ones(trained, capsys):
    execute(again(trained, "mode=evaluate", "mode.json=true", f"mode.checkpoint={trained.last_checkpoint}"))
    printed = json.loads(capsys.readouterr().out.splitlines()[-1])
    other = read_record(trained.result).other_epoch
    assert (other.rule, other.epoch) == ("last val/top1", 2)
    assert other.metrics == {name: value for name, value in printed.items() if name != "split"}


def test_selected_on_the_test_images_either_rule_records_the_number_of_the_other(tmp_path):
    chosen = ("dataset.selection=test", "trainer.limit_eval_batches=null", "trainer.max_epochs=3")
    records = {}
    for rule in ("best", "last"):
        run = RunDirectory(cell(tmp_path, *chosen, "recipe.optimizer.lr=0.1", f"recipe.select={rule}"))
        execute(run.run)
        records[rule] = read_record(run.result)
    best, last = records["best"], records["last"]
    assert (best.selection.epoch, last.selection.epoch) == (last.other_epoch.epoch, 3)
    assert best.selection.epoch < 3
    assert best.metrics == pytest.approx(last.other_epoch.metrics)
    assert last.metrics == pytest.approx(best.other_epoch.metrics)


def test_last_checkpoint_gives_its_averaged_weights(trained):
    last = trained.last_checkpoint
    network = trained_network(again(trained, "mode=evaluate", f"mode.checkpoint={last}"))
    expected = load(last)["state_dict"]["average.module.head.linear.weight"]
    assert torch.equal(network.state_dict()["head.linear.weight"], expected)


def test_it_prints_a_table_and_nothing_of_lightnings(trained, capfd):
    execute(again(trained, "mode=evaluate"))
    printed = capfd.readouterr()
    title, *rows = printed.out.splitlines()
    assert title.startswith("digits/mobilenetv3/se seed 0, test split; also in ")
    assert {"split", "loss", "top1"} <= {row.split()[0] for row in rows}
    assert all(row.startswith("  ") and len(row.split()) == 2 for row in rows)
    assert printed.err == f"digits/mobilenetv3/se seed 0, the newest finished run: {trained.path}\n"


def test_mistakes_are_reported(trained, tmp_path):
    with pytest.raises(UserError, match=r"not trained yet, .* or name weights with mode\.checkpoint=$"):
        execute(cell(tmp_path, "mode=evaluate"))
    with pytest.raises(UserError, match="not trained yet") as raised:
        execute(again(trained, "mode=evaluate", "seed=77"))
    assert str(raised.value).endswith(f"name weights: there is mode.checkpoint={trained.best_checkpoint}")
    with pytest.raises(UserError, match=r"best\.ckpt: a checkpoint of another architecture"):
        execute(
            cell(tmp_path, "mode=evaluate", "attention=cbam", f"mode.checkpoint={trained.best_checkpoint}")
        )
    with pytest.raises(UserError, match=r"nowhere\.ckpt: cannot be read \(No such file"):
        execute(cell(tmp_path, "mode=evaluate", f"mode.checkpoint={tmp_path / 'nowhere.ckpt'}"))
    with pytest.raises(UserError, match=r"mode\.split=tset: valid: test, val"):
        execute(again(trained, "mode=evaluate", "mode.split=tset"))
