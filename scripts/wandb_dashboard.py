"""Makes or updates the paper's tables on W&B: a workspace view for each table, and one report.

They compare the runs that were logged online or uploaded since (scripts/wandb_sync.py). With --dry-run
everything is built and printed as JSON, which needs no account.
"""

import argparse
import sys
from pathlib import Path

from lga.system.errors import in_one_line
from lga.system.files import outputs
from scripts.wandb_views import require_account, require_library

SCALES = ("full", "reduced", "smoke")
NO_ENTITY = "<entity>"


@in_one_line
def main() -> int:
    """Read the command line; build, save or print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", choices=SCALES, default="full", help="trainer.scale of the runs compared")
    parser.add_argument("--entity", help="user or team on W&B; the account's own if left out")
    parser.add_argument("--project", help="the project of conf/logger/_run.yaml if left out")
    parser.add_argument(
        "--addresses",
        type=Path,
        default=outputs("wandb_dashboard.json"),
        help="file that keeps where the views were saved",
    )
    parser.add_argument("--dry-run", action="store_true", help="print what would be saved, as JSON")
    arguments = parser.parse_args()
    require_library()
    _run(arguments)
    return 0


def _run(arguments: argparse.Namespace) -> None:
    from lga.results.experiments import judged_experiments
    from scripts.wandb_views.publish import Publisher, as_json, default_entity
    from scripts.wandb_views.views import Place, build_dashboard

    project = arguments.project or _logged_project()
    if arguments.dry_run:
        place = Place(arguments.entity or NO_ENTITY, project, arguments.scale)
        print(as_json(build_dashboard(judged_experiments(), place)))
        return
    require_account()
    publisher = Publisher(arguments.addresses)
    place = Place(arguments.entity or default_entity(), project, arguments.scale)
    addresses = publisher.publish(build_dashboard(judged_experiments(), place))
    print(f"{len(addresses) - 1} views and a report ({addresses[-1]}); all addresses: {arguments.addresses}")


def _logged_project() -> str:
    """Return the project that runs are logged to."""
    from omegaconf import OmegaConf

    from lga.config.compose import CONFIG_DIR

    return str(OmegaConf.load(CONFIG_DIR / "logger" / "_run.yaml").project)


if __name__ == "__main__":
    sys.exit(main())
