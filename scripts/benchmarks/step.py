"""Whole training steps here against those of another revision, one thread: data, network, optimizer, average.

The other revision is checked out beside this one and removed afterwards. Cells of both run through the real
trainer at the same time and take turns, an epoch each, so that a busy machine slows both alike. Medians over
the epochs but the first. Fashion-MNIST is read from LGA_DATA_DIR; random images of its format if it is not
there. Both revisions must know the settings.

    python scripts/benchmark.py step --against a3fd23a
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BASE = "a3fd23a"
EPOCHS = 5  # of 1,280 images; the first is not counted
ATTENTIONS = ("none", "mhsa", "se", "cbam", "lga")
SETTINGS = (
    "seed=1", "logger=csv", "trainer.accelerator=cpu", "trainer.threads=1", "trainer.num_workers=0",
    "trainer.progress=false", f"trainer.max_epochs={EPOCHS}", "trainer.limit_eval_batches=1",
    "recipe.schedule.warmup_epochs=0",  # as after it: gradients of 64 images a step of the optimizer
)  # fmt: skip
DIGITS, DIGITS_BATCHES = "dataset=digits", 18
FASHION = (
    "experiment=table1",
    "dataset=fashion_mnist",
    "data.train_share=0.022",
    "dataset.reader.verify=false",
)
EPOCH_IMAGES = 1280
FILES = {"train": 60_000, "t10k": 10_000}
DONE = "seconds of an epoch: "


def work(overrides: Sequence[str]) -> None:
    """Train the cell; wait for a line before each epoch, and print its seconds after it."""
    import pytorch_lightning as pl

    from lga.config.compose import compose
    from lga.config.frozen_run import freeze
    from lga.run.execute import execute

    class Turns(pl.Callback):
        def on_train_start(self, *_: Any) -> None:
            sys.stdin.readline()
            self.started = time.perf_counter()

        def on_validation_start(self, *_: Any) -> None:
            self.seconds = time.perf_counter() - self.started

        def on_train_epoch_end(self, *_: Any) -> None:
            print(DONE, self.seconds, flush=True)
            self.on_train_start()

    fit = pl.Trainer.fit

    def fit_in_turns(trainer: Any, *arguments: Any, **settings: Any) -> None:
        trainer.callbacks.append(Turns())  # the last one: after what writes checkpoints
        fit(trainer, *arguments, **settings)

    pl.Trainer.fit = fit_in_turns  # type: ignore[method-assign]
    execute(freeze(compose(overrides)))


class Worker:
    """A process that trains a cell with the `lga` of `tree`, its results in `folder`."""

    def __init__(self, tree: Path, folder: Path, overrides: Sequence[str]) -> None:
        self.tree, self.errors = tree, tempfile.TemporaryFile("w+")  # noqa: SIM115
        cache = f"{folder}/cache"
        paths = (f"paths.output_dir={folder}/outputs", f"paths.cache_dir={cache}")
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--work", *SETTINGS, *overrides, *paths],
            cwd=tree,
            env={
                **os.environ,
                "PYTHONPATH": str(tree),
                "OMP_NUM_THREADS": "1",
                "TORCHINDUCTOR_CACHE_DIR": cache,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )

    def epoch(self) -> float:
        """Seconds of the next epoch."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith(DONE):
                return float(line.removeprefix(DONE))
        self.errors.seek(0)
        sys.exit(f"error: {self.tree}: its training ended: {self.errors.read().strip()[-500:]}")

    def stop(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        self.process.communicate()
        self.errors.close()


def epoch_seconds(
    trees: Sequence[Path], folders: Sequence[Path], cells: Sequence[Sequence[str]]
) -> list[float]:
    """Median seconds of an epoch of each tree's cell."""
    with ExitStack() as stack:
        workers = []
        for tree, folder, cell in zip(trees, folders, cells, strict=True):
            workers.append(Worker(tree, folder, cell))
            stack.callback(workers[-1].stop)
        epochs = [[worker.epoch() for worker in workers] for _ in range(EPOCHS)]
    return [statistics.median(seconds) for seconds in zip(*epochs[1:], strict=True)]


class Comparison:
    """Prints a line for each thing compared: milliseconds of a step there and here, and their ratio."""

    def __init__(self, trees: Sequence[Path], folder: Path) -> None:
        self.trees, self.folder = trees, folder

    def folders(self, name: str) -> list[Path]:
        """Return a folder of each tree for what cells called `name` share."""
        return [self.folder / name / str(number) for number in range(len(self.trees))]

    def line(self, what: str, seconds: Sequence[float], steps: int) -> None:
        """Print one."""
        theirs, ours = (1e3 * value / steps for value in seconds)
        print(f"  {what:42} {theirs:8.1f} {ours:8.1f}  {theirs / ours:5.2f} times", flush=True)

    def fashion(self, data: Path, batch: int) -> None:
        """One cell of Table 1, and five of one seed, which may share what they make of their images."""
        steps, folders, totals = EPOCH_IMAGES // batch, self.folders(f"fashion-{batch}"), [0.0, 0.0]
        fixed = (*FASHION, f"paths.data_dir={data}", f"recipe.batch_size={batch}")
        for attention in ATTENTIONS:
            cell = (*fixed, f"trainer.limit_train_batches={steps}", f"attention={attention}")
            seconds = epoch_seconds(self.trees, folders, (cell, cell))
            totals = [total + each for total, each in zip(totals, seconds, strict=True)]
            if attention == ATTENTIONS[0]:
                self.line(f"table1, batch {batch}, one cell", seconds, steps)
        self.line(f"table1, batch {batch}, five cells of a seed", totals, steps * len(ATTENTIONS))

    def digits(self, compiled: bool) -> None:
        """One cell of the digits; `compiled` here and not there."""
        cell = (DIGITS, "attention=none", f"trainer.limit_train_batches={DIGITS_BATCHES}")
        ours = (*cell, "trainer.compile=true") if compiled else cell
        seconds = epoch_seconds(self.trees, self.folders(f"digits-{compiled}"), (cell, ours))
        self.line("digits, trainer.compile=true here" if compiled else "digits", seconds, DIGITS_BATCHES)


@contextmanager
def revision(name: str, folder: Path) -> Iterator[Path]:
    """Check `name` out into a new worktree; a name that git does not know ends the program."""
    tree = folder / "revision"
    git = ["git", "-C", str(ROOT), "worktree"]
    added = subprocess.run(
        [*git, "add", "--detach", tree, "--end-of-options", name], capture_output=True, text=True, check=False
    )
    if added.returncode:
        sys.exit(
            f"error: --against {name}: {added.stderr.strip().splitlines()[-1]}; name a commit of a clone"
        )
    try:
        yield tree
    finally:
        subprocess.run([*git, "remove", "--force", tree], check=True)


def fashion_mnist(folder: Path) -> Path:
    """Return the data folder that holds Fashion-MNIST, or `folder` with random images in its place."""
    found = Path(os.environ.get("LGA_DATA_DIR", "data")).resolve()
    names = {path.name.removesuffix(".gz") for path in (found / "FashionMNIST" / "raw").glob("*-ubyte*")}
    if len(names) == 2 * len(FILES):
        return found
    raw = folder / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for part, images in FILES.items():
        write_idx(raw / f"{part}-images-idx3-ubyte", os.urandom(images * 28 * 28), images, 28, 28)
        write_idx(raw / f"{part}-labels-idx1-ubyte", bytes(i % 10 for i in range(images)), images)
    print("random images: Fashion-MNIST is not in LGA_DATA_DIR")
    return folder


def write_idx(path: Path, values: bytes, *shape: int) -> None:
    """Write unsigned bytes in the IDX format."""
    header = bytes((0, 0, 8, len(shape))) + b"".join(size.to_bytes(4, "big") for size in shape)
    path.write_bytes(header + values)


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--against", default=BASE, metavar="REV", help="any commit (default: %(default)s)")
    parser.add_argument("--work", nargs="+", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        work(arguments.work)
        return
    with tempfile.TemporaryDirectory() as name, revision(arguments.against, Path(name)) as tree:
        sys.path.insert(0, str(ROOT))
        import torch

        from lga.run.machine.environment import environment

        print(f"{environment()['cpu']}, {torch.backends.cpu.get_cpu_capability()}, one thread; ms a step")
        comparison = Comparison((tree, ROOT), Path(name))
        data = fashion_mnist(Path(name) / "data")
        print(f"  {'':42} {arguments.against[:8]:>8} {'here':>8}", flush=True)
        for batch in (16, 64):
            comparison.fashion(data, batch)
        comparison.digits(compiled=False)
        if shutil.which(os.environ.get("CXX", "g++")):
            comparison.digits(compiled=True)


if __name__ == "__main__":
    main()
