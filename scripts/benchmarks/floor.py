"""What the collapsed block must do at least: operations, bytes and operator calls, and the time they take.

Operations are those of the algorithm of block.py, a multiply-add being two; backward repeats each with
a parameter twice and each with a constant matrix once. Bytes are those that no cache spares: a pass reads its
inputs and parameters and writes its outputs once; all between is counted as if it cost nothing. The products
cannot begin before the operator that runs them is called, so that time is added.

    floor = max(operations / rate of a matrix product, bytes / rate of a copy) + calls * time of an empty one

Axes as in collapse.py and spectral_correlation.py: n read channels, P and Q frequencies."""

from dataclasses import dataclass
from math import ceil

from lga.attention.local_global.collapse import SLOTS, first_read_group
from lga.attention.local_global.settings import GLOBAL_KERNEL, LOCAL_KERNELS, SCALES

FLOAT_BYTES = 4


@dataclass(frozen=True)
class Work:
    """Of one call; operator calls are counted by running it."""

    operations: int
    bytes: int


@dataclass(frozen=True)
class Rates:
    """Of this machine at this size: operations and bytes a second, seconds of an empty operator call."""

    operations: float
    bytes: float
    call: float

    def floor_seconds(self, work: Work, calls: int) -> float:
        """Return the least time of ``work`` in ``calls`` operators."""
        return max(work.operations / self.operations, work.bytes / self.bytes) + calls * self.call


def inference_work(batch: int, channels: int, heads: int, height: int, width: int, parameters: int) -> Work:
    """One forward pass with folded constants."""
    with_weights, with_constants = _forward(batch, channels, heads, height, width)
    maps = 2 * batch * channels * height * width
    return Work(with_weights + with_constants, FLOAT_BYTES * (maps + parameters))


def training_work(batch: int, channels: int, heads: int, height: int, width: int, parameters: int) -> Work:
    """Folding, forward and backward: x and the upstream gradient in, the output and both gradients out."""
    with_weights, with_constants = _forward(batch, channels, heads, height, width)
    fold_weights, fold_constants = _fold(channels, heads, height, width)
    operations = 3 * (with_weights + fold_weights) + 2 * (with_constants + fold_constants)
    maps = 5 * batch * channels * height * width  # x twice, output, upstream, gradient of x
    return Work(operations, FLOAT_BYTES * (maps + 3 * parameters))


def _forward(B: int, C: int, G: int, H: int, W: int) -> tuple[int, int]:
    """Multiply-adds twice: with parameters, and with the constant matrices of the transforms."""
    R, d = G - first_read_group(G), C // G
    n, S = R * d, SLOTS
    N, (P, Q) = H * W, _frequencies(H, W)
    scaled = sum(ceil(H / 2**i) * ceil(W / 2**i) for i in range(SCALES))
    gates = N * C * (1 + SCALES) + SCALES * N * n
    scales = scaled * (9 * C + C * n)
    products = P * Q * R * 2 * d * 2 * S
    joined = N * C * (C + G)
    to_spectrum = H * 2 * Q * W * n + 2 * P * 2 * H * Q * n
    back = 2 * H * 2 * P * Q * R * S + H * W * 2 * Q * R * S
    return 2 * B * (gates + scales + products + joined), 2 * B * (to_spectrum + back)


def _fold(C: int, G: int, H: int, W: int) -> tuple[int, int]:
    """Return the same of the joint kernels and their spectra."""
    n, K, (P, Q) = (G - first_read_group(G)) * (C // G), GLOBAL_KERNEL, _frequencies(H, W)
    kernels = n * SLOTS * (1 + len(LOCAL_KERNELS)) * K * K
    spectrum = (K * 2 * Q * K + 2 * P * 2 * K * Q) * n * SLOTS
    return 2 * kernels, 2 * spectrum


def _frequencies(H: int, W: int) -> tuple[int, int]:
    P, period = (max(side + GLOBAL_KERNEL // 2, GLOBAL_KERNEL) | 1 for side in (H, W))
    return P, period // 2 + 1
