"""The class Hydra looks for; the work is in `lga.launch.slurm.watch`."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from hydra_plugins.lga_launcher.launcher import SweepLauncher

if TYPE_CHECKING:  # plugins are imported whenever Hydra starts, and must cost nothing
    from lga.launch.sweep import Engine


class SlurmLauncher(SweepLauncher):
    """Runs each job of a multirun as a job of SLURM; `conf/hydra/launcher/slurm.yaml` lists the settings."""

    def __init__(
        self,
        partition: str | None,
        account: str | None,
        qos: str | None,
        time: int,
        gpus_per_node: int | None,
        cpus_per_task: int,
        mem: str | None,
        array_parallelism: int,
        signal_delay_s: int,
        max_num_timeout: int,
        setup: Sequence[str],
        additional_parameters: Mapping[str, Any],
    ) -> None:
        self.settings: dict[str, Any] = {
            "partition": partition,
            "account": account,
            "qos": qos,
            "time": time,
            "gpus_per_node": gpus_per_node,
            "cpus_per_task": cpus_per_task,
            "mem": mem,
            "array_parallelism": array_parallelism,
            "signal_delay_s": signal_delay_s,
            "max_num_timeout": max_num_timeout,
            "setup": list(setup),
            "additional_parameters": dict(additional_parameters),
        }

    def engine(self) -> "Engine":
        """Jobs of SLURM, submitted through submitit."""
        from lga.system.errors import require_extra

        require_extra("slurm", "hydra/launcher=slurm", "submitit")
        from lga.launch.slurm.submission import SlurmSettings
        from lga.launch.slurm.watch import run_on_slurm

        return partial(run_on_slurm, settings=SlurmSettings.of(self.settings))
