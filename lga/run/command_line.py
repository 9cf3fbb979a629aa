"""The command line: Hydra composes, `execute` runs; a user's mistake is one line and exit status 1."""

import os
import sys

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from lga.config.compose import CONFIG_DIR, CONFIG_ERRORS, explain
from lga.config.frozen_run import freeze
from lga.config.schema import register_schema
from lga.system.errors import UserError


@hydra.main(version_base="1.3", config_path=str(CONFIG_DIR), config_name="config")  # type: ignore[untyped-decorator]
def run_one(cfg: DictConfig) -> float | None:
    """Run the composed cell; Hydra's basic and joblib launchers call it too."""
    from lga.run.execute import execute

    try:
        return execute(freeze(cfg, tuple(HydraConfig.get().overrides.task)))
    except (UserError, *CONFIG_ERRORS) as error:
        if HydraConfig.get().mode == RunMode.MULTIRUN:
            raise
        sys.exit(f"error: {_line_of(error)}")  # here, since Hydra would print lines of its own on the way out


def main() -> None:
    """Entry of `python run.py`: as `run_one`, with every user error in one line."""
    register_schema()
    wants_traceback = "HYDRA_FULL_ERROR" in os.environ
    os.environ["HYDRA_FULL_ERROR"] = "1"  # else Hydra prints errors itself and they never reach us
    try:
        run_one()
    except (UserError, *CONFIG_ERRORS) as error:
        if wants_traceback:
            raise
        sys.exit(f"error: {_line_of(error)}")
    except KeyboardInterrupt:
        sys.exit("stopped; the same command continues from the last checkpoint")


def _line_of(error: Exception) -> str:
    return str(error if isinstance(error, UserError) else UserError(explain(error, sys.argv[1:])))
