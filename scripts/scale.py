"""Writes experiments/scale.md, what the tables take at full scale on GPUs; --measure measures again first."""

import argparse
import sys

from lga.system.errors import in_one_line
from lga.system.files import write_text
from scripts.costs.estimate import network_configs, read_measurements, table_runs, write_measurements
from scripts.costs.scale_page import PAGE, SEEDS, scale_page


@in_one_line
def main() -> int:
    """Read the command line and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", action="store_true", help="networks, loading and judging, minutes")
    if parser.parse_args().measure:
        from scripts.costs.measuring import measure_all

        write_measurements(measure_all(network_configs()))
    write_text(PAGE, scale_page(table_runs(SEEDS), read_measurements()))
    print(f"written: {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
