"""Runs all cells of an experiment whose data is here, and renders it; stopped, the same command goes on.

With --seeds auto, results are looked at after 3, 5 and 10 seeds, or those that the experiment's file plans as
`looks`; a network whose gains are all decided runs no further.

Exit status: 0 if every cell that could run did, 1 if one failed or nothing could run, 130 if interrupted.
"""

import argparse
import sys

from lga.library.reproduction import INTERRUPTED, reproduce
from lga.results.plan.sweep_options import SCALES
from lga.system.errors import in_one_line


@in_one_line
def main() -> int:
    """Read the command line; plan, run and render one page after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", help="an experiment, a page of several, or all of the paper's")
    parser.add_argument("--seeds", default="3", help="how many, from 1, or auto: until every gain is decided")
    parser.add_argument("--scale", default="full", help=", ".join(SCALES))
    parser.add_argument("--jobs", type=int, help="that run at once on a device")
    parser.add_argument("--launcher", default="lga", help="option of hydra/launcher, such as slurm")
    parser.add_argument("--measure", action="store_true", help="time networks of unknown speed for the plan")
    parser.add_argument("overrides", nargs="*", help="as of run.py, such as paths.data_dir=/data")
    chosen = parser.parse_intermixed_args()
    try:
        return reproduce(**vars(chosen)).status
    except KeyboardInterrupt:
        print("stopped before the sweep", file=sys.stderr)
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
