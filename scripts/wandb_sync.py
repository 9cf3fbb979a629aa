"""Uploads the runs that W&B logged offline below a folder, each once; exit status 1 if one failed."""

import argparse
import sys
from pathlib import Path

from lga.system.errors import in_one_line
from lga.system.files import outputs
from scripts.wandb_views import require_account
from scripts.wandb_views.upload import upload_offline_runs


@in_one_line
def main() -> int:
    """Read the command line, upload, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=Path, default=outputs(), help="folder searched for offline-run-*")
    parser.add_argument("--timeout", type=float, default=600, help="seconds that one run may take")
    arguments = parser.parse_args()
    try:
        require_account()
        count = upload_offline_runs(arguments.runs, arguments.timeout)
    except KeyboardInterrupt:
        print("interrupted; the same command goes on", file=sys.stderr)
        return 130
    print(count)
    return 1 if count.failed else 0


if __name__ == "__main__":
    sys.exit(main())
