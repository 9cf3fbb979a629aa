"""A run's folder: its files, its lock, and who it belongs to."""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from omegaconf import OmegaConf

from lga.config.frozen_run import HASH_LENGTH, Cell, FrozenRun
from lga.run.folder.data_files import compare_data
from lga.run.folder.record import CellRecord, RunRecord, read_record
from lga.system.errors import DamagedFileError, UserError
from lga.system.files import remove_unfinished, set_aside, shipped, writable, write_text
from lga.system.locks import alone
from lga.system.secrets import hide_secrets

# Of last.ckpt and of best.ckpt, for as long as the run is not finished.
PREVIOUS = "previous.ckpt"
PREVIOUS_BEST = "previous_best.ckpt"
# What a folder may hold before it is known whose it is: just made by us, or marked with its run's hash.
MARKED = {".lock", "run.log", "slurm_job.json", "checkpoints", "wandb", "result.json", "result.json.damaged"}
KEPT = shipped("experiments")  # the folders of kept records
_HASH = re.compile("[0-9a-f]{64}")


def kept_path(folder: Path, cell: Cell | CellRecord, config_hash: str) -> Path:
    """Return where an experiment's folder keeps the record of a run."""
    names = (cell.dataset, cell.backbone, cell.attention, f"seed{cell.seed}", config_hash[:HASH_LENGTH])
    return folder / "records" / f"{'-'.join(names)}.json"


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
        self.previous_checkpoint = self.last_checkpoint.with_name(PREVIOUS)
        self.best_checkpoint = self.path / "checkpoints" / "best.ckpt"
        self.previous_best_checkpoint = self.best_checkpoint.with_name(PREVIOUS_BEST)
        self.pictures = self.path / "pictures"
        self.wandb = self.path / "wandb"

    def finished(self) -> RunRecord | None:
        """Return the record of this very run if it has finished, else None.

        A damaged record is as good as none. One of another config, or of another version of this code, is a
        UserError, never overwritten.
        """
        if not self.result.is_file():
            return None
        try:
            record = read_record(self.result)
        except DamagedFileError:
            return None
        self._check_owner(record.config_hash)
        return record if record.status == "finished" else None

    def done(self) -> tuple[Path, RunRecord, str] | None:
        """Path and record of this run if it has finished, here or, by a kept record, elsewhere.

        With them a remark, if the data that the record names is not here; a UserError if it is other data.
        """
        record = self.finished()
        found = (self.result, record) if record else self.kept()
        if found is None:
            return None
        path, record = found
        files = record.data.files if record.data else None
        where = self.path if path == self.result else path
        return path, record, compare_data(self.run.config, files, where)

    def kept(self) -> tuple[Path, RunRecord] | None:
        """Return path and record if the experiment of `paths.kept` keeps this run's; it may have no weights.

        One that cannot be read is as good as none.
        """
        if (experiment := self.run.config["paths"].get("kept")) is None:
            return None
        path = kept_path(KEPT / experiment, self.run.cell, self.run.config_hash)
        try:
            record = read_record(path) if path.is_file() else None
        except UserError:
            return None
        finished = record and record.status == "finished" and record.config_hash == self.run.config_hash
        return (path, record) if record and finished else None

    def remove_previous(self) -> None:
        """Remove the checkpoints that a run needs only until it is finished."""
        for path in (self.previous_checkpoint, self.previous_best_checkpoint):
            path.unlink(missing_ok=True)

    @contextmanager
    def claim(self) -> Iterator[None]:
        """Hold the folder alone; what was read of it before may be out of date."""
        with ExitStack() as held:
            with writable(self.path, "paths.output_dir"):
                self.last_checkpoint.parent.mkdir(parents=True, exist_ok=True)
                self.wandb.mkdir(exist_ok=True)
                held.enter_context(alone(self.path / ".lock"))
                self._settle_in()
            yield

    def _settle_in(self) -> None:
        """Write the config and its hash, or refuse a folder that holds another run."""
        for folder in (self.path, self.last_checkpoint.parent, self.pictures):
            remove_unfinished(folder)
        if self.identity.is_file():
            owner = self.identity.read_text(errors="replace").strip()
            if _HASH.fullmatch(owner):
                self._check_owner(owner)
                return
            set_aside(self.identity)  # checkpoints and records bear the hash too
        elif foreign := sorted({path.name for path in self.path.iterdir()} - MARKED):
            raise UserError(
                f"{self.path}: this folder holds files of no run ({', '.join(foreign[:3])}), which would be "
                "overwritten; choose another with paths.run_dir="
            )
        write_text(self.identity, self.run.config_hash + "\n")
        write_text(self.config, OmegaConf.to_yaml(OmegaConf.create(hide_secrets(self.run.config))))

    def _check_owner(self, config_hash: str) -> None:
        if config_hash != self.run.config_hash:
            raise UserError(
                f"{self.path}: this folder holds a run of another config ({config_hash[:8]}, this one is "
                f"{self.run.config_hash[:8]}; see its config.yaml); "
                "choose another with paths.run_dir= or remove it"
            )
