"""The data module, by itself and under a Lightning Trainer that is stopped and resumed."""

import hashlib
from types import SimpleNamespace

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint

from lga.data.classification import classification_data
from lga.data.classification.classification_data import ClassificationData
from lga.data.classification.digits import DigitsReader
from lga.data.classification.labelled_images import LabelledImages, make_splits, rank_within_class
from lga.data.loading.sharding import BatchOfShare, Shard
from lga.structures.batch import ImageBatch


class TinyReader:
    """45 images of 8 x 8 pixels, 3 classes; image i is flat, of value 5 * i."""

    def __init__(self, channels=0):
        self.channels = channels

    def __call__(self):
        shape = (45, self.channels, 8, 8) if self.channels else (45, 8, 8)
        images = (5 * torch.arange(45, dtype=torch.uint8)).view(-1, *[1] * (len(shape) - 1)).expand(shape)
        everything = LabelledImages(images.contiguous(), torch.arange(45) % 3, "tiny train")
        ranks = rank_within_class(everything.labels)
        test = everything.take(ranks % 5 == 4, "tiny test")
        return make_splits(everything, ranks % 5 == 3, test, "validation", {"tiny": "00"})


def tiny_data(**settings):
    return ClassificationData(TinyReader(), **{"image_size": 8, "batch_size": 8, "seed": 1, **settings})


def test_batches_are_rgb_in_the_unit_range():
    loader = tiny_data().train_dataloader()
    batches = list(loader)
    assert [len(batch.labels) for batch in batches] == [8, 8, 8, 8, 4]  # 45 - 9 held out
    assert all(isinstance(batch, ImageBatch) for batch in batches)
    for batch in batches:
        assert batch.images.shape[1:] == (3, 8, 8)
        number = (batch.images[:, 0, 0, 0] * 255 / 5).round().long()
        assert torch.equal(number % 3, batch.labels)
        assert torch.equal(batch.images[:, 0], batch.images[:, 2])
        assert torch.equal(batch.images[:, 0, 0, 0], (5 * number).float() / 255)


def test_rgb_sources_are_kept():
    data = ClassificationData(TinyReader(channels=3), image_size=8, batch_size=8)
    assert next(iter(data.train_dataloader())).images.shape == (8, 3, 8, 8)


def test_evaluation_batches_are_twice_as_large_in_order_and_unaugmented():
    data = tiny_data(batch_size=4, augmentation="affine")
    for loader, split in (
        (data.val_dataloader(), data.splits.val),
        (data.test_dataloader(), data.splits.test),
    ):
        batches = list(loader)
        assert [len(batch.labels) for batch in batches] == [8, 1]
        images = torch.cat([batch.images for batch in batches])
        assert torch.equal(images[:, 1], split.images.float() / 255)
        assert torch.equal(torch.cat([batch.labels for batch in batches]), split.labels)


def test_the_splits_are_those_of_the_reader():
    splits = tiny_data().splits
    assert splits.counts == {"train": 36, "val": 9, "test": 9}
    assert (splits.manifest, splits.selection) == ({"tiny": "00"}, "validation")


@pytest.mark.parametrize("augmentation", ["none", "affine", "paper"])
def test_an_epoch_is_the_same_for_any_history_and_random_state(augmentation):
    def epoch_3(skipped):
        loader = tiny_data(augmentation=augmentation).train_dataloader()
        for epoch in range(0 if skipped else 3):
            loader.sampler.set_epoch(epoch)
            list(loader)
        loader.sampler.set_epoch(3)
        torch.manual_seed(int(skipped))
        before = torch.get_rng_state()
        images = torch.cat([batch.images for batch in loader])
        assert torch.equal(torch.get_rng_state(), before)
        return images

    assert torch.equal(epoch_3(skipped=False), epoch_3(skipped=True))


@pytest.mark.parametrize("augmentation", ["affine", "paper"])
def test_workers_make_the_same_batches(augmentation):
    images = []
    for num_workers in (0, 2):
        loader = tiny_data(augmentation=augmentation, num_workers=num_workers).train_dataloader()
        seen = []
        for epoch in (0, 1):  # the second pass meets the same, persistent workers
            loader.sampler.set_epoch(epoch)
            seen += [batch.images for batch in loader]
        images.append(torch.cat(seen))
    assert torch.equal(*images)


def made_together(number_of_images, **settings):
    """Data whose paper augmentation makes so many images at once, and the list of what it was asked for."""
    data = tiny_data(augmentation="paper", batch_size=4, **settings)
    asked, make = [], data.augmentation.__call__

    class Noting:
        images_at_once = number_of_images
        prepare = data.augmentation.prepare

        def __call__(self, images, key):
            asked.append(len(key.indices))
            return make(images, key)

    data.augmentation = Noting()
    return data, asked


@pytest.mark.parametrize("shard", [Shard(), Shard(1, 2)])
@pytest.mark.parametrize("num_workers", [0, 2])
def test_batches_made_together_are_those_made_alone(num_workers, shard):
    """Nine batches of four, three at once."""
    seen = []
    for together in (1, 12):
        data, asked = made_together(together, num_workers=num_workers)
        data.shard = shard
        loader = data.train_dataloader()
        for epoch in (0, 1):
            loader.sampler.set_epoch(epoch)
            seen.append([batch.batch if isinstance(batch, BatchOfShare) else batch for batch in loader])
        if num_workers == 0 and shard.world_size == 1:
            assert asked == ([4] * 18 if together == 1 else [12] * 6)
    for alone, together in zip(seen[0] + seen[1], seen[2] + seen[3], strict=True):
        assert torch.equal(alone.images, together.images)
        assert torch.equal(alone.labels, together.labels)


