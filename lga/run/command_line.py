"""The command line: Hydra composes, `execute` runs; a user's mistake is one line and exit status 1.

A stop by Ctrl-C or SIGTERM has the status that shells and schedulers expect, 130 or 143.
"""

import os
import signal
import sys
from typing import Any

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig

from lga.config.compose import CONFIG_DIR, CONFIG_ERRORS, explain
from lga.config.frozen_run import freeze
from lga.config.reference import help_text, print_keys
from lga.config.schema import register_schema
from lga.run.machine.failures import SIGNALLED
from lga.system.errors import UserError

STOPPED = "stopped; the same command continues from the last checkpoint"


class Terminated(KeyboardInterrupt):
    """A stop by SIGTERM."""


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
    signal.signal(signal.SIGTERM, _terminated)
    try:
        if sys.argv[1:2] == ["keys"]:
            print_keys(sys.argv[2:])
            return
        arguments = _as_overrides(sys.argv[1:])
        options = get_args_parser().parse_intermixed_args(arguments)
        for override in options.overrides:  # Hydra wants them side by side
            arguments.remove(override)
        sys.argv[1:] = [*arguments, *options.overrides]
        if options.help:
            print(help_text(options.config_dir))
            return
        run_one()
    except (UserError, *CONFIG_ERRORS) as error:
        if wants_traceback:
            raise
        sys.exit(f"error: {_line_of(error)}")
    except Exception as error:
        if wants_traceback or not _is_composings(error):
            raise
        sys.exit(f"error: {_line_of(error)}")
    except KeyboardInterrupt as stop:
        print(stop if stop.args else STOPPED if _trains(sys.argv) else "stopped", file=sys.stderr)
        sys.exit(SIGNALLED + (signal.SIGTERM if isinstance(stop, Terminated) else signal.SIGINT))


def _trains(arguments: list[str]) -> bool:
    return not any(each.startswith("mode=") and each != "mode=train" for each in arguments)


def _terminated(signum: int, frame: Any) -> None:
    raise Terminated


def _as_overrides(arguments: list[str]) -> list[str]:
    """Return the arguments for Hydra: of options it takes its own alone, by their whole names."""
    known = get_args_parser()._option_string_actions
    for argument in arguments:
        name, _, value = argument.partition("=")
        if name.startswith("--") and name not in {*known, "--json"}:
            raise UserError(
                f"{argument}: no such option; settings are written without dashes, "
                f"{name.lstrip('-')}={value or '<value>'}; python run.py --help lists them"
            )
    return ["mode.json=true" if argument == "--json" else argument for argument in arguments]


def _is_composings(error: Exception) -> bool:
    """Return whether Hydra or OmegaConf raised an error that is none of theirs, as of some overrides."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    module = str(trace.tb_frame.f_globals.get("__name__")) if trace else ""
    return module.partition(".")[0] in ("hydra", "omegaconf")


def _line_of(error: Exception) -> str:
    return str(error if isinstance(error, UserError) else UserError(explain(error, sys.argv[1:])))
