"""Compose and freeze the runs that an experiment's sweep would start, without starting any.

Hydra's own sweeper expands the grid, so these are the runs of ``python run.py -m experiment=<name>``. Each
cell is composed once, for all its seeds, a grid once in a process, and each config file is read once.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

import hydra
from hydra._internal.config_repository import ConfigRepository
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.plugins.config_source import ConfigResult
from omegaconf import DictConfig

from lga.config.compose import CONFIG_ERRORS, config_dirs, explain, initialised
from lga.config.frozen_run import NOT_READ, FilesSay, FrozenRun, freeze
from lga.system.errors import UserError

_KEPT: dict[tuple[tuple[Path, ...], str], ConfigResult | None] = {}
Compose = Callable[[Sequence[str]], DictConfig]
_SEED = "seed="
_KEPT_GRIDS = 64


def read_each_once() -> None:
    """Make the Hydra that is initialised keep what it reads; a file that is changed later is not seen."""
    loader = GlobalHydra.instance().config_loader()
    loader.repository = _KeptFiles(loader.repository)


class _KeptFiles(ConfigRepository):  # type: ignore[misc]
    """A repository that reads a file once and hands out copies, since composing changes what it is given."""

    def __init__(self, read: ConfigRepository) -> None:
        self.__dict__.update(read.__dict__)
        self._read = read

    def __deepcopy__(self, memo: dict[int, Any]) -> "_KeptFiles":
        """Itself: Hydra copies its repository before each composing."""
        return self

    def load_config(self, config_path: str) -> ConfigResult | None:
        """Return the config at a path, None where there is none."""
        key = config_dirs(), config_path
        if key not in _KEPT:
            _KEPT[key] = self._read.load_config(config_path)
        return deepcopy(_KEPT[key])


def experiment_files() -> dict[str, Path]:
    """Return the file of each name that ``experiment=`` takes; the first of one name is taken."""
    found = [path for folder in config_dirs() for path in sorted((folder / "experiment").glob("[!_]*.yaml"))]
    return {path.stem: path for path in reversed(found)}


def experiment_runs(experiment: str, overrides: Sequence[str] = ()) -> tuple[FrozenRun, ...]:
    """Return the runs of ``-m experiment=<experiment> <overrides>``, in the order they would start in.

    Where files of the user's cannot be read, they say `NOT_READ`: such a run can be planned, not run.

    Raises:
        UserError: there is no such experiment, or an override does not fit.
    """
    folders = tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith("LGA_")))
    runs = _grid(experiment, tuple(overrides), folders)
    if any(run.config["dataset"]["class_names"] == NOT_READ.class_names for run in runs):
        _grid.cache_clear()  # the files may come
    return runs


@lru_cache(_KEPT_GRIDS)
def _grid(
    experiment: str, overrides: tuple[str, ...], environment: tuple[tuple[str, str], ...]
) -> tuple[FrozenRun, ...]:
    """Of an environment that config files ask for folders."""
    chosen = f"experiment={experiment}"
    try:
        with _composing() as compose:
            jobs = _expanded(compose([chosen, "hydra.mode=MULTIRUN"]), overrides)
            return tuple(_composed(compose, chosen, jobs))
    except CONFIG_ERRORS as error:
        raise UserError(explain(error, [chosen, *overrides])) from error


@contextmanager
def _composing() -> Iterator[Compose]:
    """Return a `compose` that reads each file once, usable within a Hydra application."""
    with initialised():
        read_each_once()
        yield lambda overrides: hydra.compose("config", overrides=list(overrides), return_hydra_config=True)


def _expanded(cfg: DictConfig, overrides: Sequence[str]) -> list[list[str]]:
    """Return the overrides of each job; of a key that is given twice the later value, as in a command."""
    params = cfg.hydra.sweeper.params or {}
    grid = [f"{key}={value}" for key, value in params.items()]
    parsed = OverridesParser.create().parse_overrides([*grid, *overrides])
    (jobs,) = BasicSweeper.split_arguments(parsed, max_batch_size=None)
    return [list(job) for job in jobs]


def _composed(compose: Compose, chosen: str, jobs: Sequence[Sequence[str]]) -> Iterator[FrozenRun]:
    """Return the jobs' runs; no other value of a config depends on its seed, which is put in afterwards."""
    kept: dict[tuple[str, ...], FrozenRun] = {}
    known = dict[str, FilesSay]()
    for job in jobs:
        others = tuple(override for override in job if not override.startswith(_SEED))
        if others not in kept:
            kept[others] = freeze(compose([chosen, *others]), known=known, files_needed=False)
        seeds = [int(override.removeprefix(_SEED)) for override in job if override.startswith(_SEED)]
        config = kept[others].config
        yield FrozenRun({**config, "seed": seeds[-1] if seeds else config["seed"]}, (chosen, *job))
