"""The data module, by itself and under a Lightning Trainer that is stopped and resumed."""

import hashlib

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from PIL import Image
from pytorch_lightning.callbacks import ModelCheckpoint

from lga.data.detection.augmentation import DetectionAugmentation
from lga.data.detection.detection_data import DetectionData
from lga.structures import DetectionBatch
from lga.structures.annotations import Annotations, WrittenBox, WrittenImage
from lga.system.errors import UserError
from tests.data.detection.sources import MadeReader, flat, source_of, source_of_files, targets_of

STILL = {"hsv_h": 0.0, "hsv_s": 0.0, "hsv_v": 0.0, "scale": 0.0, "translate": 0.0, "fliplr": 0.0}


def made_data(augmentation=None, **settings):
    augmentation = DetectionAugmentation(**(augmentation or {}))
    defaults = {"image_size": 32, "batch_size": 6, "epochs": 20, "seed": 1}
    return DetectionData(MadeReader(), augmentation=augmentation, **{**defaults, **settings})


def digest(batches):
    whole = hashlib.sha256()
    for batch in batches:
        for tensor in (batch.images, batch.boxes, batch.labels, batch.image_index, batch.ignore):
            whole.update(tensor.numpy().tobytes())
    return whole.hexdigest()


def test_without_augmentation_the_images_and_boxes_are_the_source_s():
    batches = list(made_data({**STILL, "mosaic": 0.0}).train_dataloader())
    assert [len(batch) for batch in batches] == [6, 6, 4]
    seen = []
    for batch in batches:
        assert isinstance(batch, DetectionBatch)
        assert batch.images.dtype == torch.uint8
        assert batch.boxes.tolist() == [[4, 4, 20, 24]] * len(batch)
        assert batch.image_index.tolist() == list(range(len(batch)))
        numbers = batch.images[:, 0, 0, 0] // 10
        assert (batch.images == (10 * numbers).view(-1, 1, 1, 1)).all()
        assert torch.equal(numbers % 3, batch.labels)
        seen += numbers.tolist()
    assert sorted(seen) == list(range(16))


def test_flipping():
    batch = next(iter(made_data({**STILL, "mosaic": 0.0, "fliplr": 1.0}).train_dataloader()))
    assert batch.boxes.tolist() == [[12, 4, 28, 24]] * 6


def test_flipping_turns_pixels_and_boxes_alike():
    """A white patch under a box: wherever the box goes, the patch is there."""
    image = flat(32, 32, 0, 0, 0)
    image[5:10, 3:9] = 255

    class OneImage(MadeReader):
        def __call__(self):
            source = source_of([image], [targets_of([(3, 5, 9, 10)])])
            return type(super().__call__())(source, source, source, {})

    settings = {**STILL, "mosaic": 0.0, "fliplr": 0.5}
    data = DetectionData(OneImage(), 32, 1, epochs=20, augmentation=DetectionAugmentation(**settings))
    loader = data.train_dataloader()
    places = set()
    for epoch in range(20):
        loader.sampler.set_epoch(epoch)
        (batch,) = loader
        x1, y1, x2, y2 = (int(edge) for edge in batch.boxes[0])
        assert (batch.images[0, :, y1:y2, x1:x2] == 255).all()
        assert (batch.images == 255).sum() == 3 * 5 * 6
        places.add((x1, y1))
    assert places == {(3, 5), (23, 5)}


def test_mosaic_stops_before_the_last_epochs():
    loader = made_data({**STILL, "close_mosaic": 2}, epochs=5).train_dataloader()
    for epoch in range(5):
        loader.sampler.set_epoch(epoch)
        mixed = [len(image.unique()) > 1 for batch in loader for image in batch.images]
        assert any(mixed) == (epoch < 3)


@pytest.mark.parametrize("val_shape", ["square", "toolchain"])
def test_evaluation_batches_are_in_order_twice_as_large_and_know_their_images(val_shape):
    data = made_data(batch_size=1, val_shape=val_shape)
    for loader, first in ((data.val_dataloader(), 16), (data.test_dataloader(), 20)):
        batches = list(loader)
        assert [len(batch) for batch in batches] == [2, 2]
        names = [origin.name for batch in batches for origin in batch.origins]
        assert names == [f"image-{i}" for i in range(4)]
        middles = torch.cat([batch.images[:, 0, 16, 16] for batch in batches])
        assert middles.tolist() == [10 * (first + i) for i in range(4)]
        side, shift = (32, 0) if val_shape == "square" else (64, 16)
        assert batches[0].images.shape == (2, 3, side, side)
        assert batches[0].boxes[0].tolist() == [4 + shift, 4 + shift, 20 + shift, 24 + shift]


