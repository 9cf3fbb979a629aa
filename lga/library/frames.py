"""Rows as a table of pandas, which is no dependency (`lga[frames]`)."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any


def frame(rows: Sequence[Mapping[str, Any]]) -> Any:
    """Return a pandas DataFrame of the rows where pandas is installed, else a list of dicts."""
    if find_spec("pandas") is None:
        return [dict(row) for row in rows]
    import pandas

    return pandas.DataFrame(rows)
