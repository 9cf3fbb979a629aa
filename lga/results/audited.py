"""The kept audit, as `make audit` writes it: counts row by row, and the findings."""

from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, NonNegativeInt, ValidationError
from pydantic.dataclasses import dataclass

from lga.results.published import FIGURE_SETS, PUBLISHED, PublishedRow
from lga.system.errors import UserError

KEPT_AUDIT = PUBLISHED.parents[1] / "audit" / "audit.json"

Count = Annotated[int, Field(gt=0)]


class _Part(BaseModel):
    """Fields that are read here; others are let be."""

    model_config = ConfigDict(frozen=True)


class Counts(_Part):
    """Of a network that was built: parameters, and GFLOPs in the paper's convention and true ones."""

    parameters: Count
    gflops_paper: FiniteFloat
    gflops: FiniteFloat


class Published(_Part):
    """What identifies a published row, and its counts."""

    tables: tuple[str, ...]
    dataset: str
    model: str
    attention: str
    parameters: Count
    gflops: FiniteFloat


class Explanation(_Part):
    """The network that a row really counts, in a few words and in a sentence."""

    name: str
    text: str


class Row(_Part):
    """A published row beside the network that it names."""

    published: Published
    status: str
    counts: Counts
    explanation: Explanation | None


@dataclass(frozen=True)
class Finding:
    """A finding and its evidence; plain text, one or two sentences each.

    Attributes:
        number: from 1, as in the audit.
        title: the finding.
        published: what the paper or its spreadsheet says, or leads one to think.
        measured: what this project measured, with the numbers.
        meaning: for a reader of the published tables.
        holds: whether the measurement bears the finding out.
    """

    number: NonNegativeInt
    title: str
    published: str
    measured: str
    meaning: str
    holds: bool


class Audit(_Part):
    """The whole audit; `summary` counts its rows, and those of each status."""

    summary: dict[str, NonNegativeInt]
    conventions: dict[str, str]
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]

    def of(self, row: PublishedRow) -> Row | None:
        """Find the row with the same counts, for a curve that of as many classes; None if there is none."""
        names = FIGURE_SETS.get(row.dataset, row.dataset), row.model, row.attention
        found = (
            r for r in self.rows if (r.published.dataset, r.published.model, r.published.attention) == names
        )
        return next(found, None)


def read_audit(path: Path) -> Audit | None:
    """Return the audit at `path`; None if there is none, UserError if it cannot be used."""
    if not path.is_file():
        return None
    try:
        return Audit.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        reason = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        raise UserError(f"{path}: not an audit of this version ({reason}); run make audit again") from error


@cache
def kept_audit() -> Audit | None:
    """Read the audit that the repository keeps, once."""
    return read_audit(KEPT_AUDIT)
