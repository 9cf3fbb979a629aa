"""Parameter groups, the moving average and gradient accumulation, on models small enough to check by hand."""

import math
from functools import partial

import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader

from lga.structures import ImageBatch
from lga.tasks.classification_task import ClassificationTask
from lga.tasks.moving_average import MovingAverage, decay_at
from lga.tasks.optimization import Optimization, Schedule, parameter_groups

CONSTANT = Schedule(
    epochs=1,
    final_fraction=1.0,
    warmup_epochs=0,
    warmup_min_iterations=0,
    warmup_bias_lr=0,
    warmup_momentum=0,
)


def optimization(batch_size, nominal, weight_decay=0.0, clip_norm=1e9):
    return Optimization(
        optimizer=partial(torch.optim.SGD, lr=0.1),
        schedule=CONSTANT,
        batch_size=batch_size,
        nominal_batch_size=nominal,
        weight_decay=weight_decay,
        clip_norm=clip_norm,
        ema_decay=0.9,
        ema_ramp_steps=2.0,
    )


def test_only_weights_decay():
    """Convolution bias, both entries of the norm and the scalar are left alone; the frozen weight is out."""

    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 1)
            self.norm = nn.BatchNorm2d(4)
            self.alpha = nn.Parameter(torch.tensor(1.0))
            self.frozen = nn.Parameter(torch.ones(4, 4), requires_grad=False)

    model = Scaled()
    groups = {
        (group["is_bias"], group["weight_decay"]): group["params"] for group in parameter_groups(model, 0.5)
    }
    assert [p is model.conv.weight for p in groups[False, 0.5]] == [True]
    assert {id(p) for p in groups[True, 0.0]} == {id(model.conv.bias), id(model.norm.bias)}
    assert {id(p) for p in groups[False, 0.0]} == {id(model.norm.weight), id(model.alpha)}


def test_weight_decay_is_scaled_to_the_batch_really_used():
    """Batch 24, nominal 64: round(64 / 24) = 3 batches, so 0.1 * 24 * 3 / 64 = 0.1125."""
    optimizer = optimization(24, 64, weight_decay=0.1).build(nn.Linear(2, 2))
    assert [group["weight_decay"] for group in optimizer.param_groups] == pytest.approx([0.0, 0.1125])


def test_moving_average_follows_with_a_growing_decay():
    """First update copies; the second, after 1 update, keeps 0.9 * (1 - exp(-1/2)) of the old value."""
    model = nn.Linear(1, 1, bias=False)
    average = MovingAverage(model, decay=0.9, ramp_steps=2.0)
    for value in (1.0, 3.0):
        with torch.no_grad():
            model.weight.fill_(value)
        average.update(model)
    kept = 0.9 * (1 - math.exp(-0.5))
    assert decay_at(1, 0.9, 2.0) == pytest.approx(kept)
    assert average.module.weight.item() == pytest.approx(kept * 1 + (1 - kept) * 3)


def test_moving_average_goes_on_with_the_count_of_its_checkpoint():
    model = nn.Linear(1, 1)
    average, resumed = (MovingAverage(model, decay=0.9, ramp_steps=2.0) for _ in range(2))
    for _ in range(3):
        average.update(model)
    resumed.load_state_dict(average.state_dict())
    with torch.no_grad():
        model.weight.add_(1)
    for each in (average, resumed):
        each.update(model)
    assert torch.equal(average.module.weight, resumed.module.weight)
    assert resumed.updates == 4


def test_moving_average_takes_buffers_along():
    model = nn.BatchNorm1d(2)
    average = MovingAverage(model, decay=0.9, ramp_steps=2.0)
    model(torch.randn(8, 2) + 5)
    average.update(model)
    assert torch.equal(average.module.running_mean, model.running_mean)
    assert average.module.num_batches_tracked == 1


class Batches(torch.utils.data.Dataset):
    """Four batches of two one-pixel images."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        generator = torch.Generator().manual_seed(index)
        return ImageBatch(torch.rand(2, 3, 1, 1, generator=generator), torch.tensor([0, 1]))


def fit(accumulate):
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(3, 2))
    task = ClassificationTask(model, optimization(2, 2 * accumulate), seed=0, class_names=["a", "b"])
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(task, DataLoader(Batches(), batch_size=None))
    return model, trainer.global_step


def test_gradients_are_summed_over_the_nominal_batch():
    """Four batches at two a step: two steps, each with the sum of two batches' gradients, as by hand."""
    model, steps = fit(accumulate=2)
    torch.manual_seed(0)
    expected = nn.Sequential(nn.Flatten(), nn.Linear(3, 2))
    sgd = torch.optim.SGD(expected.parameters(), lr=0.1)
    batches = Batches()
    for pair in ((0, 1), (2, 3)):
        sgd.zero_grad()
        for index in pair:
            batch = batches[index]
            nn.functional.cross_entropy(expected(batch.images), batch.labels).backward()
        sgd.step()
    assert steps == 2
    assert torch.allclose(model[1].weight, expected[1].weight, atol=1e-7)


def test_an_epochs_last_batch_always_steps():
    """Three a step and four batches: steps after batch 3 and after the last."""
    assert fit(accumulate=3)[1] == 2
