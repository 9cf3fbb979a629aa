"""Instruments switched on in a cell: what it leaves, and that it computes what it would have without them."""

import json

import pytest
import torch

from lga.backbones.weights_file import load
from lga.run.callbacks.history import MetricsHistory
from lga.run.execute import execute
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import RunRecord, read_record
from tests.run.cells import cell
from tests.run.test_resume import assert_same

ON = ("instruments.enabled=true", "instruments.every=1", "attention=lga")


def seen(folder):
    return json.loads((folder.path / "instruments.json").read_text())


def weights(folder):
    content = load(folder.last_checkpoint)
    return content["state_dict"], content["optimizer_states"]


def test_queries_and_keys_are_dead_in_lga_and_alive_as_written(tmp_path):
    norms = {}
    for attention in ("lga", "lga_as_written"):
        folder = RunDirectory(cell(tmp_path, *ON[:2], f"attention={attention}"))
        execute(folder.run)
        (block,) = seen(folder)["rows"][-1]["blocks"].values()
        norms[attention] = [(norm["q"], norm["k"]) for norm in block["gradients"]["norms"].values()]
        record = read_record(folder.result).instruments
        (numbers,) = record.blocks.values()
        assert numbers["gradient/global 11x11/q"] == block["gradients"]["norms"]["global 11x11"]["q"]
        assert [alarm.sign for alarm in record.alarms] == ["dead parameters"] * (attention == "lga")
    assert norms["lga"] == [(0, 0)] * 4
    assert all(q > 0 and k > 0 for q, k in norms["lga_as_written"])


def test_a_run_is_the_same_to_the_bit_with_and_without(tmp_path):
    folders = [
        RunDirectory(cell(tmp_path / name, "attention=lga", *overrides))
        for name, overrides in (("plain", ()), ("watched", ON))
    ]
    for folder in folders:
        execute(folder.run)
    plain, watched = folders
    assert plain.run.config_hash == watched.run.config_hash
    assert_same(weights(plain), weights(watched))
    assert_same(load(plain.best_checkpoint), load(watched.best_checkpoint))
    assert plain.metrics.read_text() == watched.metrics.read_text()
    assert read_record(plain.result).metrics == read_record(watched.result).metrics


def test_a_resumed_run_keeps_its_rows_and_doubles_none(tmp_path, monkeypatch):
    longer = (*ON, "trainer.max_epochs=4")
    undisturbed, disturbed = (RunDirectory(cell(tmp_path / name, *longer)) for name in ("one", "other"))
    execute(undisturbed.run)

    class Killed(BaseException):
        """Stands in for a kill: nothing catches it."""

    usual = MetricsHistory.on_train_epoch_end

    def dies(self, trainer, module):
        if trainer.current_epoch == 2:
            raise Killed
        usual(self, trainer, module)

    monkeypatch.setattr(MetricsHistory, "on_train_epoch_end", dies)
    with pytest.raises(Killed):
        execute(disturbed.run)
    monkeypatch.undo()
    assert [row["epoch"] for row in seen(disturbed)["rows"]] == [1, 2]
    execute(disturbed.run)
    assert read_record(disturbed.result).resumed == 2
    assert [row["epoch"] for row in seen(disturbed)["rows"]] == [1, 2, 3, 4]
    assert seen(disturbed) == seen(undisturbed)


def test_a_run_trained_without_them_is_not_passed_off_as_watched(tmp_path, capsys):
    execute(cell(tmp_path, "attention=lga"))
    folder = RunDirectory(cell(tmp_path, *ON))
    capsys.readouterr()
    execute(folder.run)
    output = capsys.readouterr().out.splitlines()
    assert output[1] == (
        f"digits/mobilenetv3/lga seed 0: instruments.enabled=true, but this run was trained without them: "
        f"remove {folder.path} to train it again, or choose another seed"
    )


def test_an_attention_without_the_block_is_no_error(tmp_path, capsys):
    folder = RunDirectory(cell(tmp_path, *ON[:2], "attention=se"))
    execute(folder.run)
    assert "holds no Local-Global block" in folder.log.read_text()
    assert read_record(folder.result).instruments.blocks == {}
    assert not (folder.path / "instruments.json").exists()
    capsys.readouterr()
    execute(folder.run)
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_a_record_from_before_there_were_instruments_reads(tmp_path):
    execute(cell(tmp_path))
    (path,) = tmp_path.rglob("result.json")
    content = json.loads(path.read_text())
    content.pop("digest", None)
    assert content.pop("instruments") is None
    assert RunRecord.model_validate(content).instruments is None


@pytest.mark.slow
def test_on_two_devices_the_first_one_writes_summed_gradients(tmp_path):
    """The first step's gradients are those of the whole batch, so but for batch norm those of one device."""
    overrides = (*ON, "trainer.num_workers=0", "trainer.max_epochs=1", "trainer.limit_train_batches=1")
    rows = []
    for devices in (1, 2):
        folder = RunDirectory(cell(tmp_path, *overrides, f"trainer.devices={devices}"))
        execute(folder.run)
        assert len(seen(folder)["rows"]) == 1
        (block,) = seen(folder)["rows"][0]["blocks"].values()
        rows.append(torch.tensor([norm["v"] for norm in block["gradients"]["norms"].values()]))
    assert torch.allclose(rows[0], rows[1], rtol=0.5)
