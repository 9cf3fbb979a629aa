"""A run's folder: its files, its lock, and who it belongs to."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout
from omegaconf import OmegaConf

from lga.run.identity import FrozenRun
from lga.run.record import RunRecord, read_record
from lga.structures import UserError
from lga.structures.files import writable, write_text


class RunDirectory:
    """The files of one run under `outputs/runs/...`; see the attributes.

    `claim` must be held while anything is written, so that two processes never train one cell.
    """

    def __init__(self, run: FrozenRun) -> None:
        self.run = run
        self.path = run.directory
        self.config = self.path / "config.yaml"
        self.identity = self.path / "config_hash"
        self.result = self.path / "result.json"
        self.metrics = self.path / "metrics.csv"
        self.log = self.path / "run.log"
        self.last_checkpoint = self.path / "checkpoints" / "last.ckpt"
        self.best_checkpoint = self.path / "checkpoints" / "best.ckpt"
        self.wandb = self.path / "wandb"

    def finished(self) -> RunRecord | None:
        """The record of this very run if it has finished, else None.

        A record that cannot be read, or is of another config, is a UserError, never overwritten.
        """
        if not self.result.is_file():
            return None
        record = read_record(self.result)
        self._check_owner(record.config_hash)
        return record if record.status == "finished" else None

    @contextmanager
    def claim(self) -> Iterator[bool]:
        """Holds the folder alone; yields True if another process had to be waited for."""
        with writable(self.path, "paths.output_dir"):
            self.last_checkpoint.parent.mkdir(parents=True, exist_ok=True)
            self.wandb.mkdir(exist_ok=True)
            lock = FileLock(self.path / ".lock")
        waited = False
        try:
            lock.acquire(timeout=0)
        except Timeout:
            waited = True
            lock.acquire()
        try:
            self._settle_in()
            yield waited
        finally:
            lock.release()

    def _settle_in(self) -> None:
        """Writes the config and its hash, or refuses a folder that holds another run."""
        if self.identity.is_file():
            self._check_owner(self.identity.read_text().strip())
            return
        with writable(self.path, "paths.output_dir"):
            write_text(self.config, OmegaConf.to_yaml(self.run.cfg))
            write_text(self.identity, self.run.config_hash + "\n")

    def _check_owner(self, config_hash: str) -> None:
        if config_hash != self.run.config_hash:
            raise UserError(
                f"{self.path}: this folder holds a run of another config ({config_hash[:8]}, this one is "
                f"{self.run.config_hash[:8]}; see its config.yaml); "
                "choose another with paths.run_dir= or remove it"
            )