def test_images_become_floats_after_the_copy_to_the_device():
    batch = next(iter(made_data().train_dataloader()))
    made = made_data().on_after_batch_transfer(batch, 0)
    assert made.images.dtype == torch.float32
    assert torch.equal(made.images, batch.images.float() / 255)
    assert made.boxes is batch.boxes


def test_the_splits_are_those_of_the_reader():
    splits = made_data().splits
    assert splits.counts == {"train": 16, "val": 4, "test": 4}
    assert (splits.manifest, splits.selection, splits.dropped) == (
        {"made": "00"},
        "validation",
        {"train/x": 1},
    )


def test_an_epoch_is_the_same_for_any_history_and_random_state():
    def epoch_3(skipped):
        loader = made_data().train_dataloader()
        for epoch in range(0 if skipped else 3):
            loader.sampler.set_epoch(epoch)
            list(loader)
        loader.sampler.set_epoch(3)
        torch.manual_seed(int(skipped))
        np.random.seed(int(skipped))
        before, before_numpy = torch.get_rng_state(), np.random.get_state()[1].copy()
        found = digest(loader)
        assert torch.equal(torch.get_rng_state(), before)
        assert (np.random.get_state()[1] == before_numpy).all()
        return found

    assert epoch_3(skipped=False) == epoch_3(skipped=True)


def test_workers_make_the_same_batches():
    digests = []
    for num_workers in (0, 2):
        loader = made_data(num_workers=num_workers).train_dataloader()
        for epoch in (0, 1):  # the second pass meets the same, persistent workers
            loader.sampler.set_epoch(epoch)
            digests.append(digest(loader))
    assert digests[:2] == digests[2:]
    assert digests[0] != digests[1]


@pytest.mark.parametrize("num_workers", [0, 1])
def test_a_truncated_image_stops_the_run_with_one_line(tmp_path, num_workers):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "short.jpg")
    (tmp_path / "short.jpg").write_bytes((tmp_path / "short.jpg").read_bytes()[:-900])

    class Truncated(MadeReader):
        def __call__(self):
            written = Annotations.of_images(
                [WrittenImage("short.jpg", (64, 64), [WrittenBox((1, 1, 9, 9), 0)], "labels")]
            )
            source = source_of_files(written, tmp_path, "files")
            return type(super().__call__())(source, source, source, {})

    data = DetectionData(Truncated(), 32, 1, epochs=20, num_workers=num_workers)
    for loader in (data.train_dataloader(), data.val_dataloader()):
        with pytest.raises(UserError) as caught:
            list(loader)
        assert str(caught.value).startswith(f"{tmp_path / 'short.jpg'}: cannot be read as an image (")
        assert "\n" not in str(caught.value)


def test_an_unknown_shape():
    with pytest.raises(UserError, match=r"^val_shape='round' is unknown: choose one of square, toolchain$"):
        made_data(val_shape="round")


class Recorder(pl.LightningModule):
    """Trains one number, and writes down a digest of each epoch's batches."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.digests = {}

    def training_step(self, batch, batch_idx):
        assert batch.images.dtype == torch.float32
        self.digests.setdefault(self.current_epoch, []).append(digest([batch]))
        return self.weight * batch.images.mean()

    def validation_step(self, batch, batch_idx):
        self.log("images", float(len(batch.origins)), batch_size=len(batch))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def fit(data, folder, epochs, resume_from=None):
    recorder = Recorder()
    trainer = pl.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[ModelCheckpoint(folder, save_last=True)],
    )
    trainer.fit(recorder, data, ckpt_path=resume_from)
    return recorder.digests


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_resumed_run_sees_the_same_batches(tmp_path, num_workers):
    settings = {"num_workers": num_workers, "epochs": 4, "augmentation": {"close_mosaic": 1}}
    whole = fit(made_data(**settings), tmp_path / "whole", 4)
    assert len({str(seen) for seen in whole.values()}) == 4
    first = fit(made_data(**settings), tmp_path / "parts", 2)
    torch.manual_seed(5)
    second = fit(made_data(**settings), tmp_path / "parts", 4, tmp_path / "parts" / "last.ckpt")
    assert {**first, **second} == whole
    assert sorted(second) == [2, 3]
