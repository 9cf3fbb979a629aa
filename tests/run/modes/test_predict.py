"""`mode=predict`: boxes of image files as COCO JSON and as pictures; a broken file costs itself alone."""

import json
import os
import re

import cv2
import numpy as np
import pytest
import torch

from lga.run.build import build_network
from lga.run.execute import execute
from lga.run.folder.checkpoints import save
from lga.run.modes.predict import find, images_of, predict_image
from lga.structures import Detections
from lga.system.errors import UserError
from tests.run.cells import cell

SCENES = ("dataset=digit_scenes", "dataset.image_size=64")


@pytest.fixture
def weights(tmp_path):
    """A checkpoint of the untrained detector: it finds something everywhere at a low enough score."""
    path = tmp_path / "weights.ckpt"
    save({"state_dict": build_network(cell(tmp_path, *SCENES).cfg).state_dict()}, path)
    return path


@pytest.fixture
def pictures(tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name, shape in (("wide.png", (40, 80, 3)), ("tall.jpg", (90, 30, 3)), ("grey.png", (50, 50))):
        cv2.imwrite(str(folder / name), np.full(shape, 128, np.uint8))
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and nothing more")
    (folder / "notes.txt").write_text("no image")
    return folder


def test_a_folder_of_images(tmp_path, weights, pictures, capsys):
    out = tmp_path / "out"
    execute(
        cell(
            tmp_path,
            *SCENES,
            "mode=predict",
            f"source={pictures}",
            f"mode.checkpoint={weights}",
            f"mode.out={out}",
            "mode.confidence=0.0001",
        )
    )
    output = capsys.readouterr().out
    content = json.loads((out / "predictions.json").read_text())
    assert [
        (image["file_name"].rsplit("/", 1)[1], image["width"], image["height"]) for image in content["images"]
    ] == [
        ("grey.png", 50, 50),
        ("tall.jpg", 30, 90),
        ("wide.png", 80, 40),
    ]
    assert [category["name"] for category in content["categories"]] == list("0123456789")
    assert "broken.png: cannot be read as an image" in output
    assert f"3 images, {len(content['annotations'])} boxes, 1 skipped" in output
    assert len(list(out.glob("*.png"))) == 3
    assert content["annotations"]
    sizes = {image["id"]: (image["width"], image["height"]) for image in content["images"]}
    for box in content["annotations"]:
        x, y, width, height = box["bbox"]
        assert x >= 0
        assert y >= 0
        assert x + width <= sizes[box["image_id"]][0] + 1e-3
        assert y + height <= sizes[box["image_id"]][1] + 1e-3
        assert 1 <= box["category_id"] <= 10


def test_boxes_come_back_to_the_files_own_pixels():
    """An 80 x 40 image on a canvas of 160: scale 2, below 40 rows of padding."""

    class Finds(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = torch.nn.Parameter(torch.zeros(1))

        def predict(self, images):
            assert images.shape == (1, 3, 160, 160)
            assert images[0, :, 39].eq(114 / 255).all()
            assert images[0, :, 40].eq(1).all()
            return [
                Detections(torch.tensor([[20.0, 60.0, 100.0, 100.0]]), torch.ones(1), torch.zeros(1).long())
            ]

    found = find(Finds(), np.full((40, 80, 3), 255, np.uint8), 160)
    assert found.boxes.tolist() == [[10.0, 10.0, 50.0, 30.0]]


def test_sources(pictures):
    assert [file.name for file in images_of(str(pictures / "*.png"))] == [
        "broken.png",
        "grey.png",
        "wide.png",
    ]
    assert images_of(str(pictures / "tall.jpg")) == [pictures / "tall.jpg"]
    assert len(images_of(f"{pictures.parent}/*/*.jpg")) == 1
    with pytest.raises(UserError, match="needs source="):
        images_of(None)
    with pytest.raises(UserError, match="no image there"):
        images_of(str(pictures / "*.webp"))


def test_sources_with_odd_names(pictures):
    """Brackets of a real folder are no pattern; what is no file is skipped by name, not waited for."""
    folder = pictures.parent / "shots [1]"
    pictures.rename(folder)
    assert len(images_of(f"{folder}/*.png")) == 3
    assert images_of(f"{folder}/tall.jpg") == [folder / "tall.jpg"]
    with pytest.raises(UserError, match=r"source=x{300}"):
        images_of("x" * 300)


def test_odd_files_cost_themselves_alone(tmp_path, weights, pictures, capsys):
    os.mkfifo(pictures / "pipe.png")
    (pictures / "grey.png").rename(pictures / f"{'g' * 240}.png")
    out = f"mode.out={tmp_path / 'out'}"
    execute(cell(tmp_path, *SCENES, "mode=predict", f"source={pictures}", f"mode.checkpoint={weights}", out))
    output = capsys.readouterr().out
    assert "pipe.png: is a named pipe, not a file" in output
    assert "3 images, " in output
    assert "2 skipped" in output


def test_a_classifier_predicts_classes(tmp_path, pictures, capsys):
    weights, out = tmp_path / "classifier.ckpt", tmp_path / "out"
    save({"state_dict": build_network(cell(tmp_path).cfg).state_dict()}, weights)
    named = (f"source={pictures}", f"mode.checkpoint={weights}", f"mode.out={out}")
    execute(cell(tmp_path, "mode=predict", *named))
    assert "3 images, 1 skipped" in capsys.readouterr().out
    content = json.loads((out / "predictions.json").read_text())
    assert content["annotations"] == []
    for image in content["images"]:
        assert sum(image["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        assert image["label"] == max(image["probabilities"], key=image["probabilities"].get)
    assert len(list(out.glob("*.png"))) == 3


@pytest.mark.parametrize(
    ("given", "most"),
    [
        (("dataset=digits", "attention=lga"), {"Grad-CAM of ", "its kernel"}),
        (("dataset=digits", "attention=none"), {"Grad-CAM of "}),
        ((*SCENES, "attention=lga_as_written"), {"Grad-CAM of 1 box", "its gradient"}),
    ],
)
def test_explained_it_shows_what_the_network_looks_at(tmp_path, given, most):
    cfg = cell(tmp_path, *given).cfg
    network = build_network(cfg).eval()
    image = np.random.default_rng(0).integers(0, 255, (40, 80, 3), dtype=np.uint8)
    predicted = predict_image(network, image, cfg, 0.25, explained=True)
    gate = {heading for heading, _ in predicted.looks if heading.startswith("gate by row: itself ")}
    label = predicted.label or ""
    assert {heading.removesuffix(label) for heading, _ in predicted.looks} - gate == most
    assert len(gate) == (len(most) == 2)
    for heading in gate:
        assert sum(map(float, re.findall(r"\d\.\d\d", heading))) == pytest.approx(1, abs=0.02)
    plain = predict_image(network, image, cfg, 0.25)
    assert plain.looks == ()
    assert predicted.picture().height == (1 + bool(gate)) * plain.picture().height
    assert predicted.picture().width > plain.picture().width
