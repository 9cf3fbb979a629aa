"""Says what a sweep of an experiment would do: cells, what is left, time, disk, data. Nothing is trained.

Times come from finished runs here, else from a few steps of each network, which are measured once and kept.
"""

import argparse
import sys

from lga.results.experiments import chosen_pages
from lga.results.plan.sweep_options import SCALES, SweepOptions, seeds_at_looks
from lga.system.errors import in_one_line


@in_one_line
def main() -> int:
    """Read the command line and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("experiment", help="an experiment, a page of several, or all of the paper's")
    parser.add_argument("--seeds", default="3", help="how many, from 1; auto: the most that it may run")
    parser.add_argument("--scale", default="full", help=", ".join(SCALES))
    parser.add_argument("--no-measuring", action="store_true", help="leave unknown times unknown")
    parser.add_argument("overrides", nargs="*", help="as of run.py, such as paths.data_dir=/data")
    arguments = parser.parse_intermixed_args()
    options = SweepOptions(
        seeds_at_looks(arguments.seeds)[-1], arguments.scale, overrides=tuple(arguments.overrides)
    )
    measuring = not arguments.no_measuring
    pages = chosen_pages(arguments.experiment)
    from lga.results.plan.plan import plan_sweeps
    from lga.results.plan.plan_view import show_plan  # torch, which a mistake need not wait for

    for page, experiments in pages.items():
        name = experiments[0].name if len(experiments) == 1 else page.name
        show_plan(plan_sweeps(name, experiments, options, measuring))
    return 0


if __name__ == "__main__":
    sys.exit(main())
