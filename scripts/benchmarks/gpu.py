"""Time this project on a GPU, once it agrees with float64 on the processor; what matters most comes first.

Prints as it goes and stops when its time is up. Needs torch and numpy alone. The plain eager step, for
comparison, has the same network, precision, batch, loader and fused optimizer, but the literal block, maps
that are not channels last, overlaps of candidates alone, a moving average updated tensor by tensor, and a
loss that is read at each step.

    python scripts/benchmark.py gpu [--minutes 8] [--dry]
"""

import argparse
import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from torch import Tensor, nn

sys.path.insert(0, str(Path(__file__).parents[2]))

from lga.attention import LocalGlobalAttention
from lga.attention.local_global.literal import LiteralLocalGlobalAttention
from lga.data.classification.augmentation import make_augmentation
from lga.data.loading.batch_order import BatchKey
from lga.detection.yolov8 import assigner, loss
from scripts.benchmarks.gpu_step import CLASSES, Setup, Step, candidates_alone, counted, detection_batch

HEADS = {24: 6, 128: 8, 256: 16}
AGREEMENT = 1e-4  # of the largest value, without TF32
GOAL, MOST_OVER_NONE = 2.0, 1.05


class Clock:
    """The time that is left; names what there is no time for."""

    def __init__(self, minutes: float) -> None:
        self.end = time.monotonic() + 60 * minutes

    def has(self, seconds: float, what: str) -> bool:
        """Return whether there is time for it."""
        left = self.end - time.monotonic()
        if left < seconds:
            say(f"  {what}: left out, {max(left, 0):.0f} s are left")
        return left >= seconds


def say(line: str) -> None:
    """Print at once."""
    print(line, flush=True)


@contextmanager
def tf32(on: bool) -> Iterator[None]:
    """Let float32 products be TF32, as `trainer=gpu` does, or not."""
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = on
    yield
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


def failed(error: Exception) -> str:
    """Return what failed, in one line."""
    return f"failed: {type(error).__name__}: {(str(error).splitlines() or [''])[0]}"


def off(ours: Tensor, theirs: Tensor) -> float:
    """Return the largest difference in parts of the largest value."""
    return float((ours.detach().cpu().double() - theirs).abs().max() / theirs.abs().max())


def block_errors(setup: Setup, channels: int) -> tuple[float, float]:
    """Return the errors of output and input gradient, held against the literal block in float64."""
    torch.manual_seed(0)
    literal = LiteralLocalGlobalAttention(channels, HEADS[channels]).double()
    ours = LocalGlobalAttention(channels, HEADS[channels])
    ours.load_state_dict(literal.state_dict())
    side = min(each for _, _, each in setup.blocks)
    x = torch.randn(2, channels, side, side, dtype=torch.float64)
    upstream = torch.randn_like(x)
    results = []
    for block, at in ((literal, x), (ours.to(setup.device), x.to(setup.device, torch.float32))):
        given = at.clone().requires_grad_()
        block(given).backward(upstream.to(at))
        results.append((block(given), given.grad))
    (y, dy), (our_y, our_dy) = results
    return off(our_y, y.detach()), off(our_dy, dy)


def loss_error(setup: Setup) -> float:
    """Return the error of the loss and its gradients, held against float64 on the processor."""
    batch = detection_batch(replace(setup, batch=2, image=64, boxes=5))
    sides, generator = (8, 4, 2), torch.Generator().manual_seed(1)
    levels = [torch.randn(2, 64 + CLASSES, s, s, generator=generator, dtype=torch.float64) for s in sides]
    found = []
    for device, dtype in ((torch.device("cpu"), torch.float64), (setup.device, torch.float32)):
        given = [level.detach().to(device, dtype).requires_grad_() for level in levels]
        bins = torch.arange(16.0, device=device, dtype=dtype)
        total = loss.detection_loss(given, assigner.pad_targets(batch.to(device)), bins).divided()["total"]
        total.backward()
        found.append([total, *(level.grad for level in given)])
    return max(off(ours, theirs.detach()) for theirs, ours in zip(*found, strict=True))


