"""The engine: mutates bytes, runs a target on them, and reports what is no one-line refusal.

`make fuzz` runs the targets that `tests.fuzzing.targets` makes; add yours there.
"""

import random
import resource
import signal
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from lga.system.errors import UserError

LIMIT_S = 2
LIMIT_BYTES = 2**29  # that the peak of memory may grow by
TOKENS = (
    b"", b"-", b"-1", b"0", b"1e400", b"1_0", b"nan", b"9" * 30, b"2147483648", "\u0661\u0662".encode(),
    b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n", b"\x1b[31m", "\u202e\u2028".encode(), b"../../x",
    b"/etc/passwd", b"[" * 3000, b'{"id":', b"}", b"]", b'"', b"'", b",", b";", b"<a>" * 500, b"</object>",
    b"&lol;", b"null", b"true", b"A" * 2000,
)  # fmt: skip


class Target(NamedTuple):
    """What is fuzzed.

    Attributes:
        name: for reports.
        seeds: contents that it accepts.
        run: reads one mutated content; may raise UserError, and nothing else.
    """

    name: str
    seeds: list[bytes]
    run: Callable[[bytes], object]


class Failure(NamedTuple):
    """A content that was not refused in one line."""

    target: str
    why: str
    content: bytes


class _TooLongError(BaseException):
    """Raised in whatever runs longer than `LIMIT_S`."""


def mutated(seed: bytes, draw: random.Random) -> bytes:
    """Return the seed after one to four changes: bits flipped, runs cut or doubled, tokens put in."""
    content = bytearray(seed)
    for _ in range(draw.choice((1, 1, 1, 2, 4))):
        start = draw.randrange(len(content) + 1)
        stop = min(len(content), start + draw.choice((1, 2, 4, 16, 64)))
        kind = draw.randrange(7)
        if kind == 0 and start < len(content):
            content[start] ^= 1 << draw.randrange(8)
        elif kind == 1:
            del content[start:stop]
        elif kind == 2:
            content[start:start] = content[start:stop]
        elif kind == 3:
            content[start:stop] = draw.choice(TOKENS)
        elif kind == 4:
            content[start:start] = draw.choice(TOKENS)
        elif kind == 5:
            digits = [place for place, byte in enumerate(content) if byte in b"0123456789"]
            if digits:
                place = draw.choice(digits)
                content[place : place + draw.choice((1, 3))] = draw.choice(TOKENS)
        else:
            del content[start:]
    return bytes(content)


def fuzz(
    target: Target, count: int, seed: int = 0, most_s: float = float("inf")
) -> tuple[int, list[Failure]]:
    """Return on how many mutations, up to ``count`` or for ``most_s`` seconds, a target ran, and failures."""
    draw, failures = random.Random(f"{target.name} {seed}"), []
    for content in target.seeds:
        target.run(content)  # accepted as they are
    before, until = _peak(), time.monotonic() + most_s
    for done in range(count):
        if time.monotonic() > until:
            return done, failures
        content = mutated(draw.choice(target.seeds), draw)
        if why := _wrong(target, content, before):
            failures.append(Failure(target.name, why, content))
    return count, failures


def _wrong(target: Target, content: bytes, before: int) -> str | None:
    """Return what is wrong with how a target takes a content, or None."""

    def stop(number: int, frame: object) -> None:
        raise _TooLongError

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, LIMIT_S)
    try:
        target.run(content)
    except UserError as error:
        message = str(error)
        return (
            None
            if message and "\n" not in message and len(message) < 2000
            else f"not one line: {message[:80]!r}"
        )
    except _TooLongError:
        return f"longer than {LIMIT_S} s: {traceback.format_exc()[-300:]}"
    except Exception:
        return traceback.format_exc()[-1500:]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    return f"memory grew by {_peak() - before:,} bytes" if _peak() - before > LIMIT_BYTES else None


def _peak() -> int:
    return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def keep(folder: Path, failures: list[Failure]) -> None:
    """Write the contents of failures, to be run again."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, failure in enumerate(failures):
        (folder / f"{failure.target}-{number}").write_bytes(failure.content)
