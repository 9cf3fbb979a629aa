"""Files of weights, looked at before torch is imported: where a setting leads, and what holds none."""

import zipfile
from pathlib import Path

from lga.system.errors import UserError
from lga.system.files import shipped
from lga.system.foreign import opened, sha256_of

SHIPPED = shipped("experiments") / "weights"
_ZIP, _PICKLE = b"PK", b"\x80"  # what torch.save writes, and what it wrote before PyTorch 1.6


def weights_folder(named: str | Path) -> Path:
    """Return what is there at a path, or the folder of the shipped weights of that name."""
    path = SHIPPED / named
    return path if path.is_dir() and not Path(named).exists() else Path(named)


def weights_file(named: str) -> Path:
    """Return the file that a setting names: itself, or the best weights of a run's folder."""
    path = weights_folder(named)
    return path / "checkpoints" / "best.ckpt" if path.is_dir() else path


def not_weights(path: Path) -> str | None:
    """Return why a file holds no weights, by how it begins; None where it may. Raises as `opened` does."""
    with opened(path) as file:
        begin = file.read(9)
    if not begin:
        return "is empty"
    if path.suffix == ".safetensors":
        return None if begin[8:] == b"{" else "safetensors begin otherwise"
    if begin.startswith(_ZIP):
        return None if _is_archive(path) else "its end is missing"
    return None if begin.startswith(_PICKLE) else "neither what torch.save wrote nor safetensors"


def _is_archive(path: Path) -> bool:
    try:
        return zipfile.is_zipfile(path)
    except zipfile.BadZipFile:  # of damage that it finds
        return False


def check_weights(path: Path, key: str, sha256: str | None = None) -> None:
    """Raise a UserError that names the key for a file without weights, or of another SHA-256 than given."""
    try:
        wrong = not_weights(path)
        found = None if sha256 is None else sha256_of(path)
    except UserError as error:
        raise UserError(f"{key}={error}") from error
    if wrong:
        raise UserError(f"{key}={path}: {wrong}; give a .safetensors file or a state dict")
    if found != sha256:
        raise UserError(
            f"{key}={path}: its SHA-256 is {found} and not {sha256}: another file, "
            "or changed since the run was asked for"
        )
