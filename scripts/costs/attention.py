"""Measure what attentions cost inside each detection network, and alone on the channels that they have there.

The networks are built from the shipped configuration, so heads and kernel sizes are the project's own. The
slots of MobileNetV3, ResNet18 and YOLOv8n have 24, 128 and 256 channels.

Training is forward and backward of random upstream gradients, those of the input included for an attention
alone. Inference is the forward pass in evaluation mode without gradients, constants folded.

Times are taken in turns: every candidate once a round, in an order shuffled anew, so that a busy machine
slows all. Each timed call follows one of the same candidate that warms up the processor's caches.

Peak memory is of one call, in bytes of tensors that it adds to those that were there: on a processor by the
allocations that PyTorch's profiler sees, added up in the order of time, on a GPU by the caching allocator.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import cast

import torch
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from lga.attention import LocalGlobalAttention
from lga.attention.local_global.literal import LiteralLocalGlobalAttention
from lga.run.build import build_model
from lga.run.machine.complexity import count_parameters, paper_gflops
from lga.run.machine.environment import environment
from lga.system.resources import available_memory
from scripts.costs.attention_report import Report, Row, Spread, Times

LITERAL = "literal"
ATTENTIONS = (
    *("none", "se", "cbam", "eca", "mhsa", "shuffle"),
    *("lga", "lga_local", "lga_global", "lga_as_written", LITERAL),
)
BACKBONES = {"mobilenetv3": 24, "resnet18": 128, "yolov8": 256}  # channels of the slot
NAMES = {"yolov8": "yolov8n"}  # of backbones that runs are recorded under another name of
DETECTOR = "yolov8"
SLOT = "backbone.attention"
Clock = Callable[[], float]
HARDWARE = ("cpu", "cores", "threads", "accelerator", "cuda", "python", "torch")
NO_ROOM = "does not fit the memory"
Peaks = dict[tuple[str, str], list[int]]  # of training, by backbone and attention, as the sides grow


@dataclass(frozen=True)
class Case:
    """A network on images of ``side`` pixels, or its slot ``alone`` on maps of ``side`` x ``side``."""

    backbone: str
    side: int
    batch: int
    alone: bool

    @property
    def network(self) -> str:
        """The network's name as runs have it."""
        return f"{NAMES.get(self.backbone, self.backbone)} + {DETECTOR}"

    @property
    def channels(self) -> int:
        """Channels of the attention."""
        return BACKBONES[self.backbone]

    def module(self, attention: str) -> nn.Module:
        """Return what is timed; built once and shared by all cases of the backbone."""
        network = detection_network(self.backbone, attention)
        return network.get_submodule(SLOT) if self.alone else network

    def inputs(self, batch: int | None = None) -> Tensor:
        """Map (B, C, side, side) or images (B, 3, side, side), drawn from a fixed seed."""
        channels = self.channels if self.alone else 3
        generator = torch.Generator().manual_seed(0)
        return torch.rand(batch or self.batch, channels, self.side, self.side, generator=generator)


@cache
def detection_network(backbone: str, attention: str) -> nn.Module:
    """Return a detection network of ten classes with an attention; the literal block stands in for `lga`."""
    chosen = "lga" if attention == LITERAL else attention
    network = build_model(
        ["dataset=digit_scenes", f"backbone={backbone}", f"attention={chosen}", "dataset.image_size=640"]
    )
    if attention == LITERAL:
        block = cast(LocalGlobalAttention, network.get_submodule(SLOT))
        literal = LiteralLocalGlobalAttention(block.channels, block.heads)
        literal.load_state_dict(block.state_dict())
        network.set_submodule(SLOT, literal)
    return network


def interleaved(
    calls: Mapping[str, Callable[[], object]],
    rounds: int,
    *,
    clock: Clock = time.perf_counter,
    finish: Callable[[], object] = lambda: None,
) -> dict[str, Spread]:
    """Time of each call; ``finish`` waits for a device to be done."""
    order, draws = list(calls), random.Random(0)
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        draws.shuffle(order)
        for name in order:
            seconds[name].append(_timed(calls[name], clock, finish))
    quartiles = {
        name: statistics.quantiles(times, n=4, method="inclusive") for name, times in seconds.items()
    }
    return {
        name: Spread(low=1e3 * low, median=1e3 * median, high=1e3 * high)
        for name, (low, median, high) in quartiles.items()
    }


def _timed(call: Callable[[], object], clock: Clock, finish: Callable[[], object]) -> float:
    call()
    finish()
    started = clock()
    call()
    finish()
    return clock() - started


