"""What a run does about files of its own that it cannot trust: damaged ones, checkpoints that do not fit.

A disk, a file system or a copy can change or lose bytes. Each damaged file is told in one line, set aside as
`<name>.damaged`, and never trusted. Of a damaged record the run is judged again from its checkpoints.

A run can be killed between any two of its files. It goes on from a last checkpoint and the weights of the
epoch that this takes for the best: each is there as it was written last, and as it was before. If no two fit,
training starts from the beginning.
"""

import logging
from pathlib import Path
from typing import Any

from lga.run.folder.checkpoints import best_epoch_of, load
from lga.run.folder.directory import RunDirectory
from lga.run.folder.record import read_record
from lga.system.errors import DamagedFileError
from lga.system.files import set_aside

log = logging.getLogger("lga")


def recover(folder: RunDirectory) -> None:
    """Leaves in `folder`, which must be claimed, only files that can be trusted."""
    if folder.result.is_file() and (damage := _damage_of_record(folder.result)):
        _set_aside(folder.result, damage, ", the run is judged again")
    checkpoints = (folder.last_checkpoint, folder.previous_checkpoint)
    bests = (folder.best_checkpoint, folder.previous_best_checkpoint)
    began = any(path.is_file() for path in checkpoints)
    for checkpoint in checkpoints:
        content = _trusted(checkpoint)
        if content is None:
            continue
        if content.get("config_hash") != folder.run.config_hash:
            return  # another run's, which is told, and not ours to remove
        for best in bests:
            if (weights := _trusted(best)) and weights.get("epoch") == best_epoch_of(content):
                _take(checkpoint, best, folder)
                return
    if began:
        log.warning("%s: no checkpoint to go on from, training starts from the beginning", folder.path)
    for path in (*checkpoints, *bests):
        _trusted(path)  # what holds code is told and not removed
        path.unlink(missing_ok=True)


def _take(checkpoint: Path, best: Path, folder: RunDirectory) -> None:
    """Puts both in their places; killed in between, the next attempt finds the same two."""
    if checkpoint != folder.last_checkpoint:
        log.warning("%s: going on from the epoch before the last", folder.path)
        checkpoint.replace(folder.last_checkpoint)
    if best != folder.best_checkpoint:
        best.replace(folder.best_checkpoint)


def _trusted(checkpoint: Path) -> dict[str, Any] | None:
    """What is in it; None if there is none, or it is damaged, of which it is set aside."""
    if not checkpoint.is_file():
        return None
    try:
        content: dict[str, Any] = load(checkpoint)
    except DamagedFileError as error:
        _set_aside(checkpoint, str(error).removesuffix("; it was not used"))
        return None
    return content


def _damage_of_record(record: Path) -> str | None:
    try:
        read_record(record)
    except DamagedFileError as error:
        return str(error).rsplit("; ", 1)[0]
    return None


def _set_aside(path: Path, damage: str, then: str = "") -> None:
    log.warning("%s; set aside as %s%s", damage, set_aside(path).name, then)
