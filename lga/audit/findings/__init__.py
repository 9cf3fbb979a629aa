"""What an audit of the paper, its spreadsheet and its code turns up, each finding measured here."""

from dataclasses import dataclass


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

    number: int
    title: str
    published: str
    measured: str
    meaning: str
    holds: bool
