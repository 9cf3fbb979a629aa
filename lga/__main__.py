"""`python -m lga` and the command `lga` are `python run.py`, and `lga runs` looks after what it left."""

import os
import sys


def main() -> None:
    """Run the command line: a cell, a sweep, `runs list|diff|rm|export`, or `keys [section]`."""
    try:
        if sys.argv[1:2] == ["runs"]:
            from lga.library.runs import main as runs

            sys.exit(runs(sys.argv[2:]))
        from lga.run.command_line import main as run

        run()
        sys.stdout.flush()
    except BrokenPipeError:  # of `| head`, which has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
