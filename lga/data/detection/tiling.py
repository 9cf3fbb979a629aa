"""Cuts whole images into tiles that overlap: which windows there are, and which boxes each tile shows.

Two published rules are this one. DOTA's toolchain cuts windows of 1024 pixels that share 200, and keeps an
object on a tile that shows at least 0.7 of its area; TinyPerson's own tools cut 640 x 512 that share 50, and
ask for 0.7 of the root of the area, a share of 0.49. In both, windows lie at multiples of size less overlap,
the last is moved back to the image's border, and an image smaller than a window is one tile, unpadded. DOTA's
rule to drop windows of which the image fills 0.6 or less, but the best, is left out: since the last window is
moved back, an image fills all of its windows alike, and none is ever dropped.

Deviations: shares are of horizontal boxes, where DOTA's toolchain takes polygons; boxes are clipped to their
tile; an object of which a tile shows less than the share is kept there as `Ignored.CUT`, where both published
rules forget it. The detector's loss leaves out what is to be ignored, so that it trains as they do.

Axes: N images, V tiles of all of them, M boxes of all images, v tiles of one, T boxes of all tiles.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import PurePosixPath
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from lga.data.detection.image_stores import ImageStore
from lga.data.detection.splits import DetectionSource
from lga.structures.annotations import Annotations, Ignored, Views
from lga.system.errors import UserError


@dataclass(frozen=True)
class TilingRule:
    """How images are cut.

    Attributes:
        size: width and height of a tile, pixels.
        overlap: pixels that neighbours share along x and along y, at least.
        object_share: least share of its area that a tile must show of an object.
        merge_iou: overlap from which detections of neighbouring tiles are one.
    """

    size: tuple[int, int]
    overlap: tuple[int, int]
    object_share: float
    merge_iou: float

    def __post_init__(self) -> None:
        for side, shared in zip(self.size, self.overlap, strict=True):
            if not 0 <= shared < side:
                raise UserError(
                    f"tiling.size={list(self.size)}, tiling.overlap={list(self.overlap)}: "
                    "an overlap must be from 0 to below the size"
                )
        for name, value in (("object_share", self.object_share), ("merge_iou", self.merge_iou)):
            if not 0 < value <= 1:
                raise UserError(f"tiling.{name}={value} is impossible: it must be above 0 and at most 1")

    @classmethod
    def of_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Return the rule of a config's entry, whose keys are the attributes.

        Raises:
            UserError: a key is unknown or missing, or a value is impossible.
        """
        names = [field.name for field in fields(cls)]
        if unknown := sorted(set(settings) - set(names)):
            raise UserError(f"tiling.{unknown[0]}: no such setting; valid: {', '.join(names)}")
        if missing := sorted(set(names) - set(settings)):
            raise UserError(f"tiling.{missing[0]} is missing; tiling=null leaves images whole")
        pairs = {name: _pair(name, settings[name]) for name in ("size", "overlap")}
        return cls(**{**settings, **pairs})


class Windows(NamedTuple):
    """The tiles of N images.

    Attributes:
        image: (V,), int64, ascending.
        extent: (V, 4), int64, xyxy pixels on the image.
    """

    image: NDArray[np.int64]
    extent: NDArray[np.int64]


def windows_of(sizes: NDArray[np.int64], rule: TilingRule) -> Windows:
    """Return the windows of images of ``sizes`` (N, 2), width and height: row by row on each."""
    extents = [_windows(width, height, rule) for width, height in sizes.tolist()]
    image = np.repeat(np.arange(len(sizes)), [len(extent) for extent in extents])
    return Windows(image, np.concatenate([np.zeros((0, 4), np.int64), *extents]))


