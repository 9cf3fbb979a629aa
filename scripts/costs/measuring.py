"""Measures what `Measurements` holds, on this machine; minutes.

Times of networks are of one thread and of the network alone, so that what else runs here hardly changes them.
Photographs are made ones, of the size that the set's most are: a blurred noise that JPEG gives about as many
bits for a pixel as photographs.
"""

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from lga.config.frozen_run import FrozenRun
from lga.data.detection.detection_data import DetectionData
from lga.data.published.visdrone import VisDroneReader
from lga.detection.judging import Collected, judge_by_paper
from lga.results.plan.timed_step import made_batch, one_thread, timed, training_step
from lga.run.build import build_network
from lga.run.machine.complexity import count_parameters, true_gflops
from lga.run.machine.environment import environment
from scripts.costs.estimate import Loading, Measurements, NetworkCost

TIMED_STEPS, TIMED_EPOCHS = 3, 3
TRAINING_BY_FORWARD = 3  # operations: the backward pass has two products for each of the forward pass
IMAGES, OBJECTS, DETECTIONS = 48, 50, 300
BATCH = 16
GRAIN, JPEG_QUALITY = 8.0, 85
SIDE = 640
# Width and height of most photographs, pixels; DOTA's are tiles, cut before.
PHOTOGRAPHS = {
    "visdrone": (1360, 765),
    "voc2007": (500, 375),
    "voc2012": (500, 375),
    "coco_minitrain": (640, 480),
    "coco2017": (640, 480),
    "dota": (1024, 1024),
    "gwhd": (1024, 1024),
    "tinyperson": (1920, 1080),
}


def measure_all(
    configs: Mapping[str, Mapping[str, Any]], report: Callable[[str], None] = print
) -> Measurements:
    """Measure networks, by `configs`, then loading and judging."""
    networks = {}
    with one_thread():
        for name, config in configs.items():
            networks[name] = network_cost(config)
            report(f"{name}: {networks[name].seconds:.3f} s, {networks[name].gflops:.1f} GFLOP an image")
        loading = {name: loading_rates(*size) for name, size in PHOTOGRAPHS.items()}
        judging = judging_seconds()
    machine = f"{os.cpu_count()} cores, {environment()['cpu']}"
    return Measurements(machine, torch.__version__.split("+")[0], networks, loading, judging)


def network_cost(config: Mapping[str, Any]) -> NetworkCost:
    """Time, operations and memory of a training step, an image; batch normalisation wants two."""
    cfg = FrozenRun(config).cfg
    network = build_network(cfg).train()

    def step(images: int) -> Callable[[], None]:
        batch = made_batch(images, cfg.dataset.image_size, cfg.dataset.num_classes)
        return lambda: training_step(network, batch, str(cfg.task.name))

    two, four = step(2), step(4)
    kept = (
        _kept_bytes(network, four) - _kept_bytes(network, two)
    ) // 2  # what does not grow with images is out
    with _Calls() as counted:  # type: ignore[no-untyped-call]
        two()
    gflops = TRAINING_BY_FORWARD * true_gflops(network, cfg.dataset.image_size)
    seconds = min(timed(two) for _ in range(TIMED_STEPS)) / 2
    return NetworkCost(round(seconds, 5), round(gflops, 3), kept, counted.number, count_parameters(network))


class _Calls(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the operators that run, views left out."""

    number = 0

    def __torch_dispatch__(self, operator: Any, types: Any, args: Any = (), kwargs: Any = None) -> object:
        self.number += not operator.is_view
        return operator(*args, **(kwargs or {}))


def loading_rates(width: int, height: int) -> Loading:
    """Return images a second of the training loader with mosaic, in this process, of made photographs."""
    with tempfile.TemporaryDirectory() as folder:
        _write_visdrone(Path(folder), width, height)
        decoding = _images_a_second(Path(folder), "none")
        resized = _images_a_second(Path(folder), "memory")
    return Loading(round(decoding, 1), round(resized, 1), width, height)


def judging_seconds() -> float:
    """Of one image with 300 detections, of ten classes, by the paper's protocol."""
    random = np.random.default_rng(0)
    images = 10 * IMAGES

    def rows(each: int) -> np.ndarray[Any, np.dtype[np.float64]]:
        corners = random.uniform(0, 600, (images * each, 2))
        sides = random.uniform(8, 60, (images * each, 2))
        return np.column_stack([np.repeat(np.arange(images), each), corners, corners + sides])

    found, there = rows(DETECTIONS), rows(OBJECTS)
    found = np.column_stack([found, random.uniform(size=len(found)), random.integers(0, 10, len(found))])
    there = np.column_stack([there, random.integers(0, 10, len(there))])
    split = Collected(found, there, np.zeros(len(there), bool), np.arange(images))
    return round(min(timed(lambda: judge_by_paper(split)) for _ in range(TIMED_STEPS)) / images, 6)


def _kept_bytes(network: nn.Module, step: Callable[[], None]) -> int:
    """Return the bytes that the step keeps for its backward pass, each storage once, without weights."""
    weights = {parameter.untyped_storage().data_ptr() for parameter in network.parameters()}
    kept: dict[int, tuple[Tensor, int]] = {}  # with the tensor, so that no storage is freed and met again

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = (tensor, storage.nbytes())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        step()
    return sum(size for _, size in kept.values())


def _images_a_second(folder: Path, cache: str) -> float:
    reader = VisDroneReader(str(folder), str(folder / "cache"), splits="paper")
    data = DetectionData(reader, SIDE, BATCH, 100, num_workers=0, cache=cache)
    loader = data.train_dataloader()

    def epoch() -> None:
        for _ in loader:
            pass

    epoch()  # fills caches
    return IMAGES / min(timed(epoch) for _ in range(TIMED_EPOCHS))


def _write_visdrone(folder: Path, width: int, height: int) -> None:
    """Make a VisDrone2019-DET tree of generated photographs."""
    random = np.random.default_rng(0)
    for part, images in (("train", IMAGES), ("val", 2)):
        root = folder / "VisDrone" / f"VisDrone2019-DET-{part}"
        for name in ("images", "annotations"):
            (root / name).mkdir(parents=True)
        for number in range(images):
            _photograph(random, width, height).save(
                root / "images" / f"{number:07}.jpg", quality=JPEG_QUALITY
            )
            corners = random.integers(0, [width - 40, height - 40], (OBJECTS, 2))
            rows = "".join(f"{x},{y},30,30,1,4,0,0\n" for x, y in corners)
            (root / "annotations" / f"{number:07}.txt").write_text(rows, encoding="utf-8")


def _photograph(random: np.random.Generator, width: int, height: int) -> Image.Image:
    coarse = random.uniform(0, 255, (height // 16 + 1, width // 16 + 1, 3)).astype(np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    noisy = smooth + random.normal(0, GRAIN, smooth.shape)
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
