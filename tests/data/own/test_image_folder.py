"""Folders of labelled images of any sizes: which image is of which class, splits, batches, bad trees."""

import shutil

import numpy as np
import pytest
import torch

from lga.data.classification.augmentation import NoAugmentation, resize
from lga.data.classification.classification_data import ClassificationData
from lga.data.own.image_folder import ImageFolderReader
from lga.data.own.own_set import NO_TEST
from lga.system.errors import UserError
from tests.data.trees import own
from tests.data.trees.pictures import write_picture


def reader(root, **settings):
    return ImageFolderReader(str(root), **settings)


def identities(split):
    """The third channel says class and number of a picture, see the tree."""
    return [int(split.images.load(index)[0, 0, 2]) for index in range(len(split))]


def test_each_image_has_the_class_of_its_folder(tmp_path):
    splits = reader(own.write_image_folder(tmp_path))()
    assert reader(tmp_path).class_names == own.NAMES
    assert splits.train.labels.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert identities(splits.train) == [0, 1, 2, 10, 11, 12, 20, 21, 22]
    assert splits.train.sizes().tolist() == [[40, 32], [48, 32], [56, 32]] * 3
    assert (splits.selection, splits.dropped) == ("test", {NO_TEST: 1})


def test_three_splits(tmp_path):
    splits = reader(own.write_image_folder(tmp_path, ("train", "valid", "test")))()
    assert splits.counts == {"train": 9, "val": 9, "test": 9}
    assert (splits.selection, splits.dropped) == ("validation", {})


def test_images_of_no_class_are_counted(tmp_path):
    own.write_image_folder(tmp_path)
    write_picture(tmp_path / "train" / "x.png", 90, 90)
    splits = reader(tmp_path)()
    assert splits.counts["train"] == 9
    assert splits.dropped == {NO_TEST: 1, "images in no folder of a class": 1}


def test_without_parts_some_of_each_class_are_held_out(tmp_path):
    own.write_image_folder(tmp_path, ("all",), images=12)
    splits = reader(tmp_path / "all")()
    assert splits.counts == {"train": 33, "val": 3, "test": 3}
    assert splits.val.labels.tolist() == [0, 1, 2]
    assert not set(splits.train.images.names) & set(splits.val.images.names)


@pytest.mark.parametrize("augmentation", ["none", "affine", "paper"])
@pytest.mark.parametrize("workers", [0, 2])
def test_batches_of_images_of_several_sizes(tmp_path, augmentation, workers):
    made = reader(own.write_image_folder(tmp_path))
    data = ClassificationData(
        made, image_size=16, batch_size=4, augmentation=augmentation, num_workers=workers
    )
    batches = list(data.train_dataloader())
    assert [tuple(batch.images.shape) for batch in batches] == [
        (4, 3, 16, 16),
        (4, 3, 16, 16),
        (1, 3, 16, 16),
    ]
    assert sorted(torch.cat([batch.labels for batch in batches]).tolist()) == [0, 0, 0, 1, 1, 1, 2, 2, 2]


def test_an_image_in_a_batch_is_that_image_alone(tmp_path):
    """Grouping by size neither mixes images up nor changes them."""
    made = reader(own.write_image_folder(tmp_path))
    batch = next(iter(ClassificationData(made, image_size=16, batch_size=9).val_dataloader()))
    for row in range(9):
        pixels = torch.from_numpy(np.array(made().val.images.load(row))).permute(2, 0, 1)[None]
        assert torch.equal(batch.images[row], NoAugmentation(16)(resize(pixels, 16), None)[0])


def test_of_an_oblong_image_the_central_square_is_kept():
    image = torch.zeros(1, 1, 4, 8, dtype=torch.uint8)
    image[..., 2:6] = 200
    assert resize(image, 2).unique().tolist() == [200]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_damaged_image_is_named_in_one_line(tmp_path, workers):
    made = reader(own.write_image_folder(tmp_path))
    (tmp_path / "train/dog/1.png").write_bytes(b"no image")
    data = ClassificationData(made, image_size=16, batch_size=4, num_workers=workers)
    with pytest.raises(UserError, match=r"train/dog/1\.png: cannot be read as an image") as error:
        list(data.train_dataloader())
    assert "\n" not in str(error.value)


def test_files_that_have_changed_are_refused(tmp_path):
    content = reader(own.write_image_folder(tmp_path)).own_content()
    reader(tmp_path, content_sha256=content)()
    write_picture(tmp_path / "train/dog/1.png", 90, 90)
    with pytest.raises(UserError, match="the files have changed"):
        reader(tmp_path, content_sha256=content)()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (shutil.rmtree, "no such folder"),
        (
            lambda root: [shutil.rmtree(root / "train" / name) for name in own.NAMES],
            "train: folders, .*names no class",
        ),
        (
            lambda root: [shutil.rmtree(root / "train" / name) for name in ("cat", "dog")],
            "train/no: the only class",
        ),
        (
            lambda root: [path.unlink() for path in (root / "train/dog").iterdir()],
            "train/dog: no image there",
        ),
        (lambda root: [path.unlink() for path in root.glob("val/*/*")], "val/cat: no image there"),
        (
            lambda root: (root / "val/dog").rename(root / "val/wolf"),
            "val/wolf: a class without training images",
        ),
        (
            lambda root: shutil.copytree(root / "val", root / "valid"),
            "valid: stands for val, as .*set/val does",
        ),
    ],
)
def test_bad_folders_are_refused_in_one_line(tmp_path, damage, message):
    damage(own.write_image_folder(tmp_path / "set"))
    with pytest.raises(UserError, match=message) as error:
        reader(tmp_path / "set")()
    assert "\n" not in str(error.value)
