"""The devices of a run as torch and Lightning see them: a process group, made by us and not by Lightning."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.distributed as dist
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from pytorch_lightning.strategies import DDPStrategy
from torch.distributed import Store  # type: ignore[attr-defined]

from lga.data.sharding import Shard
from lga.run.identity import FrozenRun


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


def run_of_rank(run: FrozenRun, rank: int) -> FrozenRun:
    """The run as a rank is given it: with its part of the threads, and alone with W&B and the terminal."""
    trainer = run.config["trainer"]
    threads = max((trainer["threads"] or torch.get_num_threads()) // trainer["devices"], 1)
    config = {**run.config, "trainer": {**trainer, "threads": threads}}
    if rank > 0:
        config["trainer"]["progress"] = False
        config["logger"] = {**run.config["logger"], "name": "csv"}
    return replace(run, config=config)


def node_of(run: FrozenRun, rank: int) -> str:
    """Number and name of the node that this rank of the run is on."""
    return f"{rank // run.config['trainer']['devices']} ({socket.gethostname()})"


def be_silent(*descriptors: int) -> None:
    """Throws away what this process writes to these, 1 for its output and 2 for its errors."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for descriptor in descriptors:
        os.dup2(nowhere, descriptor)
