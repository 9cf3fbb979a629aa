"""The detection task on a tiny data module in memory: what it minimises, judges and logs."""

from dataclasses import replace

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader

from lga.attention import NoAttention
from lga.backbones import MobileNetV3
from lga.data.detection.splits import DetectionSource, Targets
from lga.data.loading.batch_order import BatchShare
from lga.detection import Detector
from lga.detection.judging import Judgement
from lga.structures import DetectionBatch, Detections
from lga.structures.batch import ImageOrigin
from lga.system.errors import UserError
from lga.tasks.detection_task import DetectionTask
from lga.tasks.optimization import Optimization, Schedule
from tests.data.detection.sources import annotations_of, targets_of

SIDE = 64
NAMES = ["left", "right", "nowhere"]


def batch(number, objects=True):
    """Two images of two coloured squares; as if halved from originals twice as large."""
    generator = torch.Generator().manual_seed(number)
    boxes = torch.tensor([[4.0, 8.0, 24.0, 28.0], [36.0, 30.0, 60.0, 54.0]])
    images = torch.rand(2, 3, SIDE, SIDE, generator=generator) * 0.2
    images[0, 0, 8:28, 4:24] = images[0, 2, 30:54, 36:60] = 1
    kept = 2 if objects else 0
    return DetectionBatch(
        images=images,
        boxes=boxes[:kept],
        labels=torch.tensor([0, 1])[:kept],
        image_index=torch.zeros(kept, dtype=torch.long),
        ignore=torch.zeros(kept, dtype=torch.bool),
        origins=tuple(
            ImageOrigin(2 * number + row, f"{number}-{row}", 2 * SIDE, 2 * SIDE, (0.5, 0.5), (0.0, 0.0))
            for row in range(2)
        ),
    )


def optimization():
    return Optimization(
        optimizer=lambda groups: torch.optim.AdamW(groups, lr=0.01),
        schedule=Schedule(1, 0.01, 0, 0, 0.0, 0.8),
        batch_size=2,
        nominal_batch_size=2,
        weight_decay=0.0,
        clip_norm=10.0,
        ema_decay=0.9,
        ema_ramp_steps=10.0,
    )


def detector():
    torch.manual_seed(0)
    return Detector(MobileNetV3(NoAttention), num_classes=len(NAMES))


