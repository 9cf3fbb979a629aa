"""What a run does about damaged files of its own: each is told in one line, set aside, and never trusted.

A disk, a file system or a copy can change or lose bytes. Of a damaged record the run is judged again from its
checkpoints; of a damaged last checkpoint it goes on from the one before; where that is none, or where the
weights of the best epoch are lost, it starts from the beginning. The files are kept as `<name>.damaged`.
"""

import logging
from pathlib import Path

from lga.run.checkpoints import load
from lga.run.directory import RunDirectory
from lga.run.record import read_record
from lga.structures.errors import DamagedFileError
from lga.structures.files import set_aside

log = logging.getLogger("lga")


def recover(folder: RunDirectory) -> None:
    """Leaves in `folder`, which must be claimed, only files that can be trusted."""
    if folder.result.is_file() and (damage := _damage_of_record(folder.result)):
        _set_aside(folder.result, damage, "the run is judged again")
    if folder.best_checkpoint.is_file() and (damage := _damage_of(folder.best_checkpoint)):
        for checkpoint in (folder.last_checkpoint, folder.previous_checkpoint):
            checkpoint.unlink(missing_ok=True)  # they know the best epoch, and not its weights
        _set_aside(folder.best_checkpoint, damage, "its epoch is lost, training starts from the beginning")
    _recover_last(folder.last_checkpoint, folder.previous_checkpoint)


def _recover_last(last: Path, previous: Path) -> None:
    """Puts the checkpoint before the last in its place, if the last is damaged or gone."""
    damage = _damage_of(last) if last.is_file() else None
    if last.is_file() and damage is None:
        return
    damage_before = _damage_of(previous) if previous.is_file() else None
    can_go_on = previous.is_file() and damage_before is None
    if damage:
        then = "the epoch before is there" if can_go_on else "training starts from the beginning"
        _set_aside(last, damage, then)
    if damage_before:
        _set_aside(previous, damage_before, "training starts from the beginning")
    if can_go_on:
        previous.replace(last)


def _damage_of(checkpoint: Path) -> str | None:
    try:
        load(checkpoint)
    except DamagedFileError as error:
        return str(error)
    return None


def _damage_of_record(record: Path) -> str | None:
    try:
        read_record(record)
    except DamagedFileError as error:
        return str(error).rsplit("; ", 1)[0]
    return None


def _set_aside(path: Path, damage: str, then: str) -> None:
    log.warning(
        "%s; set aside as %s, %s", damage.removesuffix("; it was not used"), set_aside(path).name, then
    )
