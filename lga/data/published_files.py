"""The published files of MNIST and Fashion-MNIST: sizes, checksums, and whose file a stored one is.

Both sets use the same four names, so their tables stand side by side: a file in the wrong folder is
recognised by its checksum. Sources: sizes and sha256 of the .gz files from TensorFlow Datasets
(url_checksums/mnist.txt, fashion_mnist.txt). No checksum of the uncompressed files is published; their sizes
follow from the format.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from lga.structures import UserError


@dataclass(frozen=True)
class PublishedFile:
    """One file as its authors publish it.

    Attributes:
        name: without ``.gz``.
        sha256: of the .gz file.
        raw_bytes: size of the uncompressed file.
    """

    name: str
    sha256: str
    raw_bytes: int

    @property
    def gz_name(self) -> str:
        """Name of the compressed file, the one that mirrors hold."""
        return f"{self.name}.gz"


_ADVICE = (
    "delete it and fetch it again (dataset.reader.download=true), or set dataset.reader.verify=false "
    "if the file is your own"
)
TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
RAW_BYTES = {TRAIN_IMAGES: 47_040_016, TRAIN_LABELS: 60_008, TEST_IMAGES: 7_840_016, TEST_LABELS: 10_008}


def _table(sha256_of_gz: dict[str, str]) -> tuple[PublishedFile, ...]:
    return tuple(PublishedFile(name, sha256, RAW_BYTES[name]) for name, sha256 in sha256_of_gz.items())


PUBLISHED: dict[str, tuple[PublishedFile, ...]] = {
    "MNIST": _table({
        TRAIN_IMAGES: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        TRAIN_LABELS: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        TEST_IMAGES: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        TEST_LABELS: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    }),
    "Fashion-MNIST": _table({
        TRAIN_IMAGES: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        TRAIN_LABELS: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        TEST_IMAGES: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        TEST_LABELS: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    }),
}  # fmt: skip


def find_file(folder: Path, file: PublishedFile) -> Path | None:
    """Return where the file lies, or None; the .gz is preferred, for only its checksum is published."""
    candidates = (folder / file.gz_name, folder / file.name)
    return next((path for path in candidates if path.is_file()), None)


def check_stored(stored: bytes, path: Path, file: PublishedFile, data_set: str) -> None:
    """Raise a UserError unless the bytes are the published ones: a .gz by sha256, a raw file by size."""
    if path.name == file.name:
        if len(stored) != file.raw_bytes:
            raise UserError(f"{path}: {len(stored)} bytes, but {data_set}'s has {file.raw_bytes}; {_ADVICE}")
        return
    found = hashlib.sha256(stored).hexdigest()
    if found == file.sha256:
        return
    owner = _owner(found)
    if owner is not None:
        raise UserError(
            f"{path}: this is {owner}, not {data_set}'s {file.gz_name}; move it to the folder it belongs in"
        )
    raise UserError(
        f"{path}: sha256 {found[:12]}... is not that of {data_set}'s ({file.sha256[:12]}...); {_ADVICE}"
    )


def _owner(sha256: str) -> str | None:
    """Say in words which published file has this checksum."""
    for data_set, files in PUBLISHED.items():
        for file in files:
            if file.sha256 == sha256:
                return f"{data_set}'s {file.gz_name}"
    return None
