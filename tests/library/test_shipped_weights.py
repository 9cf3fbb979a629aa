"""The weights that the package ships, loaded by name."""

import numpy as np
import pytest

import lga
from lga.data.classification.digits import DigitsReader
from lga.data.digit_scenes import DigitScenesReader
from lga.run.modes.evaluate import trained_network
from lga.system.errors import UserError
from tests.run.cells import ROOT, cell

WEIGHTS = ROOT / "experiments" / "weights"
NEAR = 6  # pixels


def test_the_classifier_reads_digits():
    """292 of 296 test images, by its record."""
    model, test = lga.load("digits"), DigitsReader()().test
    found = [model.predict(image.numpy()).label for image in test.images[:100]]
    right = np.mean([name == str(label) for name, label in zip(found, test.labels.tolist(), strict=False)])
    assert right >= 0.95


def test_the_detector_finds_digits(tmp_path):
    model, test = lga.load("digit_scenes"), DigitScenesReader(tmp_path, train=1, val=1, test=6)().test
    found = []
    for index in range(len(test)):
        seen, true = model.predict(np.asarray(test.images.load(index))).found, test.targets(index)
        for box, label in zip(true.boxes, true.labels, strict=True):
            same = seen.boxes.numpy()[seen.labels.numpy() == label]
            found.append(np.abs(same - box).max(1).min(initial=np.inf) < NEAR)
    assert np.mean(found) > 0.5


@pytest.mark.parametrize("name", ["digits", "digit_scenes"])
def test_they_are_those_of_the_default_recipe(tmp_path, name):
    """Given to a mode by path, as any checkpoint."""
    path = WEIGHTS / name / "checkpoints" / "best.ckpt"
    assert path.stat().st_size < 3e6
    run = cell(tmp_path, f"dataset={name}", "attention=lga", "seed=1", f"mode.checkpoint={path}")
    one, other = trained_network(run).state_dict(), lga.load(name).network.state_dict()
    assert all(bool((one[key] == other[key]).all()) for key in one)


def test_a_folder_of_that_name_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").mkdir()
    with pytest.raises(UserError, match="digits: no run's folder"):
        lga.load("digits")
