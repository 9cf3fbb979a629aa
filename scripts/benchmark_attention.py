"""Times all attentions by one harness: inside each detection network, and alone on maps of 10 to 80 pixels.

A quarter of an hour on two cores; `--quick` measures less. Prints a table and writes it as JSON, from which
the page of `make dashboard` plots accuracy against latency.
"""

import argparse
import os
import sys
from pathlib import Path

# Read once, at torch's import: the profiler logs each start, and of memory that it did not see allocated.
os.environ.setdefault("KINETO_LOG_LEVEL", "99")
os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")

import torch
from rich.console import Console
from rich.markdown import Markdown

from lga.run.machine.environment import keep_freed_memory
from lga.system.errors import UserError, in_one_line
from lga.system.files import write_text
from scripts.costs.attention import ATTENTIONS, BACKBONES, Case, measure
from scripts.costs.attention_report import KEPT, MEASURED, markdown, write_report

SIDES, QUICK_SIDES = (10, 20, 40, 80), (10, 20)
IMAGE_SIZE, QUICK_IMAGE_SIZE = 320, 160
BATCH, ROUNDS, QUICK_ROUNDS = 4, 5, 2


@in_one_line
def main() -> int:
    """Read the command line, measure, print and write."""
    arguments = _parser().parse_args()
    torch.set_num_threads(arguments.threads)
    keep_freed_memory()
    console, progress = Console(width=None if sys.stdout.isatty() else 200), Console(stderr=True)
    device = _device(arguments.device)
    rounds = QUICK_ROUNDS if arguments.quick else ROUNDS
    report = measure(cases(arguments.quick), ATTENTIONS, rounds, device, progress.print)
    console.print(Markdown(markdown(report)))
    write_report(report, KEPT if arguments.keep else arguments.out)
    if arguments.keep:
        write_text(KEPT.with_name("README.md"), markdown(report))
    print(KEPT if arguments.keep else arguments.out)
    return 0


def cases(quick: bool) -> list[Case]:
    """All cases, the sides of each backbone's maps growing."""
    image, sides = (QUICK_IMAGE_SIZE, QUICK_SIDES) if quick else (IMAGE_SIZE, SIDES)
    inside = [Case(backbone, image, BATCH, alone=False) for backbone in BACKBONES]
    return inside + [Case(backbone, side, BATCH, alone=True) for backbone in BACKBONES for side in sides]


def _device(name: str) -> torch.device:
    if name == "cuda" and not torch.cuda.is_available():
        raise UserError("--device cuda: PyTorch finds no GPU here; use --device cpu")
    return torch.device(name)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small maps and images, two rounds")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--threads", type=int, default=2, help="threads of the processor, default 2")
    parser.add_argument("--out", type=Path, default=MEASURED, help=f"default {MEASURED}")
    parser.add_argument("--keep", action="store_true", help=f"write {KEPT} and its README instead")
    return parser


if __name__ == "__main__":
    sys.exit(main())
