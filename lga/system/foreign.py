"""Files of foreign origin, opened and parsed in one way: the paths, numbers and JSON of every reader.

Whatever such a file holds, reading it neither waits nor grows without bound, and what is wrong is one line.
"""

import codecs
import gzip
import hashlib
import io
import os
import re
import stat
import zlib
from collections import Counter
from collections.abc import Collection, Iterator
from functools import cache
from math import nan
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml

from lga.system.errors import UserError

T = TypeVar("T")

BOUND = 2**31  # numbers are smaller
LONGEST_NUMBER, LONGEST_PATH = 64, 512  # characters
LONGEST_NAME = 240  # bytes of one part of a path; file systems take 255, with the suffix
LARGEST_TEXT, LARGEST_JSON = 2**26, 2**32  # bytes; COCO's largest JSON file has 469 MB
LARGEST_YAML, DEEPEST_YAML = 2**18, 20  # bytes, since it takes a second; nodes within nodes
MOST_VISITS = 64  # of one folder, by links
GZIP_MAGIC = b"\x1f\x8b"
_POINTER = b"version https://git-lfs.github.com/spec/"
_KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket"}
_BLANK = " \t\r\n"
_WHOLE = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"(?:[ \t\r\n]*:)?|[\[\]{}]')
_BYTE = re.compile(r"\(byte (\d+)\)")
_AT = re.compile(r"(?P<found>.*?)(?: - at `\$\.?(?P<where>.*)`)?", re.DOTALL)  # msgspec's own words


def whole(text: str) -> int:
    """Return a whole number in ASCII digits, of a size below `BOUND`; anything else is a ValueError."""
    text = text.strip(_BLANK)
    if len(text) > LONGEST_NUMBER or not _WHOLE.fullmatch(text) or abs(int(text)) >= BOUND:
        raise ValueError(f"expected a whole number below {BOUND:,}, found {text[:40]!r}")
    return int(text)


def number(text: str) -> float:
    """Return a number in ASCII digits, of a size below `BOUND`; anything else is a ValueError."""
    text = text.strip(_BLANK)
    value = float(text) if len(text) <= LONGEST_NUMBER and _NUMBER.fullmatch(text) else nan
    if not abs(value) < BOUND:
        raise ValueError(f"expected a number below {BOUND:,}, found {text[:40]!r}")
    return value


def stays_below(path: str) -> bool:
    """Return whether a path that a file names is relative, of usual length, and stays below its folder."""
    return has_usual_length(path) and not path.startswith("/") and ".." not in path.split("/")


def has_usual_length(path: str) -> bool:
    """Return whether a path that a file names is one that a file system takes."""
    longest = max(len(os.fsencode(part)) for part in path.split("/"))
    return 0 < len(path) <= LONGEST_PATH and longest <= LONGEST_NAME and "\0" not in path


def opened(path: Path) -> io.BufferedReader:
    """Open a regular file, links followed.

    Raises:
        UserError: it is not there, cannot be read, is no regular file (a pipe would never end), or stands in
            for another file.
    """
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
        file = path.open("rb") if kind == stat.S_IFREG else None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{path}: cannot be read ({reason}); check the path and its permissions") from error
    if file is None:
        raise UserError(f"{path}: is {_KINDS.get(kind, 'a device')}, not a file; put the file itself there")
    if file.peek(len(_POINTER)).startswith(_POINTER):
        file.close()
        raise UserError(f"{path}: is a Git LFS pointer, not the file it stands for; fetch that: git lfs pull")
    return file


def read_file(path: Path, at_most: int = LARGEST_TEXT) -> bytes:
    """Return a file's content; a UserError if it has more than ``at_most`` bytes or `opened` refuses it."""
    with opened(path) as file:
        content = file.read(at_most + 1)
    if len(content) > at_most:
        raise UserError(f"{path}: has more than the {at_most:,} bytes that such a file may have; look at it")
    return content


