"""Runs every benchmark of `scripts/benchmarks`, or those named, one after the other.

Options are the benchmark's own, as in `python scripts/benchmark.py step --against a3fd23a`.
"""

import argparse
import platform
import runpy
import sys
from pathlib import Path

import torch

FOLDER = Path(__file__).parent / "benchmarks"


def main() -> None:
    """Read the names and run the benchmarks."""
    names = sorted(path.stem for path in FOLDER.glob("*.py"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*names, []], help="default: all")
    arguments, options = parser.parse_known_args()
    chosen = arguments.names or names
    print(f"{platform.machine()}, torch {torch.__version__}, {torch.get_num_threads()} threads\n")
    for name in chosen:
        print(f"== {name}", flush=True)
        sys.argv = [str(FOLDER / f"{name}.py"), *options]
        runpy.run_path(sys.argv[0], run_name="__main__")
        print()


if __name__ == "__main__":
    main()
