"""`python -m lga` and the command `lga` are `python run.py`, and `lga runs` looks after what it left."""

import sys


def main() -> None:
    """Run the command line: a cell, a sweep, or `runs list|diff|rm|export`."""
    if sys.argv[1:2] == ["runs"]:
        from lga.library.runs import main as runs

        sys.exit(runs(sys.argv[2:]))
    from lga.run.command_line import main as run

    run()


if __name__ == "__main__":
    main()
