"""The published files of MNIST and Fashion-MNIST, known by their content, whoever compressed them.

Both sets use the same four names, so their tables stand side by side: a file in the wrong folder is
recognised by its content. Sources: sha256 of what the .gz files of TensorFlow Datasets
(url_checksums/mnist.txt, fashion_mnist.txt) unpack to; sizes by the format.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class PublishedFile:
    """One file as its authors publish it.

    Attributes:
        name: without ``.gz``.
        sha256: of the uncompressed content.
        bytes: size of the uncompressed content.
    """

    name: str
    sha256: str
    bytes: int

    @property
    def gz_name(self) -> str:
        """Name of the compressed file, the one that mirrors hold."""
        return f"{self.name}.gz"


TRAIN_IMAGES, TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES, TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
BYTES = {TRAIN_IMAGES: 47_040_016, TRAIN_LABELS: 60_008, TEST_IMAGES: 7_840_016, TEST_LABELS: 10_008}


def _table(sha256: dict[str, str]) -> tuple[PublishedFile, ...]:
    return tuple(PublishedFile(name, digest, BYTES[name]) for name, digest in sha256.items())


PUBLISHED: dict[str, tuple[PublishedFile, ...]] = {
    "MNIST": _table({
        TRAIN_IMAGES: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        TRAIN_LABELS: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        TEST_IMAGES: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        TEST_LABELS: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    }),
    "Fashion-MNIST": _table({
        TRAIN_IMAGES: "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        TRAIN_LABELS: "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        TEST_IMAGES: "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        TEST_LABELS: "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    }),
}  # fmt: skip


def find_file(folder: Path, file: PublishedFile) -> Path | None:
    """Return where the file lies, compressed or not, or None."""
    candidates = (folder / file.gz_name, folder / file.name)
    return next((path for path in candidates if path.is_file()), None)


def fault(content: bytes, file: PublishedFile, data_set: str) -> str | None:
    """Return, in words, what shows that uncompressed content is not the published one, or None."""
    found = hashlib.sha256(content).hexdigest()
    if found == file.sha256:
        return None
    for owner, files in PUBLISHED.items():
        for other in files:
            if other.sha256 == found:
                return f"this is {owner}'s {other.name}, not {data_set}'s {file.name}"
    more = len(content) > file.bytes  # what is read ends one byte past the published size
    size = f"more than {file.bytes:,}" if more else f"{len(content):,}"
    message = f"sha256 {found[:12]}...; expected {file.sha256[:12]}..."
    if len(content) != file.bytes:
        message = f"{size} bytes; expected {file.bytes:,}"
    return f"is not {data_set}'s published file (uncompressed: {message})"
