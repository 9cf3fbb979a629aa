"""Tells what a sweep of a table would do: cells, cached, left, time, disk, missing data. Nothing is trained.

Times come from finished runs here, else from a few steps of each network, which are measured once and kept.
"""

import argparse
import sys

from lga.results.experiments import chosen_experiments
from lga.results.plan.plan_view import show_plan
from lga.results.plan.planning import plan_experiment, plan_sweeps
from lga.results.plan.sweep_options import SCALES, SweepOptions
from lga.results.studies.studies import chosen_studies
from lga.system.errors import UserError


def main() -> int:
    """Reads the command line and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", help="table1 to table5, figure1, all, or a study")
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 1")
    parser.add_argument("--scale", default="full", help=", ".join(SCALES))
    parser.add_argument("--no-measuring", action="store_true", help="leave unknown times unknown")
    parser.add_argument("overrides", nargs="*", help="as of run.py, such as paths.data_dir=/data")
    arguments = parser.parse_intermixed_args()
    try:
        options = SweepOptions(arguments.seeds, arguments.scale, overrides=tuple(arguments.overrides))
        measuring = not arguments.no_measuring
        if chosen := chosen_studies(arguments.table):
            names = [study.name for study in chosen.studies]
            show_plan(plan_sweeps(arguments.table, names, options, measuring))
            return 0
        for experiment in chosen_experiments(arguments.table):
            show_plan(plan_experiment(experiment, options, measuring))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
