"""Measures all attentions at all places: operations, then times in turns, then memory.

Training is forward and backward of random upstream gradients, those of the input included for an attention
alone. Inference is the forward pass in evaluation mode without gradients, constants folded."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from functools import cache

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from lga.run.complexity import count_parameters, paper_gflops
from lga.run.environment import environment
from lga.tables.attention_cost.memory import available_bytes, peak_bytes, predicted_bytes
from lga.tables.attention_cost.places import Place, detection_network
from lga.tables.attention_cost.report import Report, Row, Times
from lga.tables.attention_cost.rounds import interleaved

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