def check(setup: Setup) -> None:
    """Print the errors; end the program where one is too large."""
    say(f"== off from float64 on the processor, of the largest value (asked: {AGREEMENT:.0e} without TF32)")
    channels = sorted({channels for channels, _, _ in setup.blocks})
    with tf32(False):
        errors = {f"block C={each}": max(block_errors(setup, each)) for each in channels}
        errors["detector's loss"] = loss_error(setup)
    with tf32(True):
        with_tf32 = {f"block C={each}": max(block_errors(setup, each)) for each in channels}
    for name, error in errors.items():
        beside = f", with TF32 {with_tf32[name]:.1e}" if name in with_tf32 else ""
        say(f"  {name:18} {error:.1e}{beside}")
    if wrong := [name for name, error in errors.items() if not error <= AGREEMENT]:
        sys.exit(f"error: {', '.join(wrong)}: not what the processor computes, so nothing was timed")


def time_step(setup: Setup, network: str, attention: str, form: str, precision: str = "tf32") -> float | None:
    """Print a line on a whole step; return its images a second, or None if it failed."""
    gc.collect()
    try:
        with candidates_alone(form == "plain"):
            if setup.device.type == "cuda":
                torch.cuda.reset_peak_memory_stats(setup.device)
            step = Step(setup, network, attention, form, precision)
            rate = setup.batch / setup.time(step)
            peak = torch.cuda.max_memory_allocated(setup.device) if setup.device.type == "cuda" else 0
            counts = counted(step)
    except Exception as error:  # a compiler's failure, or memory: the others are timed all the same
        say(f"  {network:12} {attention:5} {form:9} {failed(error)}")
        return None
    say(f"  {network:12} {attention:5} {form:9} {rate:8,.1f} images/s   {counts}, {peak / 1e9:.2f} GB")
    return rate


def time_steps(setup: Setup, clock: Clock) -> None:
    """Time plain steps and ours: what ours gain, and what the attention costs."""
    say(f"== whole training step, {setup.image} pixels, batch {setup.batch}, TF32")
    for network in setup.networks:
        rates = {}
        for attention in ("lga", "none"):
            for form in ("plain", "ours"):
                if clock.has(10 * setup.seconds, f"{network} {attention} {form}"):
                    rates[attention, form] = time_step(setup, network, attention, form)
        plain, ours, none = (rates.get(key) for key in (("lga", "plain"), ("lga", "ours"), ("none", "ours")))
        if plain and ours and none:
            say(
                f"  {network}: lga is {ours / plain:.2f} times as fast as plain (asked: {GOAL}) "
                f"and takes {none / ours:.2f} times what none takes (asked: {MOST_OVER_NONE})"
            )
    say("  the precision that was not chosen, bfloat16 by autocast:")
    if clock.has(10 * setup.seconds, "bfloat16"):
        time_step(setup, setup.networks[0], "lga", "ours", "bf16")


def time_compiled_steps(setup: Setup, clock: Clock) -> None:
    """Time steps of compiled networks, with CUDA graphs and without; each takes a minute to compile."""
    say("== the same, compiled")
    for network in setup.networks:
        for form, attention in setup.compiled:
            if clock.has(80 * setup.seconds, f"{network} {attention} {form}"):
                time_step(setup, network, attention, form)


def time_blocks(setup: Setup, clock: Clock) -> None:
    """Time the block alone: literal, collapsed, and compiled at C = 128."""
    say("== the block alone, ms: training (forward and backward), inference")
    compiled_at = 128 if any(channels == 128 for channels, _, _ in setup.blocks) else setup.blocks[0][0]
    for channels, batch, side in setup.blocks:
        name = f"C={channels}, batch {batch}, {side} x {side}"
        forms: dict[str, type[nn.Module]] = {
            "literal": LiteralLocalGlobalAttention,
            "collapsed": LocalGlobalAttention,
        }
        if channels == compiled_at:
            forms["compiled"] = LocalGlobalAttention
        times = []
        for form, kind in forms.items():
            if not clock.has((30 if form == "compiled" else 4) * setup.seconds, f"{name}, {form}"):
                continue
            block = kind(channels, HEADS[channels]).to(setup.device)
            if form == "compiled":
                block.compile(backend=setup.compiler)
            x = torch.randn(batch, channels, side, side, device=setup.device)
            x = x.to(memory_format=torch.channels_last).requires_grad_()
            times.append(f"{form} {time_block(setup, block, x)}")
        say(f"  {name:28} {'; '.join(times)}")


