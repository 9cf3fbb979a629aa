"""A run's data before it is read: whether it is there, and whether it is what a record was made from.

Needs no torch. Sets that ship with the project, and files known by their content, are always the same.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from lga.config.instantiation import make, make_reader
from lga.data.published.published_dataset import PublishedDataset
from lga.system.errors import UserError


def missing_data(reader: Any) -> str | None:
    """Return in one line what is missing; None where all that the reader needs is there, or can be made."""
    from lga.data.classification.mnist import MNISTFormatReader
    from lga.data.classification.published_files import find_file

    try:
        if isinstance(reader, PublishedDataset):
            for part in reader.used or reader.part_names:
                if part not in reader.parts or reader.has(part):
                    reader.files(part)
                if part not in reader.parts:
                    return f"{reader.root}: {part} is not there"
        elif isinstance(reader, MNISTFormatReader) and not (
            reader.download or all(find_file(reader.raw_dir, file) for file in reader.files)
        ):
            reader()
    except UserError as error:
        return str(error)
    return None


def check_data(config: Mapping[str, Any]) -> None:
    """Raise a UserError where data of a run is missing; what was there is not looked for again."""
    if not config["dataset"]["embedded"]:
        _check(json.dumps(config["dataset"], sort_keys=True))


def compare_data(config: Mapping[str, Any], before: Mapping[str, str] | None, path: Path) -> str:
    """Hold the data here against the manifest of what was trained on before; None where there is none.

    Args:
        config: the run's.
        before: name -> sha256.
        path: what to remove to train on the data here.

    Returns:
        A remark where the data could not be compared, else nothing.

    Raises:
        UserError: it is other data.
    """
    if config["dataset"]["embedded"] or before is None:
        return ""
    try:
        check_data(config)
        found = _manifest(json.dumps(config["dataset"]["reader"], sort_keys=True))
    except UserError:
        return "; its data is not here, and was not compared"
    check_same_data(found or before, before, "this run was trained", path)
    return ""


def check_same_data(found: Mapping[str, str], before: Mapping[str, str], trained: str, path: Path) -> None:
    """Raise a UserError naming what is not as before, of data with these manifests."""
    if changed := sorted(name for name in {*found, *before} if found.get(name) != before.get(name)):
        raise UserError(
            f"{path}: {trained} on other data than is here ({', '.join(changed)}); remove it to train on "
            "this, or name the folder of that data with paths.data_dir="
        )


@cache
def _manifest(reader_settings: str) -> Mapping[str, str]:
    """Return name -> sha256 of the files of a published set, once a process; nothing of other sets."""
    reader = make(OmegaConf.create(json.loads(reader_settings)), "dataset.reader")
    if not isinstance(reader, PublishedDataset):
        return {}
    try:
        return {name: value for part in reader.used for name, value in reader.manifest(part).items()}
    except OSError as error:
        raise UserError(f"{error.filename}: {error.strerror}") from error


@cache
def _check(dataset: str) -> None:
    if missing := missing_data(make_reader(OmegaConf.create(json.loads(dataset)))):
        raise UserError(missing)
