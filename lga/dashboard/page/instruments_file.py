"""A run's `instruments.json`: what was seen inside its Local-Global blocks, epoch by epoch.

As lga/instruments/history.py writes it; of the values that were not finite only their absence is known."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, FiniteFloat, NonNegativeInt, PositiveInt, ValidationError

from lga.run.folder.record import MOST_BYTES
from lga.system.errors import UserError
from lga.system.files import read_regular

Number = FiniteFloat | None


class _Part(BaseModel):
    """Fields that are read here; others are let be."""

    model_config = ConfigDict(frozen=True)


class Values(_Part):
    """Of an alpha, over channels."""

    mean: Number
    least: Number
    most: Number


class Alpha(_Part):
    """Alphas by kind of branches."""

    values: dict[str, Values]


class Gate(_Part):
    """Mean weights by scale, the map itself first, and the entropy as a share of the largest."""

    weights: list[Number]
    entropy: Number
    spread: Number


class Attention(_Part):
    """Of a branch: mean entropy as a share of the largest, and its variance over images."""

    entropy: Number
    variance: Number


class Gradients(_Part):
    """Mean norms by branch and part (q, k, v); the shares of all parameters and of each without gradient."""

    samples: PositiveInt
    norms: dict[str, dict[str, Number]]
    dead: Number
    dead_by_parameter: dict[str, Number]


class Alarm(_Part):
    """A sign of failure in a block, with the epochs that it was first and last seen after."""

    block: str
    sign: str
    first: PositiveInt
    last: PositiveInt
    seen: str
    meaning: str


class Block(_Part):
    """A block after one epoch."""

    contraction: str
    alpha: Alpha
    gradients: Gradients | None
    gate: Gate | None
    attention: dict[str, Attention] | None
    paths: dict[str, Number] | None
    picture: str | None
    kernel: list[list[Number]] | None


class Row(_Part):
    """An epoch (from 1), and the blocks by name."""

    epoch: PositiveInt
    step: NonNegativeInt
    blocks: dict[str, Block]


class Instruments(_Part):
    """The whole file."""

    every: PositiveInt
    images: PositiveInt
    alarms: list[Alarm]
    rows: list[Row]


def read_instruments(path: Path) -> Instruments | None:
    """What lies at `path`; None if nothing does, UserError if it cannot be used."""
    if not path.exists():
        return None
    try:
        return Instruments.model_validate_json(read_regular(path, MOST_BYTES))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise UserError(f"{path}: not what instruments write: {where}: {first['msg']}") from error
