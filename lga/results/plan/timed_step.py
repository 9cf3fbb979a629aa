"""Times a cell's network on made-up images: forward, loss and backward, nothing else.

On the processor it is the time of one thread that counts, shared over the cores as a sweep's jobs are: what
else runs on the machine hardly changes it, and since it is in proportion to the images, two are enough. A GPU
is given whole batches. What else a step does (loading, optimizer, moving average) is a sixth of it, see
`make benchmark`.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lga.config.frozen_run import FrozenRun
from lga.detection.yolov8.loss import LossSums
from lga.run.build import build_network
from lga.structures import DetectionBatch

NETWORK_SHARE = 0.84  # of a step
IMAGES_ON_PROCESSOR = 2
BOXES_AN_IMAGE = 20
TIMED_STEPS = 3
PROCESSOR = torch.device("cpu")


def seconds_an_image(config: Mapping[str, Any]) -> float:
    """Seconds that training on one image takes, everything included."""
    cfg = FrozenRun(config).cfg
    on_gpu = cfg.trainer.accelerator != "cpu" and torch.cuda.is_available()
    device = torch.device("cuda" if on_gpu else "cpu")
    network = build_network(cfg).to(device).train()
    if cfg.trainer.channels_last:
        network = network.to(memory_format=torch.channels_last)
    images = cfg.recipe.batch_size if on_gpu else min(IMAGES_ON_PROCESSOR, cfg.recipe.batch_size)
    batch = made_batch(images, cfg.dataset.image_size, cfg.dataset.num_classes, device)
    with one_thread():
        step = partial(training_step, network, batch, cfg.task.name)
        step()  # the first one also plans convolutions
        seconds = min(timed(step, device) for _ in range(TIMED_STEPS))
    cores = 1 if on_gpu else os.cpu_count() or 1
    return seconds / cores / int(images) / NETWORK_SHARE


def made_batch(images: int, side: int, classes: int, device: torch.device | str = "cpu") -> DetectionBatch:
    """Noise with boxes of a twentieth of the image's side."""
    generator = torch.Generator().manual_seed(0)
    boxes = images * BOXES_AN_IMAGE
    corners = torch.rand(boxes, 2, generator=generator) * side * 0.95
    return DetectionBatch(
        images=torch.rand(images, 3, side, side, generator=generator),
        boxes=torch.cat([corners, corners + side / 20], dim=1),
        labels=torch.randint(classes, (boxes,), generator=generator),
        image_index=torch.arange(images).repeat_interleave(BOXES_AN_IMAGE),
        ignore=torch.zeros(boxes, dtype=torch.bool),
    ).to(device)


def training_step(network: nn.Module, batch: DetectionBatch, task: str) -> None:
    """Forward, loss and backward; the gradients are dropped."""
    if task == "detection":
        found = network.loss(batch)  # type: ignore[operator]
        loss: Tensor = (found.divided() if isinstance(found, LossSums) else found)["total"]
    else:
        loss = F.cross_entropy(network(batch.images), batch.labels[: len(batch)])
    loss.backward()  # type: ignore[no-untyped-call]
    network.zero_grad()


def timed(call: Callable[[], object], device: torch.device = PROCESSOR) -> float:
    """Seconds of a call on a GPU; of the processor, those that this process had it."""
    clock = time.perf_counter if device.type == "cuda" else time.process_time
    started = clock()
    call()
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return clock() - started


@contextmanager
def one_thread() -> Iterator[None]:
    """Give torch one thread within."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