def cut(
    truth: Annotations, windows: Windows, object_share: float, counted: Collection[Ignored] = ()
) -> Annotations:
    """Return the tiles with the part of each box that each shows, if any; ``counted`` ones are objects too.

    Boxes are in pixels of their tile and clipped to it; their areas stay those of the whole boxes.
    """
    first_box = truth.offsets
    first_tile = np.searchsorted(windows.image, np.arange(len(truth) + 1))
    # What a tile shows of box `source` begins as rows of (tile, source) and becomes boxes all at once.
    rows = [np.zeros((0, 2), np.int64)]
    for image in np.unique(truth.image).tolist():
        boxes = truth.boxes[first_box[image] : first_box[image + 1]]
        extents = windows.extent[first_tile[image] : first_tile[image + 1]]
        low = np.maximum(boxes[:, :2], extents[:, None, :2])
        high = np.minimum(boxes[:, 2:], extents[:, None, 2:])
        rows.append(np.argwhere((high > low).all(2)) + np.array((first_tile[image], first_box[image])))
    tile, source = np.concatenate(rows).T
    return _parts(truth, windows, object_share, (Ignored.OBJECT, *counted), tile, source)


def tiled_source(
    source: DetectionSource,
    windows: Windows,
    rule: TilingRule,
    images: ImageStore,
) -> DetectionSource:
    """Return the split of the tiles; the whole images stay known, so that they can be judged.

    Args:
        source: the split of the whole images.
        windows: of its images.
        rule: that gave them.
        images: pixels of the tiles, in the order of ``windows``.
    """
    return replace(
        source,
        images=images,
        annotations=cut(source.truth, windows, rule.object_share, source.counted),
        whole=source.truth,
        views=Views(windows.image, windows.extent[:, :2].astype(np.float64), rule.merge_iou),
    )


def _parts(
    truth: Annotations,
    windows: Windows,
    object_share: float,
    objects: tuple[Ignored, ...],
    tile: NDArray[np.int64],
    source: NDArray[np.int64],
) -> Annotations:
    """Return the boxes of rows (tile, source): what ``tile`` (T,) shows of box ``source`` (T,)."""
    boxes, extents = truth.boxes[source], windows.extent[tile]
    low = np.maximum(boxes[:, :2], extents[:, :2])
    high = np.minimum(boxes[:, 2:], extents[:, 2:])
    share = (high - low).prod(1) / (boxes[:, 2:] - boxes[:, :2]).prod(1)
    is_cut = np.isin(truth.ignored[source], objects) & (share < object_share)
    ignored = np.where(is_cut, np.uint8(Ignored.CUT), truth.ignored[source])
    corners = extents[:, :2]
    starts = windows.extent[:, :2]
    whole = zip(truth.names[windows.image].tolist(), *starts.T.tolist(), strict=True)
    return Annotations(
        names=np.array([_tile_name(*tile) for tile in whole], np.str_),
        sizes=windows.extent[:, 2:] - starts,
        sources=truth.sources[windows.image],
        image=tile,
        boxes=np.concatenate((low - corners, high - corners), 1),
        labels=truth.labels[source],
        ignored=ignored,
        areas=truth.areas[source],
        lines=truth.lines[source],
        unit=truth.unit,
    )


def _windows(width: int, height: int, rule: TilingRule) -> NDArray[np.int64]:
    """Return the windows of one image, (v, 4)."""
    xs = _starts(width, rule.size[0], rule.overlap[0])
    ys = _starts(height, rule.size[1], rule.overlap[1])
    y1, x1 = (grid.ravel() for grid in np.meshgrid(ys, xs, indexing="ij"))
    x2, y2 = np.minimum(x1 + rule.size[0], width), np.minimum(y1 + rule.size[1], height)
    return np.stack((x1, y1, x2, y2), 1)


def _starts(length: int, side: int, overlap: int) -> NDArray[np.int64]:
    step = side - overlap
    count = max(1, -(-(length - overlap) // step))  # rounded up
    return np.minimum(np.arange(count) * step, max(0, length - side))


def _tile_name(image: str, x: int, y: int) -> str:
    path = PurePosixPath(image)
    return str(path.with_stem(f"{path.stem}__{x}__{y}"))


def _pair(name: str, value: object) -> tuple[int, int]:
    pair = tuple(value) if isinstance(value, list | tuple) else ()
    if len(pair) != 2 or not all(isinstance(part, int) for part in pair):
        raise UserError(f"tiling.{name}={value}: expected two whole numbers of pixels, along x and along y")
    return pair
