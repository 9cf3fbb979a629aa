"""How much of a box lies in any of several regions, exactly: regions may overlap, coordinates be fractions.

The regions' edges cut the plane into a grid, whose cells lie in a region or in none; a box has in common with
a cell the product of what it has in common with its column and with its row.

Shapes: N boxes, R regions, X columns, Y rows.
"""

import numpy as np

from lga.detection.judging.collector import Floats
from lga.detection.judging.native.overlaps import Bools


def covered_share(boxes: Floats, regions: Floats) -> Floats:
    """Return the share of each box (N, 4) that regions (R, 4) cover (N,), 0 where it has no area; xyxy."""
    if not len(regions):
        return np.zeros(len(boxes))
    columns, rows = np.unique(regions[:, [0, 2]]), np.unique(regions[:, [1, 3]])
    in_columns = _columns_inside(regions[:, [0, 2]], columns).astype(float)
    in_rows = _columns_inside(regions[:, [1, 3]], rows).astype(float)
    inside = in_columns.T @ in_rows > 0
    widths = _common_lengths(boxes[:, [0, 2]], columns)
    heights = _common_lengths(boxes[:, [1, 3]], rows)
    covered = ((widths @ inside.astype(float)) * heights).sum(1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(1)
    share: Floats = np.divide(covered, areas, out=np.zeros(len(boxes)), where=areas > 0)
    return share


def _columns_inside(spans: Floats, edges: Floats) -> Bools:
    """Return which columns between edges (X + 1,) lie in which spans (R, 2), as (R, X)."""
    return (spans[:, :1] <= edges[:-1]) & (edges[1:] <= spans[:, 1:])


def _common_lengths(spans: Floats, edges: Floats) -> Floats:
    """Return what spans (N, 2) have in common with the columns between edges (X + 1,), as (N, X)."""
    lengths: Floats = (np.minimum(spans[:, 1:], edges[1:]) - np.maximum(spans[:, :1], edges[:-1])).clip(0)
    return lengths
