"""The class Hydra looks for; Hydra 1.3 takes launchers from this namespace only, the work is in `lga.run`."""

from collections.abc import Sequence
from typing import Any

from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class ProcessLauncher(Launcher):  # type: ignore[misc]
    """Runs each job of a multirun in its own process; see `lga.run.sweep`.

    `jobs_per_device`: processes that share one GPU, or the processor; None for one a GPU, one a core.
    """

    def __init__(self, jobs_per_device: int | None = None) -> None:
        self.jobs_per_device = jobs_per_device

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Keeps what Hydra hands over."""
        self.hydra_context = hydra_context
        self.config = config

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> list[JobReturn]:
        """Runs the jobs; a failed one is a failed return, never the end of the others."""
        from lga.run.sweep import launch_sweep

        def compose(overrides: Sequence[str]) -> Any:
            return self.hydra_context.config_loader.load_sweep_config(self.config, list(overrides))

        return launch_sweep(compose, job_overrides, self.jobs_per_device)
