"""`trainer.num_nodes` above 1: torchrun or srun starts a run's processes on each node, and they meet here.

Rank 0 does what a process that trains alone does: it holds the run's folder, writes and logs. The others wait
for its word, train and judge with it, and need no file of the folder.
"""

import logging
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from torch.distributed import DistError, PrefixStore, Store, rendezvous  # type: ignore[attr-defined]

from lga.config.frozen_run import FrozenRun
from lga.data.loading.sharding import Shard
from lga.run.cell import train
from lga.run.devices.device_sets import Launched, check_devices
from lga.run.devices.processes import die, end_with_parent
from lga.run.devices.ranks import be_silent, first_failure, joined, node_of, record_failure, run_of_rank
from lga.run.fit import fit_and_judge
from lga.run.folder.directory import RunDirectory
from lga.run.machine.failures import as_user_error
from lga.system.errors import UserError
from lga.tasks.devices import made_by_first

log = logging.getLogger("lga")


def train_as_rank(run: FrozenRun, launched: Launched) -> float:
    """Train as one of several ranks; return the run's score on every rank.

    Raises:
        UserError: the first failure of any of them.
    """
    rank, ranks = launched
    signal.signal(signal.SIGTERM, die)
    end_with_parent()
    if rank > 0:  # of a node's ranks the first one says how the run failed
        be_silent(1, *([2] if rank % run.config["trainer"]["devices"] else []))
    check_devices(run.config["trainer"]["accelerator"], run.config["trainer"]["devices"])
    _find_the_first_node()
    run = run_of_rank(run, rank)
    meeting, *_ = next(rendezvous("env://", rank, ranks))
    store = PrefixStore(f"lga/{os.environ.get('TORCHELASTIC_RESTART_COUNT', '0')}", meeting)
    store.set(f"node/{rank}", node_of(run, rank))
    with _failing_together(run, launched, store), joined(run, rank, ranks, store) as shard:
        return _lead(run, launched, store, shard) if rank == 0 else _follow(run, shard)


def _lead(run: FrozenRun, launched: Launched, store: Store, shard: Shard) -> float:
    def fit(run: FrozenRun, folder: RunDirectory) -> dict[str, Any]:
        made_by_first(lambda: None)
        with _failing_together(run, launched, store), as_user_error(run.config):
            return fit_and_judge(run, folder, shard)

    score = train(run, fit)
    made_by_first(lambda: score)
    return score


def _follow(run: FrozenRun, shard: Shard) -> float:
    """Train whenever the first rank says None; return the score that it says at the end."""
    while True:
        score: float | None = made_by_first(lambda: None)
        if score is not None:
            return score
        with as_user_error(run.config):
            fit_and_judge(run, RunDirectory(run), shard)


@contextmanager
def _failing_together(run: FrozenRun, launched: Launched, store: Store) -> Iterator[None]:
    """Turn a failure into the first one of all ranks, which each of them raises."""
    rank, ranks = launched
    try:
        yield
    except Exception as error:
        try:
            record_failure(store, rank, node_of(run, rank), error)
        except DistError:
            log.debug("%s: the failure of rank %d did not reach the others", run.cell, rank)
        if isinstance(error, UserError):
            raise
        failure = first_failure(store, rank, ranks)
        log.debug("%s: rank %d of %d failed\n%s", run.cell, failure.rank, ranks, failure.trace)
        raise UserError(failure.line(ranks, RunDirectory(run).log)) from error


def _find_the_first_node() -> None:
    """Set where the ranks of a SLURM job meet; torchrun has set it."""
    if "MASTER_ADDR" not in os.environ:
        nodes = os.environ.get("SLURM_JOB_NODELIST", "127.0.0.1")
        os.environ["MASTER_ADDR"] = SLURMEnvironment.resolve_root_node_address(nodes)
    os.environ.setdefault("MASTER_PORT", str(15000 + int(os.environ.get("SLURM_JOB_ID", "0")[-4:])))
