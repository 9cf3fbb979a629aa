"""The training step that `scripts/benchmarks/gpu.py` times, plain and ours; how it is timed and counted."""

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

from lga.attention import LocalGlobalAttention, NoAttention
from lga.attention.local_global.literal import LiteralLocalGlobalAttention
from lga.backbones import MobileNetV3, ResNet18, YOLOv8
from lga.detection.yolov8 import assigner, loss
from lga.detection.yolov8.detector import Detector
from lga.structures import DetectionBatch
from lga.tasks.moving_average import MovingAverage

NETWORKS = {"YOLOv8n": (YOLOv8, 16), "ResNet18": (ResNet18, 8), "MobileNetV3": (MobileNetV3, 6)}  # heads
CLASSES, CLIP, DECAY = 10, 10.0, 0.9999
LAUNCHES = (
    "cudaLaunchKernel",
    "cudaLaunchKernelExC",
    "cuLaunchKernel",
    "cuLaunchKernelEx",
    "cudaGraphLaunch",
)
WAITS = ("cudaStreamSynchronize", "cudaDeviceSynchronize", "cudaEventSynchronize", "cudaMemcpy")
READS = ("aten::_local_scalar_dense", "aten::nonzero")
Work = Callable[[], object]


@dataclass(frozen=True)
class Setup:
    """Where and at what size: of a whole step, and of the block alone."""

    device: torch.device
    networks: tuple[str, ...] = ("YOLOv8n", "ResNet18", "MobileNetV3")
    image: int = 640
    batch: int = 16
    boxes: int = 20  # on an image
    blocks: tuple[tuple[int, int, int], ...] = tuple(
        (channels, batch, side) for channels in (128, 24, 256) for side in (20, 40) for batch in (16, 64)
    )
    seconds: float = 1.0  # that a thing is timed for
    rounds: int = 5
    compiler: str = "inductor"
    compiled: tuple[tuple[str, str], ...] = (("graphs", "lga"), ("graphs", "none"), ("compiled", "lga"))

    def time(self, work: Work) -> float:
        """Return the seconds of one call, the median of rounds of calls that fill the time."""
        self._run(work, self.rounds)  # to warm up
        once = self._run(work, 1)
        calls = max(int(self.seconds / self.rounds / once), 1)
        return statistics.median(self._run(work, calls) for _ in range(self.rounds)) / calls

    def _run(self, work: Work, calls: int) -> float:
        self.wait()
        started = time.perf_counter()
        for _ in range(calls):
            work()
        self.wait()
        return time.perf_counter() - started

    def wait(self) -> None:
        """Wait for the GPU."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def detection_batch(setup: Setup) -> DetectionBatch:
    """Return random images and boxes, where a loader leaves them: on the host, page-locked for a GPU."""
    random = np.random.default_rng(0)
    count = setup.batch * setup.boxes
    corners = random.uniform(0, 0.7 * setup.image, (count, 2))
    boxes = np.concatenate([corners, corners + random.uniform(8, 0.3 * setup.image, (count, 2))], 1)
    batch = DetectionBatch(
        images=torch.from_numpy(
            random.integers(0, 256, (setup.batch, 3, setup.image, setup.image), np.uint8)
        ),
        boxes=torch.from_numpy(boxes.astype(np.float32)),
        labels=torch.from_numpy(random.integers(0, CLASSES, count)),
        image_index=torch.arange(setup.batch).repeat_interleave(setup.boxes),
        ignore=torch.zeros(count, dtype=torch.bool),
        most=setup.boxes,
    )
    return batch.pin_memory() if setup.device.type == "cuda" else batch


class Step:
    """A training step of a detector: the batch's copy, loss, gradients, optimizer and moving average."""

    def __init__(
        self, setup: Setup, network: str, attention: str, form: str, precision: str = "tf32"
    ) -> None:
        backbone, heads = NETWORKS[network]
        block = LiteralLocalGlobalAttention if form == "plain" else LocalGlobalAttention
        make = NoAttention if attention == "none" else lambda channels: block(channels, heads)
        self.device, self.plain, self.bf16 = setup.device, form == "plain", precision == "bf16"
        self.network = Detector(backbone(make), CLASSES).to(setup.device)
        if not self.plain:
            self.network.to(memory_format=torch.channels_last)
        self.average = MovingAverage(self.network, DECAY, 2000)
        if form in ("compiled", "graphs"):
            kind = {"mode": "reduce-overhead"} if form == "graphs" and setup.compiler == "inductor" else {}
            self.network.compile(backend=setup.compiler, **kind)
        self.parameters = [p for p in self.network.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(self.parameters, lr=1e-5, fused=True)
        self.batch = detection_batch(setup)
        self.read = 0.0

    def __call__(self) -> None:
        """Take one."""
        batch = self.batch.to(self.device).with_unit_images()
        with torch.autocast(self.device.type, torch.bfloat16) if self.bf16 else nullcontext():
            total = self.network.loss(batch).divided()["total"]
        total.backward()
        norm = nn.utils.get_total_norm([p.grad for p in self.parameters if p.grad is not None], foreach=True)
        nn.utils.clip_grads_with_norm_(self.parameters, CLIP, norm, foreach=True)
        self.optimizer.step()
        self.optimizer.zero_grad()
        if not self.plain:
            self.average.update(self.network)
            return
        now = self.network.state_dict()
        with torch.no_grad():
            for name, value in self.average.module.state_dict().items():
                if value.is_floating_point():
                    value.lerp_(now[name], 1 - DECAY)
        self.read = float(total.detach())


@contextmanager
def candidates_alone(wanted: bool) -> Iterator[None]:
    """Look at candidates alone, found by reading back, as on a processor."""
    before = assigner.reads_nothing
    if wanted:
        assigner.reads_nothing = loss.reads_nothing = lambda *_: False
    yield
    assigner.reads_nothing = loss.reads_nothing = before


def counted(work: Work) -> str:
    """Return launches, waits and reads of one call; on a processor its operators and reads."""
    on_gpu = torch.cuda.is_available()
    kinds = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_gpu else [])]
    with profile(activities=kinds) as seen:
        work()
    names = [event.name() for event in seen.profiler.kineto_results.events()]  # the public list takes seconds
    reads = sum(name in READS for name in names)
    if not on_gpu:
        return f"{sum(name.startswith('aten::') for name in names):,} operators, {reads} reads"
    launches, waits = (sum(name in kind for name in names) for kind in (LAUNCHES, WAITS))
    return f"{launches:,} launches, {waits} waits, {reads} reads"
