"""A sweep of small models: one at a time with all cores, one a core, and packed by measured memory.

The same four cells of the digits, two networks with two seeds each, each time from the command line into a
folder that is removed. Wall time holds all that a sweep costs: its start and, where jobs are packed, the dry
step of each network.

    python scripts/benchmarks/packing.py
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
EPOCHS = 6
CELLS = ("dataset=digits", "attention=none,lga", "seed=1,2", f"trainer.max_epochs={EPOCHS}", "logger=csv")
COUNT = 4
# What is compared, with its `hydra.launcher.jobs_per_device`; the others are held against the first.
WAYS = {"one at a time": "1", "one a core": "null", "packed": "auto"}


def sweep(jobs_per_device: str) -> tuple[float, list[str]]:
    """Seconds of the sweep, and the lines that tell what was measured."""
    with tempfile.TemporaryDirectory() as folder:
        settings = [f"paths.output_dir={folder}", f"hydra.launcher.jobs_per_device={jobs_per_device}"]
        command = [sys.executable, "run.py", "-m", *CELLS, "trainer.accelerator=cpu", *settings]
        started = time.perf_counter()
        finished = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
        seconds = time.perf_counter() - started
    return seconds, [line for line in finished.stdout.splitlines() if " a job; " in line]


def main() -> None:
    """Prints a line for each way."""
    print(f"{COUNT} cells of the digits, {EPOCHS} epochs each, on the processor")
    base = None
    for name, setting in WAYS.items():
        seconds, measured = sweep(setting)
        base = base or seconds
        rate = f"{60 * COUNT / seconds:5.1f} cells a minute, {base / seconds:.2f} times the first"
        print(f"  {name:13}  {seconds:5.1f} s  {rate}  (jobs_per_device={setting})", flush=True)
        for line in measured:
            print(f"    {line}")


if __name__ == "__main__":
    main()
