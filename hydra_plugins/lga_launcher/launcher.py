"""The class Hydra looks for, and its base: Hydra takes launchers from this namespace only."""

from abc import abstractmethod
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

if TYPE_CHECKING:  # plugins are imported whenever Hydra starts, and must cost nothing
    from lga.launch.sweep import Engine


class SweepLauncher(Launcher):  # type: ignore[misc]
    """Hands the jobs of a multirun to an engine of `lga.launch.sweep`."""

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Keep what Hydra hands over."""
        self.hydra_context = hydra_context
        self.config = config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> list[JobReturn]:
        """Run the jobs; a failed one is a failed return, never the end of the others."""
        from lga.launch.sweep import launch_sweep

        def compose(overrides: Sequence[str]) -> Any:
            return self.hydra_context.config_loader.load_sweep_config(self.config, list(overrides))

        Path(self.config.hydra.sweep.dir).mkdir(parents=True, exist_ok=True)  # where sweepers leave results
        return launch_sweep(compose, job_overrides, self.engine())

    @abstractmethod
    def engine(self) -> "Engine":
        """Return what runs the jobs."""


class ProcessLauncher(SweepLauncher):
    """Runs each job in its own process on this machine; see `lga.launch.local`.

    `jobs_per_device`: processes that share one GPU, or the processor; None for one a GPU, one a core.
    """

    def __init__(self, jobs_per_device: int | None = None) -> None:
        self.jobs_per_device = jobs_per_device

    def engine(self) -> "Engine":
        """Return processes of this machine."""
        from lga.launch.local import run_in_processes
        from lga.run.devices.device_sets import check_jobs_per_device

        check_jobs_per_device(self.jobs_per_device)  # before any job is composed
        return partial(run_in_processes, jobs_per_device=self.jobs_per_device)
