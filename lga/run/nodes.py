"""`trainer.num_nodes` above 1: torchrun or srun starts a run's processes on each node, and they meet here.

Rank 0 does what a process that trains alone does: it holds the run's folder, writes and logs. The others wait
for its word, train and judge with it, and need no file of the folder.
"""

import logging
import multiprocessing
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from lga.config.frozen_run import FrozenRun
from lga.system.errors import UserError

log = logging.getLogger("lga")

_OF_TORCHRUN = ("RANK", "WORLD_SIZE")
_OF_SLURM = ("SLURM_PROCID", "SLURM_NTASKS")


class Launched(NamedTuple):
    """Which of the processes that a launcher started this is: ``rank``, from 0, of ``ranks``."""

    rank: int
    ranks: int


def launched(trainer: Mapping[str, Any]) -> Launched | None:
    """Who this process is among those of its run; None where it was started alone, and starts the others.

    Raises UserError if several nodes are asked for and no launcher is there, or it started another number.
    """
    nodes, devices = trainer["num_nodes"], trainer["devices"]
    if nodes < 1:
        raise UserError(f"trainer.num_nodes={nodes}: at least 1")
    if nodes == 1 and "TORCHELASTIC_RUN_ID" not in os.environ:
        return None
    names = _OF_TORCHRUN if "RANK" in os.environ else _OF_SLURM
    if any(name not in os.environ for name in names):
        raise UserError(
            f"trainer.num_nodes={nodes}: this process is alone; run on each node torchrun --nnodes={nodes} "
            f"--nproc-per-node={devices} --rdzv-backend=c10d --rdzv-endpoint=FIRST_NODE:29500 run.py ..., "
            f"or on SLURM srun --nodes={nodes} --ntasks-per-node={devices} python run.py ..."
        )
    if multiprocessing.parent_process() is not None:
        raise UserError(
            f"trainer.num_nodes={nodes}: the jobs of a sweep have one node each; run single cells"
        )
    rank, ranks = (int(os.environ[name]) for name in names)
    if ranks != nodes * devices:
        raise UserError(
            f"trainer.num_nodes={nodes} of trainer.devices={devices} are {nodes * devices} processes, but "
            f"{ranks} were started: set both to what was started"
        )
    return Launched(rank, ranks)


def train_as_rank(run: FrozenRun, launched: Launched) -> float:
    """The run's score, on every rank.

    Raises UserError with the first failure of any of them.
    """
    from torch.distributed import PrefixStore, rendezvous  # type: ignore[attr-defined]

    from lga.run.device_group import joined
    from lga.run.devices.places import check_devices
    from lga.run.devices.processes import die, end_with_parent
    from lga.run.devices.ranks import be_silent, node_of, run_of_rank

    rank, ranks = launched
    signal.signal(signal.SIGTERM, die)
    end_with_parent()
    if rank > 0:  # of a node's ranks the first one tells how the run failed
        be_silent(1, *([2] if rank % run.config["trainer"]["devices"] else []))
    check_devices(run.config["trainer"]["accelerator"], run.config["trainer"]["devices"])
    _find_the_first_node()
    run = run_of_rank(run, rank)
    meeting, *_ = next(rendezvous("env://", rank, ranks))
    store = PrefixStore(f"lga/{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", meeting)
    store.set(f"node/{rank}", node_of(run, rank))
    with _failing_together(run, launched, store), joined(run, rank, ranks, store) as group:
        return _lead(run, launched, store, group) if rank == 0 else _follow(run, group)


def _lead(run: FrozenRun, launched: Launched, store: Any, group: Any) -> float:
    from lga.run.cell import train
    from lga.run.fit import fit_and_judge
    from lga.run.folder.directory import RunDirectory
    from lga.run.machine.failures import told_to_user
    from lga.tasks.devices import made_by_first

    def fit(run: FrozenRun, folder: RunDirectory) -> dict[str, Any]:
        made_by_first(lambda: None)
        with _failing_together(run, launched, store), told_to_user(run.config):
            return fit_and_judge(run, folder, group)

    score = train(run, fit)
    made_by_first(lambda: score)
    return score


def _follow(run: FrozenRun, group: Any) -> float:
    """Trains whenever the first rank says None; ends with the score that it says."""
    from lga.run.fit import fit_and_judge
    from lga.run.folder.directory import RunDirectory
    from lga.run.machine.failures import told_to_user
    from lga.tasks.devices import made_by_first

    while True:
        score: float | None = made_by_first(lambda: None)
        if score is not None:
            return score
        with told_to_user(run.config):
            fit_and_judge(run, RunDirectory(run), group)


@contextmanager
def _failing_together(run: FrozenRun, launched: Launched, store: Any) -> Iterator[None]:
    """Turns a failure into the first one of all ranks, which each of them tells."""
    from torch.distributed import DistError

    from lga.run.devices.rank_failures import first_failure, report
    from lga.run.devices.ranks import node_of
    from lga.run.folder.directory import RunDirectory

    rank, ranks = launched
    try:
        yield
    except Exception as error:
        try:
            report(store, rank, node_of(run, rank), error)
        except DistError:
            log.debug("%s: the failure of rank %d could not be told to the others", run.cell, rank)
        if isinstance(error, UserError):
            raise
        failure = first_failure(store, rank, ranks)
        log.debug("%s: rank %d of %d failed\n%s", run.cell, failure.rank, ranks, failure.trace)
        raise UserError(failure.line(ranks, RunDirectory(run).log)) from error


def _find_the_first_node() -> None:
    """Says where the ranks of a SLURM job meet; torchrun has said it."""
    from lightning_fabric.plugins.environments.slurm import SLURMEnvironment

    if "MASTER_ADDR" not in os.environ:
        nodes = os.environ.get("SLURM_JOB_NODELIST", "127.0.0.1")
        os.environ["MASTER_ADDR"] = SLURMEnvironment.resolve_root_node_address(nodes)
    os.environ.setdefault("MASTER_PORT", str(15000 + int(os.environ.get("SLURM_JOB_ID", "0")[-4:])))