class Knowing(nn.Module):
    """A model with one weight that finds what `batch` shows, boxes in pixels of the batch."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))

    def loss(self, batch):
        value = self.weight**2
        return {"box": value, "class": 2 * value, "total": 6 * value}

    def predict(self, images):
        boxes = torch.tensor([[4.0, 8.0, 24.0, 28.0], [36.0, 30.0, 60.0, 54.0]])
        nothing = Detections(torch.zeros(0, 4), torch.zeros(0), torch.zeros(0, dtype=torch.long))
        both = Detections(boxes, torch.tensor([0.9, 0.8]), torch.tensor([0, 1]))
        return [both, *[nothing] * (len(images) - 1)]


def trainer(**settings):
    return pl.Trainer(
        accelerator="cpu",
        max_epochs=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
        **settings,
    )


def loader(batches):
    return DataLoader(batches, batch_size=None)


class Judged(pl.LightningDataModule):
    """Batches to be judged, and what is on them: their boxes, doubled."""

    def __init__(self, batches):
        super().__init__()
        self.batches = batches

    def test_dataloader(self):
        return loader(self.batches)

    @property
    def judged(self):
        targets = []
        for given in self.batches:
            boxes, labels = 2 * given.boxes.numpy(), given.labels.numpy()
            targets += [Targets(boxes, labels, given.ignore.numpy()), targets_of()]
        sizes = np.full((len(targets), 2), 2 * SIDE)
        return DetectionSource(None, annotations_of(sizes, targets), "made")


def test_what_is_right_in_the_batch_is_right_in_the_original():
    """Perfect detections: 99.5 by `paper`, 100 by `coco`; the absent class has no value and costs nothing."""
    task = DetectionTask(Knowing(), optimization(), seed=0, class_names=NAMES)
    metrics = trainer().test(task, datamodule=Judged([batch(0), batch(1)]), verbose=False)[0]
    assert metrics["test/paper/map50"] == pytest.approx(99.5)
    assert metrics["test/coco/map"] == pytest.approx(100)
    assert metrics["test/coco/map_medium"] == pytest.approx(100)  # sides of 40 and 48 in the original
    assert "test/coco/map_small" not in metrics
    assert task.metrics_per_class["left"]["coco/map"] == pytest.approx(100)
    assert task.metrics_per_class["right"]["paper/map50_95"] == pytest.approx(99.5)
    assert task.metrics_per_class["nowhere"] == {}
    assert task.curves["confusion"]["true_by_found"][0] == [2, 0, 0, 0]


def test_validation_is_by_the_paper_protocol_alone():
    task = DetectionTask(Knowing(), optimization(), seed=0, class_names=NAMES)
    metrics = trainer().validate(task, loader([batch(0)]), verbose=False)[0]
    assert set(metrics) == {"val/paper/map50", "val/paper/map50_95", "val/paper/fitness"}


def test_the_datasets_own_protocol_is_judged_too():
    """It is given whole images: two objects of 40 and 48 pixels on the first, nothing on the second."""

    def native(found):
        assert found.images.tolist() == [0, 1]
        assert found.truth.areas.tolist() == [1600, 48 * 48]
        return Judgement({"native/found": len(found.detections)}, {0: {"native/found": 1.0}})

    task = DetectionTask(Knowing(), optimization(), seed=0, class_names=NAMES, native=native)
    metrics = trainer().test(task, datamodule=Judged([batch(0)]), verbose=False)[0]
    assert metrics["test/native/found"] == 2
    assert task.metrics_per_class["left"]["native/found"] == 1


def test_each_test_begins_anew():
    task = DetectionTask(Knowing(), optimization(), seed=0, class_names=NAMES)
    first = trainer().test(task, datamodule=Judged([batch(0)]), verbose=False)
    assert trainer().test(task, datamodule=Judged([batch(0)]), verbose=False) == first
    assert task.curves["confusion"]["true_by_found"][0] == [1, 0, 0, 0]


def test_a_split_without_objects():
    """No object: mAP 0 by `paper`, and no value at all by `coco`."""
    task = DetectionTask(Knowing(), optimization(), seed=0, class_names=NAMES)
    metrics = trainer().test(task, datamodule=Judged([batch(0, objects=False)]), verbose=False)[0]
    assert metrics["test/paper/map50"] == 0
    assert not [name for name in metrics if "coco" in name]


def test_the_total_is_minimised_and_the_terms_are_logged():
    """d(6 w^2)/dw = 12 at w = 1, clipped to 10: one SGD step of 0.01 gives 0.9; losses of before the step."""
    sgd = replace(optimization(), optimizer=lambda groups: torch.optim.SGD(groups, lr=0.01, momentum=0.0))
    task = DetectionTask(Knowing(), sgd, seed=0, class_names=NAMES)
    run = trainer()
    run.fit(task, loader([batch(0)]), loader([batch(1)]))
    assert task.model.weight.item() == pytest.approx(0.9)
    logged = {name: value.item() for name, value in run.callback_metrics.items() if "train" in name}
    assert logged == pytest.approx({"train/loss": 6, "train/box": 1, "train/class": 2})


def test_a_loss_that_is_a_mean_already_cannot_be_divided_over_devices():
    task = DetectionTask(Knowing(), optimization(), seed=0, class_names=NAMES)
    task.share = BatchShare(np.array([0, 1]), 4)
    with pytest.raises(UserError, match=r"set trainer\.devices=1"):
        task.training_loss(batch(0))


def test_the_moving_average_is_judged():
    task = DetectionTask(Knowing(), optimization(), seed=0, class_names=NAMES)
    task.model.predict = lambda images: pytest.fail("the trained model was judged")
    (judged,) = trainer().validate(task, loader([batch(0)]), verbose=False)
    assert judged["val/paper/map50"] == pytest.approx(100, abs=1)


def test_images_without_objects_can_be_trained_on():
    task = DetectionTask(detector(), optimization(), seed=0, class_names=NAMES)
    run = trainer()
    run.fit(task, loader([batch(0, objects=False)]))
    logged = run.callback_metrics
    assert logged["train/box"] == logged["train/distribution"] == 0
    assert logged["train/class"] > 0


def test_losses_are_float32_under_mixed_precision():
    """The network's maps are bfloat16; the losses are those of the same maps in float32, to the bit."""
    model = detector()
    inputs = batch(0)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        levels = model(inputs.images)
        mixed = model.eval().loss(inputs).divided()
        model.forward = lambda images: levels
        model.train()
    assert {level.dtype for level in levels} == {torch.bfloat16}
    assert {loss.dtype for loss in mixed.values()} == {torch.float32}
    with torch.autocast("cpu", dtype=torch.bfloat16):
        within = model.loss(inputs).divided()
    model.forward = lambda images: [level.float() for level in levels]
    assert all(torch.equal(within[name], loss) for name, loss in model.loss(inputs).divided().items())


def test_training_in_bfloat16():
    task = DetectionTask(detector(), optimization(), seed=0, class_names=NAMES)
    run = trainer(precision="bf16-mixed")
    run.fit(task, loader([batch(0), batch(1)]), loader([batch(0)]))
    assert torch.isfinite(run.callback_metrics["train/loss"])
