"""The YAML of each classification set agrees with its reader."""

from pathlib import Path

import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

CONFIGS = Path(__file__).parents[2] / "conf" / "dataset"


@pytest.mark.parametrize("name", ["digits", "mnist", "fashion_mnist"])
def test_config_and_reader_agree(name, tmp_path):
    dataset = OmegaConf.load(CONFIGS / f"{name}.yaml")
    config = OmegaConf.create({"dataset": dataset, "paths": {"data_dir": str(tmp_path)}})
    config.dataset.selection = "test"
    reader = instantiate(config.dataset.reader)
    assert config.dataset.name == name
    assert {"override /task@_global_.task": "classification"} in config.dataset.defaults
    assert tuple(config.dataset.class_names) == reader.class_names
    assert config.dataset.num_classes == len(reader.class_names)
    assert reader.selection == "test"
    assert getattr(reader, "download", False) is False
    assert getattr(reader, "verify", True) is True