def read_content(path: Path, at_most: int) -> bytes:
    """Return a file's content, without gzip compression if it has one: one byte past ``at_most`` is the last.

    Whether it is compressed is known by its first bytes, not by its name. A file that cannot be read, or is
    damaged before its end, is a UserError.
    """
    try:
        with opened(path) as file:
            compressed = file.peek(len(GZIP_MAGIC)).startswith(GZIP_MAGIC)
            return (gzip.GzipFile(fileobj=file) if compressed else file).read(at_most + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise UserError(
            f"{path}: damaged gzip file ({error}); replace the file by a whole copy of the original"
        ) from error


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's content; a UserError if `opened` refuses it."""
    with opened(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_below(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield path, relative to ``folder``, and bytes of each regular file below it, in alphabetical order.

    Links are followed, but not into a folder that holds them. Hidden files and folders, such as some systems
    leave beside others, and links to nothing are left out; a folder that is not there has no files.

    Raises:
        UserError: a folder cannot be read, or links lead to it `MOST_VISITS` times.
    """
    visits = Counter[tuple[int, int]]()

    def below(place: str, prefix: str, above: Collection[tuple[int, int]]) -> Iterator[tuple[str, int]]:
        try:
            status = os.stat(place)  # noqa: PTH116, faster
            with os.scandir(place) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except FileNotFoundError:
            return
        except OSError as error:
            raise UserError(f"{place}: cannot be read ({error.strerror}); check its permissions") from error
        known = (status.st_dev, status.st_ino)
        visits[known] += 1
        if visits[known] > MOST_VISITS:
            raise UserError(f"{place}: more than {MOST_VISITS} links lead to this folder; remove them")
        for entry in entries:
            if entry.name.startswith("."):
                continue
            try:
                status = entry.stat()
            except OSError:  # a link to what is not there, or to itself
                continue
            if stat.S_ISREG(status.st_mode):
                yield prefix + entry.name, status.st_size
            elif stat.S_ISDIR(status.st_mode) and (status.st_dev, status.st_ino) not in (*above, known):
                yield from below(entry.path, f"{prefix}{entry.name}/", (*above, known))

    yield from below(str(folder), "", ())


def parse_json(content: bytes, kind: type[T], place: str, advice: str = "") -> T:
    """Return JSON text in UTF-8 as an object of ``kind``, as msgspec does.

    Args:
        content: the text.
        kind: a `msgspec.Struct`, or built of plain types.
        place: what to call it in messages.
        advice: what to do, to end them.

    Raises:
        UserError: the text is not JSON to its end, nested too deep, not of ``kind``, or has a key
            twice.
    """
    decoder, keys = _decoder(kind)  # type: ignore[arg-type]
    content, advice = content.removeprefix(codecs.BOM_UTF8), f"; {advice}" if advice else ""
    try:
        parsed: T = decoder.decode(content)
    except RecursionError as error:
        raise UserError(f"{place}: its JSON is nested too deep{advice}") from error
    except (msgspec.ValidationError, UnicodeDecodeError) as error:
        raise UserError(f"{place}: {_message(error)}{advice}") from error
    except msgspec.DecodeError as error:
        found = _BYTE.search(str(error))
        byte = int(found[1]) if found else len(content)
        line = content.count(b"\n", 0, byte) + 1
        where = f"is not JSON in UTF-8 at byte {byte:,}, line {line}"
        broken = where if found else f"breaks off after {byte:,} bytes, in line {line}"
        raise UserError(f"{place}: {broken}{advice}") from error
    # Known keys are first counted, so that of a large file nothing is taken apart that need not be.
    if (b"\\u" in content or max(map(content.count, keys), default=2) > 1) and (
        key := _doubled(content, keys)
    ):
        raise UserError(f"{place}: gives {key} twice, and each key may stand once{advice}")
    return parsed


@cache
def _decoder(kind: Any) -> tuple[msgspec.json.Decoder[Any], tuple[bytes, ...]]:
    """Return the decoder of a kind, and its keys in quotes; none where they are not known."""
    keys = getattr(kind, "__struct_fields__", ())
    return msgspec.json.Decoder(kind), tuple(b'"%s"' % key.encode() for key in keys)


def _doubled(content: bytes, keys: Collection[bytes]) -> str | None:
    """Return a key that the outermost object has twice: one of ``keys``, or any where there are none."""
    depth, met = 0, set[str]()
    for token in _TOKEN.finditer(content):
        if token[0] in (b"{", b"["):
            depth += 1
        elif token[0] in (b"}", b"]"):
            depth -= 1
        elif depth == 1 and token[0].endswith(b":"):
            key = msgspec.json.decode(token[0][:-1], type=str)
            if key in met and (not keys or b'"%s"' % key.encode() in keys):
                return key
            met.add(key)
    return None


def _message(error: Exception) -> str:
    """Return msgspec's message, the field first."""
    if isinstance(error, UnicodeDecodeError):
        return f"expected UTF-8 text, found the byte {error.object[error.start]:#x}"
    parts = _AT.fullmatch(str(error))
    where = parts["where"] if parts else None
    found = (parts["found"] if parts else str(error)).replace("`", "")
    found = found[0].lower() + found[1:]
    return f"{where}: {found}" if where else found


class _Texts(yaml.BaseLoader):
    """Reads every scalar as text: a class `no` stays one. PyYAML would keep the last of equal keys."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        if self.depth > DEEPEST_YAML:
            raise yaml.composer.ComposerError(None, None, "nested too deep", None)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        found = super().construct_mapping(node, deep=True)
        if len(found) < len(node.value):
            raise yaml.constructor.ConstructorError(None, None, "a key stands twice", node.start_mark)
        return found


def parse_yaml(content: bytes, place: str, advice: str) -> dict[str, Any]:
    """Return a YAML mapping whose scalars are all texts; a UserError names the line, ``place`` and advice."""
    try:
        found = _Texts(content).get_single_data()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{place}:{mark.line + 1}" if mark else place
        reason = getattr(error, "problem", None) or getattr(error, "reason", "")
        raise UserError(f"{where}: is not YAML ({reason}); {advice}") from error
    if not isinstance(found, dict):
        raise UserError(f"{place}: expected keys with values, found {str(found)[:40]!r}; {advice}")
    return found


def visible(folder: Path, pattern: str) -> list[Path]:
    """Return what in a folder fits a pattern, sorted; hidden files, which some systems leave, are none."""
    return sorted(path for path in folder.glob(pattern) if not path.name.startswith("."))
