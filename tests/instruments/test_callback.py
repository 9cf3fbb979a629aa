"""The callback in a library user's own trainer: automatic optimization, rows, files and loggers."""

import doctest
import json

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.loggers.logger import Logger
from torch import nn

import lga.instruments
from lga.instruments import InstrumentsCallback
from lga.system.errors import UserError
from tests.instruments.blocks import made

QUIET = {
    "accelerator": "cpu",
    "enable_progress_bar": False,
    "enable_model_summary": False,
    "enable_checkpointing": False,
}


class Model(pl.LightningModule):
    """A block behind a convolution; the seed makes its weights."""

    def __init__(self, name="lga"):
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Sequential(nn.Conv2d(3, 24, 4, stride=4), made(name), nn.Dropout(0.1))

    def training_step(self, images, index):
        return self.net(images).square().mean()

    def validation_step(self, images, index):
        self.log("loss", self.net(images).square().mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.01)


class Kept(Logger):
    """Keeps what is logged."""

    name, version = "kept", 0

    def __init__(self):
        super().__init__()
        self.logged = []

    def log_hyperparams(self, *arguments):
        pass

    def log_metrics(self, metrics, step=None):
        self.logged.append((step, metrics))


def images(count=12):
    draws = torch.Generator().manual_seed(1)
    return torch.utils.data.DataLoader(torch.rand(count, 3, 24, 24, generator=draws), batch_size=4)


def fit(*callbacks, name="lga", epochs=2, validation=True, **settings):
    model = Model(name)
    torch.manual_seed(3)
    trainer = pl.Trainer(
        max_epochs=epochs, callbacks=list(callbacks), **{"logger": False, **QUIET, **settings}
    )
    trainer.fit(model, images(), images() if validation else None)
    return model


def test_the_docstrings_example_is_what_happens():
    assert doctest.testmod(lga.instruments).failed == 0


@pytest.mark.parametrize("name", ["lga", "varied_as_written"])
def test_weights_are_the_same_to_the_bit_with_and_without(name):
    plain, watched = fit(name=name), fit(InstrumentsCallback(every=1), name=name)
    for (key, one), other in zip(plain.state_dict().items(), watched.state_dict().values(), strict=True):
        assert torch.equal(one, other), key


def test_rows_files_and_loggers_tell_the_same(tmp_path):
    instruments, logger = InstrumentsCallback(tmp_path / "seen.json", every=2, images=3), Kept()
    fit(instruments, logger=logger)
    written = json.loads((tmp_path / "seen.json").read_text())
    assert written["rows"] == instruments.rows
    assert [row["epoch"] for row in written["rows"]] == [1, 2]
    assert [row["step"] for row in written["rows"]] == [3, 6]
    block = written["rows"][1]["blocks"]["net.1"]
    assert block["gradients"]["samples"] == 2  # of three steps the first and the third
    own = [metrics for _, metrics in logger.logged if "instruments/net.1/alarms" in metrics]
    assert own[1]["instruments/net.1/gate/entropy"] == block["gate"]["entropy"]
    assert own[1]["instruments/net.1/gradient/local 5x5/q"] == 0
    (alarm,) = written["alarms"]
    assert (alarm["sign"], alarm["first"], alarm["last"]) == ("dead parameters", 1, 2)


def test_alarms_are_said_once(caplog):
    fit(InstrumentsCallback())
    text = [record.message for record in caplog.records if "dead parameters" in record.message]
    assert len(text) == 1
    assert text[0].startswith(
        "instruments: epoch 1, net.1: dead parameters: the queries and keys of all branches"
    )


def test_the_images_are_the_first_of_validation():
    """The mean gate of an image that is alone is that of the block on this image."""
    instruments = InstrumentsCallback(images=1)
    model = fit(instruments, epochs=1)
    with torch.no_grad():
        x = model.net[0](next(iter(images()))[:1])
        expected = model.net[1].scale_attention(x).mean(dim=(0, 2, 3))
    assert instruments.rows[0]["blocks"]["net.1"]["gate"]["weights"] == pytest.approx(
        expected.tolist(), rel=1e-5
    )


def test_without_validation_there_are_alphas_and_gradients(tmp_path):
    instruments = InstrumentsCallback(tmp_path / "seen.json")
    fit(instruments, validation=False)
    block = instruments.rows[0]["blocks"]["net.1"]
    assert (block["gate"], block["paths"], block["kernel"]) == (None, None, None)
    assert block["gradients"]["norms"]["global 11x11"]["v"] > 0


def test_a_model_without_a_block_is_reported_in_one_line(caplog, tmp_path):
    caplog.set_level("INFO", "lga")
    instruments = InstrumentsCallback(tmp_path / "seen.json")
    model = Model()
    model.net[1] = nn.Conv2d(24, 24, 1)
    pl.Trainer(max_epochs=1, callbacks=[instruments], logger=False, **QUIET).fit(model, images(), images())
    assert [record.message for record in caplog.records if record.name == "lga"] == [
        "instruments: this model holds no Local-Global block; there is nothing to look into"
    ]
    assert instruments.rows == []
    assert not (tmp_path / "seen.json").exists()


def test_a_diverged_run_is_written_as_json_and_reported(tmp_path):
    """NaN has no place in JSON: it is null there, and an alarm."""
    instruments = InstrumentsCallback(tmp_path / "seen.json")
    model = Model("lga_as_written")
    with torch.no_grad():
        model.net[1].learnable_alpha_local.fill_(float("nan"))
    pl.Trainer(max_epochs=1, callbacks=[instruments], logger=False, **QUIET).fit(model, images(), images())
    written = json.loads((tmp_path / "seen.json").read_text())
    assert written["rows"][0]["blocks"]["net.1"]["alpha"]["values"]["local"]["mean"] is None
    assert "alpha at an extreme" in [alarm["sign"] for alarm in written["alarms"]]


@pytest.mark.parametrize("setting", ["every", "images"])
def test_numbers_that_mean_nothing_are_refused(setting):
    with pytest.raises(UserError, match=rf"instruments\.{setting}=0: set 1 or more"):
        InstrumentsCallback(**{setting: 0})