def time_block(setup: Setup, block: nn.Module, x: Tensor) -> str:
    """Return milliseconds of training and inference, or how they failed."""
    upstream = torch.randn_like(x)

    def train() -> None:
        x.grad = None
        block.zero_grad()
        block(x).backward(upstream)

    def infer() -> None:
        with torch.no_grad():
            block(x)

    try:
        training = setup.time(train)
        block.eval()
        return f"{1e3 * training:.2f}, {1e3 * setup.time(infer):.2f}"
    except Exception as error:
        return failed(error)


def time_loaders(setup: Setup, clock: Clock) -> None:
    """Time loaders alone: images lie on the device, and are augmented or drawn there."""
    say("== loaders alone")
    count = 60_000 if setup.device.type == "cuda" else 256
    images = torch.randint(0, 256, (count, 1, 28, 28), dtype=torch.uint8, device=setup.device)
    for name in ("affine", "paper"):
        try:
            augmentation = make_augmentation(name, 32, seed=0)
        except ModuleNotFoundError as error:
            say(f"  {name}: left out, {error}")
            continue
        if not clock.has(8 * setup.seconds, name):
            continue
        together = min(max(augmentation.images_at_once, 16), count)
        key = BatchKey(0, 0, np.arange(together))
        rows = torch.arange(together, device=setup.device)
        prepared = augmentation.prepare(images)
        rate = together / setup.time(lambda: augmentation(prepared[rows], key))  # noqa: B023, called here
        say(f"  28 x 28 pixels, {name:7} {rate:10,.0f} images/s, {together:,} at once")
    try:
        from lga.data.detection.device_images import DeviceImages
    except ModuleNotFoundError as error:
        say(f"  mosaic: left out, {error}")
        return
    stored = np.random.default_rng(0).integers(0, 256, (64, 3 * setup.image // 4, setup.image, 3), np.uint8)
    drawing = DeviceImages(SimpleNamespace(pixels=stored), setup.image, setup.device.type)
    batch = replace(detection_batch(setup), plan=mosaics(setup, len(stored))).to(setup.device)
    rate = setup.batch / setup.time(lambda: drawing.draw(batch))
    say(f"  {setup.image} pixels, mosaic {rate:10,.0f} images/s, {setup.batch} at once")


def mosaics(setup: Setup, images: int) -> Tensor:
    """Return a plan of batches (B, 4, 13): four images around the middle, larger than they are stored."""
    side, half = setup.image, setup.image // 2
    plan = torch.zeros(setup.batch, 4, 13, dtype=torch.float64)
    for place in range(4):
        x, y = half * (place % 2), half * (place // 2)
        numbers = (side + 40, side, x - 100, y - 100, x, y, x + half, y + half, 1.01, 1.5, 0.7, 0)
        plan[:, place, 1:] = torch.tensor(numbers, dtype=torch.float64)
    plan[..., 0] = torch.arange(4 * setup.batch).view(-1, 4) % images
    return plan


def main() -> None:
    """Read the command line and print everything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=8, help="that it may take (default: %(default)s)")
    parser.add_argument("--dry", action="store_true", help="all of it on the processor, at toy sizes")
    arguments = parser.parse_args()
    if arguments.dry:
        setup = Setup(
            device=torch.device("cpu"),
            networks=("ResNet18",),
            image=64,
            batch=2,
            boxes=3,
            blocks=((24, 2, 6),),
            seconds=0.0,
            rounds=1,
            compiler="eager",
            compiled=(("graphs", "lga"),),
        )
    elif torch.cuda.is_available():
        setup = Setup(torch.device("cuda"))
        torch.backends.cudnn.benchmark = True
    else:
        say("left out: PyTorch finds no GPU here; --dry runs it on the processor at toy sizes")
        return
    clock = Clock(arguments.minutes)
    where = torch.cuda.get_device_name() if setup.device.type == "cuda" else "processor, toy sizes"
    say(f"{where}, torch {torch.__version__}, CUDA {torch.version.cuda}")
    check(setup)
    with tf32(True):
        for part in (time_steps, time_loaders, time_blocks, time_compiled_steps):
            part(setup, clock)


if __name__ == "__main__":
    main()
