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
from torch.distributed import TCPStore  # type: ignore[attr-defined]

from lga.data.divided_batches import Place


@dataclass(frozen=True)
class DeviceGroup:
    """This process's place among the devices of its run."""

    place: Place

    @property
    def trainer_settings(self) -> dict[str, Any]:
        """What Lightning's trainer is to be given, beside its devices."""
        return {"strategy": SeparateDevices(cluster_environment=LightningEnvironment())}


class SeparateDevices(DDPStrategy):
    """Lightning's strategy for a process a device, less its wrapper: the task sums the gradients itself."""

    def configure_ddp(self) -> None:
        """Leaves the task as it is."""


@contextmanager
def joined(accelerator: str, rank: int, ranks: int, port: int) -> Iterator[DeviceGroup]:
    """This process as one of a group, that meets at a `TCPStore` on `port` of this machine."""
    os.environ.update(LOCAL_RANK=str(rank), NODE_RANK="0")  # tells Lightning to start no processes of its own
    on_gpus = accelerator != "cpu" and torch.cuda.is_available()
    if on_gpus:
        torch.cuda.set_device(rank)
    store = TCPStore("127.0.0.1", port)
    dist.init_process_group("nccl" if on_gpus else "gloo", store=store, rank=rank, world_size=ranks)
    yield DeviceGroup(Place(rank, ranks))
    dist.destroy_process_group()  # after a failure it could wait for ever
