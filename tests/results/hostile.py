"""Records and overrides with something wrong in them: drawn at random, for the tests and for `make fuzz`.

Each target takes a random generator, makes one input and gives it to the code; what it raises is a finding.
"""

import json
import random
from pathlib import Path

from lga.config.compose import CONFIG_ERRORS, compose, explain
from lga.config.frozen_run import freeze
from lga.config.schema import Config
from lga.results.collect import Collection, collect
from lga.system.digests import digest
from lga.system.errors import UserError
from tests.results.made_records import leave_run, made_record

VALUES = (
    *(None, True, 0, -1, 2**70, 0.5, 1e308, -1.7e308, float("nan"), float("inf")),
    *("", "a" * 300, "\x1b[31m", "\ud800", "\u202e", "../..", "<script>", "2026-13-45T99:99:99"),
    *([], [1], {}, {"a": {"b": [1, {}]}}, [[[[[[]]]]]]),
)
WORDS = (
    "nan",
    "inf",
    "-1",
    "1e400",
    "''",
    "null",
    "true",
    "[1,2]",
    "{a: 1}",
    "${seed}",
    "${oc.env:HOME}",
    "x" * 200,
)
PIECES = (
    *WORDS,
    "=",
    ",",
    "+",
    "++",
    "~",
    "--",
    "#",
    "'",
    '"',
    "[",
    "]",
    "{",
    "${",
    "/",
    "..",
    "\\",
    "@",
    ":",
    " ",
    "\n",
    "é",
)


def places(content: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    """Return the path of every value in JSON content."""
    items = (
        content.items()
        if isinstance(content, dict)
        else enumerate(content)
        if isinstance(content, list)
        else ()
    )
    return [path, *(place for key, value in items for place in places(value, (*path, key)))]


def spoilt_record(draw: random.Random) -> bytes:
    """Return a record's file with one to three values, names or bytes changed; half of them signed again."""
    content = made_record(seed=draw.randrange(5)).model_dump(mode="json")
    for _ in range(draw.randint(1, 3)):
        *parents, key = draw.choice(places(content)[1:])
        node = content
        for parent in parents:
            node = node[parent]
        if isinstance(node, dict) and draw.random() < 0.3:
            node[draw.choice(("a", "", "\x00", "\ud800", "k" * 300))] = node.pop(key)
        else:
            node[key] = draw.choice(VALUES)
    if draw.random() < 0.7:
        content["digest"] = digest(content)
    file = json.dumps(content).encode()
    if draw.random() < 0.1:
        position = draw.randrange(len(file))
        file = file[:position] + draw.randbytes(draw.randint(0, 4)) + file[position + draw.randint(0, 40) :]
    return file


def try_record(draw: random.Random, folder: Path) -> Collection:
    """Collect a spoilt record beside a good one, which must stay."""
    if not (folder / "good").exists():
        leave_run(folder / "good", made_record(seed=9))
    (folder / "spoilt").mkdir(exist_ok=True)
    (folder / "spoilt" / "result.json").write_bytes(spoilt_record(draw))
    found = collect(folder)
    assert any(run.record.cell.seed == 9 for run in found.runs)
    assert len(found.runs) + len(found.problems) == 2
    return found


def keys(schema: type = Config, prefix: str = "") -> list[str]:
    """Return the keys of the schema, with dots."""
    found = []
    for name, field in schema.__dataclass_fields__.items():
        own = getattr(field.default_factory, "__dataclass_fields__", None)
        found += keys(field.default_factory, f"{prefix}{name}.") if own else [prefix + name]
    return found


def spoilt_override(draw: random.Random) -> str:
    """Return an override of a real key with an odd value, or one made of pieces."""
    if draw.random() < 0.6:
        return f"{draw.choice(keys())}={draw.choice(WORDS)}"
    return "".join(draw.choice((*PIECES, *keys())) for _ in range(draw.randint(1, 5)))


def try_override(draw: random.Random) -> str | None:
    """Compose and freeze with a spoilt override; return the one line that it is answered with, if it is."""
    override = spoilt_override(draw)
    try:
        freeze(compose([override]), (override,))
    except UserError as error:
        line = str(error)
    except CONFIG_ERRORS as error:
        line = str(UserError(explain(error, [override])))
    else:
        return None
    assert line, override
    assert "\n" not in line, override
    return line
