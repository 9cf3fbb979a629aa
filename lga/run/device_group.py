"""The devices of a run as torch and Lightning see them: a process group, made by us and not by Lightning."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from pytorch_lightning.strategies import DDPStrategy
from torch.distributed import Store  # type: ignore[attr-defined]

from lga.config.frozen_run import FrozenRun
from lga.data.loading.sharding import Shard


@dataclass(frozen=True)
class DeviceGroup:
    """This process among those of its run's devices."""

    shard: Shard

    @property
    def trainer_settings(self) -> dict[str, Any]:
        """What Lightning's trainer is to be given, beside its devices."""
        return {"strategy": SeparateDevices(cluster_environment=LightningEnvironment())}


class SeparateDevices(DDPStrategy):
    """Lightning's strategy for a process a device, less its wrapper: the task sums the gradients itself."""

    def configure_ddp(self) -> None:
        """Leaves the task as it is."""


@contextmanager
def joined(run: FrozenRun, rank: int, ranks: int, store: Store) -> Iterator[DeviceGroup]:
    """This process as one of the run's group, that meets at `store`."""
    trainer = run.config["trainer"]
    node, local_rank = divmod(rank, trainer["devices"])
    # Tells Lightning to start no processes of its own.
    os.environ.update(LOCAL_RANK=str(local_rank), NODE_RANK=str(node))
    on_gpus = trainer["accelerator"] != "cpu" and torch.cuda.is_available()
    if on_gpus:
        torch.cuda.set_device(local_rank)
    dist.init_process_group("nccl" if on_gpus else "gloo", store=store, rank=rank, world_size=ranks)
    yield DeviceGroup(Shard(rank, ranks))
    dist.destroy_process_group()  # after a failure it could wait for ever