def peak_bytes(call: Callable[[], object], device: torch.device) -> int:
    """Return the peak of ``call``, which has been called before."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        torch.cuda.reset_peak_memory_stats(device)
        before = torch.cuda.memory_allocated(device)
        call()
        torch.cuda.synchronize(device)
        return int(torch.cuda.max_memory_allocated(device) - before)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        call()
    # The profiler's own averages add all allocations up; the order is in its raw events alone.
    results = seen.profiler.kineto_results
    events = [event for event in results.events() if event.name() == "[memory]"]
    return highest(event.nbytes() for event in sorted(events, key=lambda event: int(event.start_ns())))


def highest(changes: Iterable[int]) -> int:
    """Return the largest sum of the first changes, at least 0."""
    return max(accumulate(changes, initial=0))


def predicted_bytes(peaks: list[int]) -> int:
    """Return the next peak of a row whose sides double, if it grows as it did last; 0 without two of them."""
    return peaks[-1] ** 2 // max(peaks[-2], 1) if len(peaks) > 1 else 0


def available_bytes(device: torch.device) -> int:
    """Memory that is free on the device."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return available_memory()


def measure(
    cases: Sequence[Case],
    attentions: Sequence[str],
    rounds: int,
    device: torch.device,
    tell: Callable[[str], object] = lambda line: None,
) -> Report:
    """Measure ``attentions`` in ``cases``, whose sides double from one to the next of a backbone."""
    peaks: Peaks = {}
    rows: list[Row] = []
    for number, case in enumerate(cases, 1):
        what = f"{case.channels} channels alone" if case.alone else case.network
        tell(f"{number}/{len(cases)} {what}, {case.side} x {case.side}")
        rows += _measure_place(case, attentions, rounds, device, peaks)
    hardware = {name: value for name, value in environment().items() if name in HARDWARE}
    return Report(hardware=hardware, device=device.type, rounds=rounds, rows=tuple(rows))


def _measure_place(
    case: Case, attentions: Sequence[str], rounds: int, device: torch.device, peaks: Peaks
) -> list[Row]:
    fitting = list(attentions)
    if (
        case.alone
    ):  # one that would not fit if it went on to grow as it did is left out: a crash would end all
        expected = {name: predicted_bytes(peaks.get((case.backbone, name), [])) for name in attentions}
        fitting = [name for name in attentions if expected[name] < available_bytes(device)]
    modules = {name: case.module(name).to(device) for name in fitting}
    inputs = case.inputs().to(device).requires_grad_(case.alone)
    times: dict[str, list[Times]] = {name: [] for name in fitting}
    for training in (False, True):
        calls = {name: _call(module, inputs, training) for name, module in modules.items()}
        with torch.set_grad_enabled(training):
            calls = {name: call for name, call in calls.items() if _first_call_fits(call)}
            for name, spread in interleaved(calls, rounds, finish=lambda: _finish(device)).items():
                peak = peak_bytes(calls[name], device)
                times[name].append(Times(**spread.model_dump(), peak_bytes=peak))
                if training and case.alone:
                    peaks.setdefault((case.backbone, name), []).append(peak)
    return [_row(case, name, times.get(name, [])) for name in attentions]


def _call(module: nn.Module, inputs: Tensor, training: bool) -> Callable[[], object]:
    """Return one step of ``module`` in its mode; modules of one round are all in the same."""
    module.train(training)
    if not training:
        return lambda: module(inputs)

    def step() -> None:
        module.zero_grad()
        inputs.grad = None
        outputs = module(inputs)
        maps: Iterable[Tensor] = [outputs] if isinstance(outputs, Tensor) else outputs
        reached = [output for output in maps if output.requires_grad]
        torch.autograd.backward(reached, [torch.ones_like(output) for output in reached])

    return step


def _first_call_fits(call: Callable[[], object]) -> bool:
    try:
        call()
    except (torch.OutOfMemoryError, RuntimeError) as error:
        if isinstance(error, torch.OutOfMemoryError) or "allocate memory" in str(error):
            return False
        raise
    return True


def _finish(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def _row(case: Case, attention: str, times: list[Times]) -> Row:
    inference, training = [*times, None, None][:2]
    gflops = _network_gflops(case.backbone, attention)
    return Row(
        network=case.network,
        alone=case.alone,
        channels=case.channels,
        side=case.side,
        batch=case.batch,
        attention=attention,
        parameters=count_parameters(case.module(attention)),
        gflops_paper=gflops if not case.alone else gflops - _network_gflops(case.backbone, "none"),
        gflops=_gflops(case, attention) if training else None,
        inference=inference,
        training=training,
        reason=None if training else NO_ROOM,
    )


@cache
def _network_gflops(backbone: str, attention: str) -> float:
    return paper_gflops(detection_network(backbone, attention))


def _gflops(case: Case, attention: str) -> float:
    """Return operations of one image or map that are run in evaluation, after what is folded once."""
    module = case.module(attention).eval()
    parameter = next(module.parameters(), None)
    inputs = case.inputs(batch=1).to("cpu" if parameter is None else parameter.device)
    with torch.no_grad():
        module(inputs)
        with FlopCounterMode(display=False) as counter:
            module(inputs)
    return float(counter.get_total_flops()) / 1e9
