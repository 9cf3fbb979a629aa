"""What is asked of SLURM for each job of a sweep: submitit's parameters, which become options of `sbatch`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lga.system.errors import UserError


@dataclass(frozen=True)
class SlurmSettings:
    """Resources and limits of a sweep's jobs; `conf/hydra/launcher/slurm.yaml` tells what each one means.

    Raises UserError for a value that cannot be.
    """

    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    time: int = 1440
    gpus_per_node: int | None = None
    cpus_per_task: int = 4
    mem: str | None = None
    array_parallelism: int = 256
    signal_delay_s: int = 90
    max_num_timeout: int = 100
    setup: Sequence[str] = ()
    additional_parameters: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        at_least = {
            "time": 1,
            "cpus_per_task": 1,
            "array_parallelism": 1,
            "signal_delay_s": 1,
            "gpus_per_node": 0,
            "max_num_timeout": 0,
        }
        for name, least in at_least.items():
            value = getattr(self, name)
            if value is None and name == "gpus_per_node":
                continue
            if not isinstance(value, int) or value < least:
                raise UserError(f"hydra.launcher.{name}={value}: a whole number, at least {least}")
        if self.signal_delay_s >= 60 * self.time:
            raise UserError(
                f"hydra.launcher.signal_delay_s={self.signal_delay_s}: less than the {60 * self.time} "
                f"seconds of hydra.launcher.time={self.time}"
            )

    def parameters(self, name: str, gpus: int) -> dict[str, Any]:
        """Submitit's parameters for jobs called `name` with so many GPUs each."""
        return {
            "job_name": name,
            "partition": self.partition,
            "account": self.account,
            "qos": self.qos,
            "time": self.time,
            "gpus_per_node": gpus or None,
            "cpus_per_task": self.cpus_per_task,
            "mem": self.mem,
            "array_parallelism": self.array_parallelism,
            "signal_delay_s": self.signal_delay_s,
            "setup": list(self.setup) or None,
            "stderr_to_stdout": True,
            "wckey": None,
            # Since SLURM 22.05 a job's number of processors does not reach its steps by itself.
            "srun_args": [f"--cpus-per-task={self.cpus_per_task}"],
            "additional_parameters": {"requeue": True, **self.additional_parameters},
        }
