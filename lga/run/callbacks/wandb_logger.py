"""Weights & Biases beside a run: in a thread of its own, so that it can neither stop nor slow it.

Online with a key and a reachable server, else offline in the run's folder; a failure is said once and
training goes on. The run's id comes from its config hash and is written down before training. An online
run is resumed under its id; offline segments of one id do not merge, so each resume gets a suffix.

A key is looked for and never read out.
"""

import logging
import netrc
import os
import queue
import socket
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from pytorch_lightning.loggers.logger import Logger

from lga.config.frozen_run import FrozenRun
from lga.run.folder.directory import RunDirectory
from lga.system.files import write_text
from lga.system.secrets import hide_secrets
from lga.system.terminal_text import printable

REACHABLE_SECONDS = 3.0
log = logging.getLogger("lga")
ID_LENGTH = 32
FINISH_SECONDS = 20.0
QUEUE_LENGTH = 10_000
_Message = tuple[dict[str, Any], int] | None


def base_url() -> str:
    """Return the server: wandb.ai's, or the one that WANDB_BASE_URL names."""
    return os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")


def has_key() -> bool:
    """Return whether an API key is in WANDB_API_KEY or in the netrc file that `wandb login` writes."""
    if os.environ.get("WANDB_API_KEY"):
        return True
    try:
        return netrc.netrc(os.environ.get("NETRC") or None).authenticators(_address()[0]) is not None
    except (OSError, netrc.NetrcParseError):
        return False


def reachable() -> bool:
    """Return whether the server accepts a connection."""
    try:
        socket.create_connection(_address(), timeout=REACHABLE_SECONDS).close()
    except OSError:
        return False
    return True


def _address() -> tuple[str, int]:
    url = urlparse(base_url())
    return url.hostname or "", url.port or (80 if url.scheme == "http" else 443)


class WandbLogger(Logger):
    """Hands what Lightning logs to a thread that owns the W&B run."""

    def __init__(self, settings: dict[str, Any], online: bool) -> None:
        super().__init__()
        self._settings = settings
        self._online = online
        self._queue: queue.Queue[_Message] = queue.Queue(QUEUE_LENGTH)
        self._reported = False
        self._exit_code = 1
        self._thread = threading.Thread(target=self._serve, name="wandb", daemon=True)

    @classmethod
    def start(cls, run: FrozenRun, folder: RunDirectory, resumed: bool) -> "WandbLogger":
        """Return a started logger for `run`; one that does nothing when wandb is none of its loggers."""
        mode = os.environ.get("WANDB_MODE") or ("online" if has_key() else "offline")
        wandb = cls(_settings(run, folder, mode, resumed), mode == "online")
        if "wandb" in run.config["logger"]["kinds"] and mode != "disabled":
            _write_id(folder.path / "wandb_id", wandb._settings["id"])
            wandb._thread.start()
        return wandb

    @property
    def name(self) -> str:
        """The W&B project."""
        return str(self._settings["project"])

    @property
    def version(self) -> str:
        """The W&B run id."""
        return str(self._settings["id"])

    def log_hyperparams(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: the whole config went along at the start."""

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Queue one row; a row that does not fit is dropped, and that is said once."""
        self._put(dict(metrics), step or 0)

    def _put(self, row: dict[str, Any], step: int) -> None:
        try:
            self._queue.put_nowait((row, step))
        except queue.Full:
            self._tell("it does not keep up; rows are dropped")

    def log_pictures(self, pictures: dict[str, Path], step: int) -> None:
        """Queue picture files, one under each name."""
        self._put(dict(pictures), step)

    def finish(self, status: str, summary: dict[str, float]) -> None:
        """End the W&B run, waiting a bounded time for what is still queued."""
        if not self._thread.is_alive():
            return
        self._exit_code = 0 if status == "finished" else 1
        self.log_metrics({f"test/{name}": value for name, value in summary.items()}, None)
        try:
            self._queue.put(None, timeout=1)
        except queue.Full:
            return
        self._thread.join(FINISH_SECONDS)
        if self._thread.is_alive():
            self._tell(f"it did not finish within {FINISH_SECONDS:.0f} s and was left behind")

    def _serve(self) -> None:
        try:
            if self._online and not reachable():
                self._tell("its server cannot be reached; the run is logged offline")
                self._settings["mode"] = "offline"
            self._forward()
        except Exception as error:
            self._tell(printable(f"{type(error).__name__}: {' '.join(str(error).split())}"[:300]))
            while self._queue.get() is not None:
                pass

    def _forward(self) -> None:
        _keep_service_quiet(self._settings["dir"])
        import wandb

        settings = wandb.Settings(
            silent=True, console="off", disable_git=True, save_code=False, init_timeout=20
        )
        task = self._settings["config"]["task"]
        with wandb.init(**self._settings, settings=settings, reinit="create_new") as run:
            for name in {task["monitor"], task["selected_by"]}:  # the summary keeps the best, not the last
                run.define_metric(name, summary=task["direction"])
            run.define_metric("val/loss", summary="min")
            last_step = 0
            while (message := self._queue.get()) is not None:
                row, step = message
                values = {n: wandb.Image(str(v)) if isinstance(v, Path) else v for n, v in row.items()}
                last_step = max(last_step, step)
                run.log(values, step=last_step)
            run.finish(exit_code=self._exit_code)

    def _tell(self, what: str) -> None:
        if not self._reported:
            self._reported = True
            log.warning("W&B: %s; training goes on, metrics.csv has everything", what)


def _keep_service_quiet(folder: str) -> None:
    """Give W&B's service a place for its log: without a home to write to, it logs to the terminal."""
    if not os.access(os.path.expanduser("~"), os.W_OK):  # noqa: PTH111, which raises where there is no home
        os.environ.setdefault("WANDB_CACHE_DIR", str(Path(folder, "cache")))


def _settings(run: FrozenRun, folder: RunDirectory, mode: str, resumed: bool) -> dict[str, Any]:
    logger, cell = run.config["logger"], run.cell
    segments = len(list(folder.wandb.glob("wandb/offline-run-*")))
    suffix = f"-r{segments}" if resumed and segments and mode != "online" else ""
    settings = {
        "project": logger["project"],
        "entity": logger["entity"],
        "group": logger["group"] or cell.dataset,
        "job_type": logger["job_type"],
        "tags": [cell.dataset, cell.backbone, cell.attention, *logger["tags"]],
        "name": f"{cell.dataset}-{cell.backbone}-{cell.attention}-s{cell.seed}",
        "id": run.config_hash[:ID_LENGTH] + suffix,
        "resume": "allow" if mode == "online" else None,
        "mode": mode,
        "config": run.config,
    }
    return {**hide_secrets(settings), "dir": str(folder.wandb)}


def _write_id(path: Path, run_id: str) -> None:
    try:
        write_text(path, run_id + "\n")
    except OSError:
        log.warning("W&B: the run's id could not be written to %s", path)
