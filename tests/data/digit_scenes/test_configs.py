"""The two YAML files agree with the reader, and choose the detection task and a recipe of their own."""

from pathlib import Path

import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

CONFIGS = Path(__file__).parents[3] / "conf" / "dataset"


@pytest.mark.parametrize("name", ["digit_scenes", "digit_scenes_tiny"])
def test_config_and_reader_agree(name, tmp_path):
    dataset = OmegaConf.load(CONFIGS / "digit_scenes.yaml")
    if name == "digit_scenes_tiny":
        view = OmegaConf.load(CONFIGS / f"{name}.yaml")
        assert view.pop("defaults") == ["digit_scenes"]
        dataset = OmegaConf.merge(dataset, view)
    assert {"override /task@_global_.task": "detection"} in dataset.defaults
    assert {"override /recipe@_global_.recipe": "digit_scenes"} in dataset.defaults
    config = OmegaConf.create({"dataset": dataset, "paths": {"data_dir": str(tmp_path)}})
    config.dataset.image_size = 320
    reader = instantiate(config.dataset.reader)
    assert (config.dataset.name, config.dataset.task, config.dataset.embedded) == (name, "detection", True)
    assert tuple(config.dataset.class_names) == reader.class_names
    assert config.dataset.num_classes == len(reader.class_names)
    assert reader.image_size == 320
    assert reader.counts == {"train": 1000, "val": 200, "test": 200}
    assert reader.ignore_from == (20 if name == "digit_scenes_tiny" else None)
