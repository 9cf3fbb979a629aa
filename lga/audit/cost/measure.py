"""Measures all attentions at all places: operations, then times in turns, then memory.

Training is forward and backward of random upstream gradients, those of the input included for an attention
alone. Inference is the forward pass in evaluation mode without gradients, constants folded.

Peak memory of one call, in bytes of tensors that it adds to those that were there.

On a processor the allocations and frees that PyTorch's profiler sees are added up in the order of time; on a
GPU the caching allocator's own count is read.

Timing in turns: every candidate once a round, in an order shuffled anew, so that a busy machine slows all.

Each timed call follows one of the same candidate that warms up the processor's caches.
"""

import random
import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

from lga.audit.cost.places import Place, detection_network
from lga.audit.cost.report import Report, Row, Times
from lga.run.machine.complexity import count_parameters, paper_gflops
from lga.run.machine.environment import environment
from lga.system.resources import available_memory

Clock = Callable[[], float]


@dataclass(frozen=True)
class Spread:
    """Milliseconds of the calls: quartiles."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, seconds: list[float]) -> "Spread":
        """The quartiles of at least two times."""
        return cls(*(1e3 * value for value in statistics.quantiles(seconds, n=4, method="inclusive")))


def interleaved(
    calls: Mapping[str, Callable[[], object]],
    rounds: int,
    *,
    seed: int = 0,
    clock: Clock = time.perf_counter,
    finish: Callable[[], object] = lambda: None,
) -> dict[str, Spread]:
    """Times of each call; ``finish`` waits for a device to be done."""
    order, draws = list(calls), random.Random(seed)
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        draws.shuffle(order)
        for name in order:
            seconds[name].append(_timed(calls[name], clock, finish))
    return {name: Spread.of(times) for name, times in seconds.items()}


def _timed(call: Callable[[], object], clock: Clock, finish: Callable[[], object]) -> float:
    call()
    finish()
    started = clock()
    call()
    finish()
    return clock() - started


def peak_bytes(call: Callable[[], object], device: torch.device) -> int:
    """The peak of ``call``, which has been called before."""
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
    """The largest sum of the first changes, at least 0."""
    return max(accumulate(changes, initial=0))


def predicted_bytes(peaks: list[int]) -> int:
    """The next peak of a row whose sides double, if it grows as it did last; 0 without two of them."""
    return peaks[-1] ** 2 // max(peaks[-2], 1) if len(peaks) > 1 else 0


def available_bytes(device: torch.device) -> int:
    """Memory that is free on the device."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return available_memory()


HARDWARE = ("cpu", "cores", "threads", "accelerator", "cuda", "python", "torch")
NO_ROOM = "does not fit the memory"
Peaks = dict[tuple[str, str], list[int]]  # of training, by backbone and attention, as the sides grow


def measure(
    places: Sequence[Place],
    attentions: Sequence[str],
    rounds: int,
    device: torch.device,
    tell: Callable[[str], object] = lambda line: None,
) -> Report:
    """The report of ``attentions`` at ``places``, whose sides double from one to the next of a backbone."""
    peaks: Peaks = {}
    rows: list[Row] = []
    for number, place in enumerate(places, 1):
        what = f"{place.channels} channels alone" if place.alone else place.network
        tell(f"{number}/{len(places)} {what}, {place.side} x {place.side}")
        rows += _measure_place(place, attentions, rounds, device, peaks)
    hardware = {name: value for name, value in environment().items() if name in HARDWARE}
    return Report(hardware=hardware, device=device.type, rounds=rounds, rows=tuple(rows))


def _measure_place(
    place: Place, attentions: Sequence[str], rounds: int, device: torch.device, peaks: Peaks
) -> list[Row]:
    fitting = [name for name in attentions if _fits(place, name, device, peaks)]
    modules = {name: place.module(name).to(device) for name in fitting}
    inputs = place.inputs().to(device).requires_grad_(place.alone)
    times: dict[str, list[Times]] = {name: [] for name in fitting}
    for training in (False, True):
        calls = {name: _call(module, inputs, training) for name, module in modules.items()}
        with torch.set_grad_enabled(training):
            calls = {name: call for name, call in calls.items() if _first_call_fits(call)}
            for name, spread in interleaved(calls, rounds, finish=lambda: _finish(device)).items():
                peak = peak_bytes(calls[name], device)
                times[name].append(Times(**asdict(spread), peak_bytes=peak))
                if training and place.alone:
                    peaks.setdefault((place.backbone, name), []).append(peak)
    return [_row(place, name, times.get(name, [])) for name in attentions]


def _call(module: nn.Module, inputs: Tensor, training: bool) -> Callable[[], object]:
    """One step of ``module`` in its mode; modules of one round are all in the same."""
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


def _fits(place: Place, attention: str, device: torch.device, peaks: Peaks) -> bool:
    """False where it would not fit if it went on to grow as it did; a crash would end all."""
    return not place.alone or predicted_bytes(peaks.get((place.backbone, attention), [])) < available_bytes(
        device
    )


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


def _row(place: Place, attention: str, times: list[Times]) -> Row:
    inference, training = [*times, None, None][:2]
    return Row(
        network=place.network,
        alone=place.alone,
        channels=place.channels,
        side=place.side,
        batch=place.batch,
        attention=attention,
        parameters=count_parameters(place.module(attention)),
        gflops_paper=_paper_gflops(place, attention),
        gflops=_gflops(place, attention) if training else None,
        inference=inference,
        training=training,
        reason=None if training else NO_ROOM,
    )


def _paper_gflops(place: Place, attention: str) -> float:
    """The network's; of an attention alone what it adds to the network without any."""
    counted = _network_gflops(place.backbone, attention)
    return counted - _network_gflops(place.backbone, "none") if place.alone else counted


@cache
def _network_gflops(backbone: str, attention: str) -> float:
    return paper_gflops(detection_network(backbone, attention))


def _gflops(place: Place, attention: str) -> float:
    """Operations of one image or map that are run in evaluation, after what is folded once."""
    module = place.module(attention).eval()
    parameter = next(module.parameters(), None)
    inputs = place.inputs(batch=1).to("cpu" if parameter is None else parameter.device)
    with torch.no_grad():
        module(inputs)
        with FlopCounterMode(display=False) as counter:
            module(inputs)
    return float(counter.get_total_flops()) / 1e9