def test_a_worker_makes_only_its_own_batches(monkeypatch):
    """The second of three has batches 1, 4 and 7 of nine."""
    data, asked = made_together(100)
    loader = data.train_dataloader()
    keys = list(loader.sampler)
    alone = [loader.dataset[key].images for key in keys]
    assert asked == [36]
    monkeypatch.setattr(classification_data, "get_worker_info", lambda: SimpleNamespace(num_workers=3))
    for number in (1, 4, 7):
        assert torch.equal(loader.dataset[keys[number]].images, alone[number])
    assert asked == [36, 12]


def batches_of(augmentation, channels, device):
    """All batches of an epoch, of training and of judging."""
    data = ClassificationData(TinyReader(channels), 8, 8, augmentation, seed=1, num_workers=2)
    data.device = device
    loaders = (data.train_dataloader(), data.val_dataloader(), data.test_dataloader())
    for loader in loaders:
        assert loader.num_workers == (2 if data.device is None else 0)
    return [batch for loader in loaders for batch in loader]


@pytest.mark.parametrize("channels", [0, 3])
@pytest.mark.parametrize("augmentation", ["none", "affine", "paper"])
def test_images_kept_on_a_device_give_the_same_batches(augmentation, channels):
    workers, kept, elsewhere = (
        batches_of(augmentation, channels, device) for device in (None, "cpu", "meta")
    )
    for one, other, unseen in zip(workers, kept, elsewhere, strict=True):
        assert torch.equal(one.images, other.images)
        assert torch.equal(one.labels, other.labels)
        assert unseen.images.is_meta  # where to mix devices is an error
        assert unseen.labels.is_meta
        assert unseen.images.shape == one.images.shape


def test_a_split_that_does_not_fit_stays_where_it_is(monkeypatch):
    monkeypatch.setattr(classification_data, "MOST_ON_DEVICE", 36 * 64 - 1)
    data = tiny_data(num_workers=2)
    data.device = "meta"
    assert data.train_dataloader().num_workers == 2
    assert next(iter(data.train_dataloader())).images.device.type == "cpu"
    assert data.val_dataloader().num_workers == 0


def test_making_ahead_leaves_the_epoch_of_the_loaders_order_alone():
    loader = made_together(8)[0].train_dataloader()
    batches = iter(loader)
    next(batches)
    loader.sampler.set_epoch(5)
    assert len(list(batches)) == 8  # the rest of epoch 0
    assert loader.sampler.epoch == 5


class Recorder(pl.LightningModule):
    """Trains one number, and writes down a digest of each epoch's batches."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.digests = {}

    def training_step(self, batch, batch_idx):
        digest = self.digests.setdefault(self.current_epoch, hashlib.sha256())
        digest.update(batch.images.numpy().tobytes() + batch.labels.numpy().tobytes())
        return self.weight * batch.images.mean()

    def validation_step(self, batch, batch_idx):
        self.log("labels", batch.labels.float().mean(), batch_size=len(batch.labels))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)

    def seen(self):
        return {epoch: digest.hexdigest() for epoch, digest in self.digests.items()}


def fit(data, folder, epochs, resume_from=None, **checkpoint):
    recorder = Recorder()
    trainer = pl.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[ModelCheckpoint(folder, save_last=True, **checkpoint)],
    )
    trainer.fit(recorder, data, ckpt_path=resume_from)
    return recorder.seen()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("augmentation", "num_workers"), [("affine", 0), ("affine", 2), ("paper", 0)])
@pytest.mark.parametrize("after_training", [True, False])
def test_a_resumed_run_sees_the_same_batches(tmp_path, augmentation, num_workers, after_training):
    """Checkpoints at the end of the training epoch, or after the validation that ends it."""
    settings = {"augmentation": augmentation, "num_workers": num_workers}
    checkpoint = {"save_on_train_epoch_end": after_training}
    whole = fit(tiny_data(**settings), tmp_path / "whole", 4, **checkpoint)
    assert sorted(whole) == [0, 1, 2, 3]
    assert len(set(whole.values())) == 4
    first = fit(tiny_data(**settings), tmp_path / "parts", 2, **checkpoint)
    torch.manual_seed(5)
    last = tmp_path / "parts" / "last.ckpt"
    second = fit(tiny_data(**settings), tmp_path / "parts", 4, resume_from=last, **checkpoint)
    assert {**first, **second} == whole
    assert sorted(second) == [2, 3]


def test_digits_end_to_end():
    data = ClassificationData(DigitsReader(), image_size=32, batch_size=64, augmentation="affine")
    batches = list(data.train_dataloader())
    assert sum(len(batch.labels) for batch in batches) == 1204
    assert batches[0].images.shape == (64, 3, 32, 32)


@pytest.mark.parametrize("num_workers", [0, 2])
def test_an_iterator_made_early_still_gets_the_epoch(num_workers):
    """Lightning makes the iterator of a resumed run first, and sets the epoch afterwards."""
    loader = tiny_data(num_workers=num_workers).train_dataloader()
    early = iter(loader)
    loader.sampler.set_epoch(2)
    first = next(early).labels
    loader.sampler.set_epoch(2)
    assert torch.equal(next(iter(loader)).labels, first)
    loader.sampler.set_epoch(0)
    assert not torch.equal(next(iter(loader)).labels, first)
