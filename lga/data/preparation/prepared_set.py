"""What a set consists of that is fetched, or that only a person can get."""

from dataclasses import dataclass

from lga.data.mnist_format import MNISTFormatReader
from lga.data.preparation.remote_file import RemoteFile


@dataclass(frozen=True)
class Archive:
    """An archive and the folder within it, at whatever depth, whose content is wanted."""

    file: RemoteFile
    folder: str


@dataclass(frozen=True)
class Piece:
    """What comes to its place at once.

    Attributes:
        target: folder below the data folder.
        archives: what it is unpacked from, together.
    """

    target: str
    archives: tuple[Archive, ...]


@dataclass(frozen=True)
class ArchivedSet:
    """A set of archives that anyone may fetch.

    Attributes:
        overrides: of the command line, that choose it.
        terms: licence or terms of use.
        pieces: what it consists of.
    """

    overrides: str
    terms: str
    pieces: tuple[Piece, ...]

    @property
    def files(self) -> tuple[RemoteFile, ...]:
        """All that is fetched."""
        return tuple(archive.file for piece in self.pieces for archive in piece.archives)


@dataclass(frozen=True)
class ReadSet:
    """A set whose reader fetches and checks it; attributes as of `ArchivedSet`."""

    overrides: str
    terms: str
    reader: type[MNISTFormatReader]


@dataclass(frozen=True)
class GatedSet:
    """A set that only its authors, or a person with an account, can give.

    Attributes:
        overrides: of the command line, that choose it.
        instructions: what to get where, and where to put it; ``{data_dir}`` stands for the data folder.
    """

    overrides: str
    instructions: str


PreparedSet = ArchivedSet | ReadSet | GatedSet
