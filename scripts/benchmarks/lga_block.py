"""Times Local-Global Attention against the literal released form, interleaved, on two CPU threads.

For each width: forward + backward in training mode, and inference (evaluation mode without gradients), in
float32, batch 16, 20x20 maps. Prints the medians in milliseconds, their ratio, and the largest difference of
the outputs in parts of the largest output.

    python scripts/benchmarks/lga_block.py [repeats]
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[2]))

from lga.attention import LocalGlobalAttention
from lga.attention.local_global.literal import LiteralLocalGlobalAttention

WIDTHS = ((24, 6), (128, 8), (256, 16))
BATCH, SIDE, THREADS, WARM_UP = 16, 20, 2, 3


def train_step(block: nn.Module, x: Tensor, upstream: Tensor) -> None:
    """One forward and backward pass, gradients of the input included."""
    block.zero_grad()
    x.grad = None
    block(x).backward(upstream)


def milliseconds(function: Callable[[], object]) -> float:
    """Wall time of one call, after one that fills the caches anew."""
    function()
    start = time.perf_counter()
    function()
    return (time.perf_counter() - start) * 1e3


def interleaved(functions: list[Callable[[], object]], repeats: int) -> list[float]:
    """Median wall time of each function, called in turns so that a busy machine slows all alike."""
    times = [[milliseconds(function) for function in functions] for _ in range(repeats + WARM_UP)][WARM_UP:]
    return [statistics.median(column) for column in zip(*times, strict=True)]


def compare(channels: int, heads: int, repeats: int) -> None:
    """Print the two lines of one width."""
    torch.manual_seed(0)
    literal = LiteralLocalGlobalAttention(channels, heads)
    block = LocalGlobalAttention(channels, heads)
    block.load_state_dict(literal.state_dict())
    x = torch.randn(BATCH, channels, SIDE, SIDE, requires_grad=True)
    upstream = torch.randn_like(x)
    for mode in ("forward + backward", "inference"):
        training = mode != "inference"
        literal.train(training)
        block.train(training)
        with torch.set_grad_enabled(training):
            expected = literal(x)
            error = ((block(x) - expected).abs().max() / expected.abs().max()).item()
            steps: list[Callable[[], object]] = [
                (lambda m=m: train_step(m, x, upstream)) if training else (lambda m=m: m(x))
                for m in (literal, block)
            ]
            slow, fast = interleaved(steps, repeats)
        print(
            f"{channels:4d}  {mode:18s}  {slow:8.2f}  {fast:8.2f}  {slow / fast:5.1f}x  {error:.0e}",
            flush=True,
        )


def main() -> None:
    """Print the table."""
    torch.set_num_threads(THREADS)
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 21
    print("   C  mode                 literal     block  faster  difference")
    for channels, heads in WIDTHS:
        compare(channels, heads, repeats)


if __name__ == "__main__":
    main()
