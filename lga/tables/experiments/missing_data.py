"""What of a cell's data is not there, and what to do about it; a quick look that parses nothing."""

from typing import Any

from lga.data.mnist_format import MNISTFormatReader
from lga.data.published.published_dataset import PublishedDataset
from lga.data.published_files import PUBLISHED, find_file
from lga.system.errors import UserError


def missing_data(reader: Any) -> str | None:
    """One line on what is missing; None where all that the reader needs is there, or can be made."""
    if isinstance(reader, PublishedDataset):
        return _missing_parts(reader)
    if isinstance(reader, MNISTFormatReader) and not reader.download:
        files = PUBLISHED[reader.data_set]
        if any(find_file(reader.raw_dir, file) is None for file in files):
            return _told(reader)
    return None


def _missing_parts(reader: PublishedDataset) -> str | None:
    """What the reader itself says of the first part of its plan that is not there."""
    plan = reader.plan
    names = (*plan.train, plan.val or plan.test, plan.test)
    parts = dict.fromkeys(part for name in names for part in reader.unions.get(name, (name,)))
    for part in parts:
        if part not in reader.parts or reader.has(part):
            try:
                reader.files(part)
            except UserError as error:
                return str(error)
        if part not in reader.parts:
            return f"{reader.root}: {part} is not there"
    return None


def _told(reader: MNISTFormatReader) -> str | None:
    try:
        reader()
    except UserError as error:
        return str(error)
    return None
