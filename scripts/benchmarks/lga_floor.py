"""The floor of Local-Global Attention beside its measured time and the literal released form's.

Two floors. ``floor``: the operations, bytes and operator calls that the collapsed block needs, at the rates
of this machine: a matrix product of the size of the output convolution, a copy of the input, and an operator
on one element. ``in place``: the time inside PyTorch's operators while the block runs, with the caches as the
step leaves them, without what runs between the operators: what is left if all else costs nothing. Beside
both, the block as ``torch.compile`` makes it. The same sizes as lga_block.py.

    python scripts/benchmarks/lga_floor.py [rounds]
"""

import shutil
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode

sys.path.insert(0, str(Path(__file__).parents[2]))

from lga.attention import LocalGlobalAttention
from lga.attention.local_global.literal import LiteralLocalGlobalAttention
from scripts.benchmarks.floor import Rates, inference_work, training_work
from scripts.costs.attention import interleaved

COMPILER = any(shutil.which(name) for name in ("c++", "g++", "clang++"))  # torch.compile needs one on the CPU
SIZES = ((24, 6), (128, 8), (256, 16))  # channels, heads
BATCH, SIDE, THREADS, ROUNDS = 16, 20, 2, 21


class Operators(TorchDispatchMode):
    """Counts the operators that run, views included, and times those that are not views."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0
        self.seconds = 0.0

    def __torch_dispatch__(
        self, operator: OpOverload[..., Any], types: object, args: Any = (), kwargs: Any = None
    ) -> object:
        """Run it."""
        started = time.perf_counter()
        result = operator(*args, **(kwargs or {}))
        self.seconds += 0.0 if operator.is_view else time.perf_counter() - started
        self.calls += 1
        return result


def operators_of(call: Callable[[], object], rounds: int) -> tuple[int, float]:
    """How many operators one call runs, and the median of the seconds in them."""
    runs = []
    for _ in range(rounds):
        with Operators() as run:
            call()
        runs.append(run)
    return runs[0].calls, statistics.median(run.seconds for run in runs)


def least_seconds(call: Callable[[], object], repeats: int) -> float:
    """Return the fastest of ``repeats`` calls: peaks are not lowered by a busy machine."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return min(times)


def rates(x: Tensor) -> Rates:
    """Of this machine, for maps like x (B, C, H, W)."""
    B, C, H, W = x.shape
    weight, rows, one = torch.randn(B, C, C), x.detach().flatten(2), torch.zeros(1)
    target = torch.empty_like(x)
    product = least_seconds(lambda: torch.bmm(weight, rows), 200)
    copied = least_seconds(lambda: target.copy_(x), 200)
    calls = least_seconds(lambda: [one.view(1) for _ in range(1000)], 20) / 1000
    return Rates(2 * B * C * C * H * W / product, 2 * x.nbytes / copied, calls)


def step(block: nn.Module, x: Tensor, upstream: Tensor, training: bool) -> None:
    """One forward pass, in training with its backward."""
    block.zero_grad()
    x.grad = None
    y = block(x)
    if training:
        y.backward(upstream)


def compare(channels: int, heads: int, rounds: int) -> None:
    """Print the two lines of one width."""
    torch.manual_seed(0)
    literal, block = LiteralLocalGlobalAttention(channels, heads), LocalGlobalAttention(channels, heads)
    block.load_state_dict(literal.state_dict())
    x = torch.randn(BATCH, channels, SIDE, SIDE, requires_grad=True)
    upstream, here = torch.randn_like(x), rates(x)
    parameters = sum(parameter.numel() for parameter in block.parameters())
    for training in (True, False):
        work = (training_work if training else inference_work)(BATCH, channels, heads, SIDE, SIDE, parameters)
        forms: dict[str, nn.Module] = {"literal": literal.train(training), "block": block.train(training)}
        if COMPILER:
            forms["compiled"] = cast("nn.Module", torch.compile(block))
        with torch.set_grad_enabled(training):
            calls = {n: partial(step, m, x, upstream, training) for n, m in forms.items()}
            times = {name: spread.median for name, spread in interleaved(calls, rounds).items()}
            number, in_place = operators_of(calls["block"], rounds)
        compiled = f"{times['compiled']:.2f}" if COMPILER else "-"
        floor = 1e3 * here.floor_seconds(work, number)
        print(
            f"{channels:4d}  {'training' if training else 'inference':9}  {work.operations / 1e9:6.3f}  "
            f"{work.bytes / 1e6:6.1f}  {number:5d}  {here.operations / 1e9:7.0f}  {here.bytes / 1e9:5.1f}  "
            f"{here.call * 1e6:7.2f}  {floor:7.2f}  {1e3 * in_place:8.2f}  {compiled:>8}  "
            f"{times['block']:7.2f}  {times['literal']:7.2f}",
            flush=True,
        )


def main() -> None:
    """Print the table."""
    torch.set_num_threads(THREADS)
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print("Rates: a matrix product, a copy, an operator on one element. From the floor on: milliseconds.")
    print(
        "   C  mode        GFLOP      MB  calls  GFLOP/s   GB/s  us/call    floor  in place  compiled"
        "    block  literal"
    )
    for channels, heads in SIZES:
        compare(channels, heads, rounds)


if __name__ == "__main__":
    main()
