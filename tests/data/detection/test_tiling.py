"""Tiles: windows and boxes by hand, windows against the toolchain's rule as it is published, merging back."""

from math import ceil

import numpy as np
import pytest

from lga.data.detection.tiling import TilingRule, cut, tiled_source, windows_of
from lga.detection.judging import whole_images
from lga.structures.annotations import Annotations, Ignored
from lga.system.errors import UserError
from tests.data.detection.sources import flat, source_of, targets_of
from tests.detection.judging.cases import collected

TINY_PERSON = TilingRule((640, 512), (50, 50), 0.49, 0.5)
DOTA = TilingRule((1024, 1024), (200, 200), 0.7, 0.5)


def truth_of(*boxes, size=(100, 100), ignored=None, labels=None):
    """One image with these boxes."""
    count = len(boxes)
    return Annotations.of_arrays(
        names=np.array(["a.png"]),
        sizes=np.array([size]),
        image=np.zeros(count, np.int64),
        boxes=np.array(boxes, float).reshape(-1, 4),
        labels=np.arange(count) if labels is None else np.array(labels),
        ignored=np.zeros(count, np.uint8) if ignored is None else np.array(ignored, np.uint8),
    )


def windows(width, height, rule):
    return windows_of(np.array([[width, height]]), rule).extent.tolist()


def test_the_published_corners_of_tiny_person():
    """Of 1280 x 720 pixels, as the set's file of crops has them: x 0, 590, 640 and y 0, 208."""
    assert windows(1280, 720, TINY_PERSON) == [
        [0, 0, 640, 512],
        [590, 0, 1230, 512],
        [640, 0, 1280, 512],
        [0, 208, 640, 720],
        [590, 208, 1230, 720],
        [640, 208, 1280, 720],
    ]


def test_windows_of_dota():
    """A step of 824; of 2000 pixels the third window moves from 1648 back to 976."""
    assert windows(700, 700, DOTA) == [[0, 0, 700, 700]]
    assert windows(1024, 300, DOTA) == [[0, 0, 1024, 300]]
    assert windows(2000, 1025, DOTA) == [
        [0, 0, 1024, 1024],
        [824, 0, 1848, 1024],
        [976, 0, 2000, 1024],
        [0, 1, 1024, 1025],
        [824, 1, 1848, 1025],
        [976, 1, 2000, 1025],
    ]


def toolchains_windows(width, height, size=1024, gap=200, least_fill=0.6):
    """The rule step by step as published, with the share of the image that `tiling` does without."""
    step, found = size - gap, []
    columns = 1 if width <= size else ceil((width - size) / step + 1)
    rows = 1 if height <= size else ceil((height - size) / step + 1)
    for row in range(rows):
        for column in range(columns):
            x, y = step * column, step * row
            if columns > 1 and x + size > width:
                x = width - size
            if rows > 1 and y + size > height:
                y = height - size
            found.append([x, y, min(x + size, width), min(y + size, height)])
    fills = [(x2 - x1) * (y2 - y1) / size**2 for x1, y1, x2, y2 in found]
    if max(fills) <= least_fill:
        return [window for window, fill in zip(found, fills, strict=True) if fill == max(fills)]
    return [window for window, fill in zip(found, fills, strict=True) if fill > least_fill]


@pytest.mark.parametrize("width", [1, 300, 700, 1023, 1024, 1025, 1848, 1849, 2672, 4000, 12029])
@pytest.mark.parametrize("height", [1, 615, 1024, 1100, 5014])
def test_windows_of_the_toolchain(width, height):
    assert windows(width, height, DOTA) == toolchains_windows(width, height)


def test_windows_of_several_images():
    found = windows_of(np.array([[700, 700], [1100, 900], [5, 5]]), DOTA)
    assert found.image.tolist() == [0, 1, 1, 2]
    assert found.extent[:, 0].tolist() == [0, 0, 76, 0]
    assert windows_of(np.zeros((0, 2), np.int64), DOTA).extent.shape == (0, 4)


def test_what_a_tile_shows():
    """Windows of 100 pixels begin at x 0 and 60 of an image of 160 x 100, and a share of 0.7 counts.

    Of the boxes: 0 is on the left tile alone; 1 whole on both; 2 and 3 whole on the right, of 10 pixels of
    their widths 7 and 6 are on the left; 4 touches the left tile from outside; of 5's width 20 of 30 pixels
    are on the right; 6 was to be ignored before and stays what it was; 7 reaches 5 of 10 pixels above.
    """
    rule = TilingRule((100, 100), (40, 40), 0.7, 0.5)
    boxes = (
        [10, 20, 20, 30],
        [70, 20, 80, 30],
        [93, 40, 103, 50],
        [94, 60, 104, 70],
        [100, 80, 110, 90],
        [50, 0, 80, 20],
        [55, 50, 65, 60],
        [5, -5, 15, 5],
    )
    reasons = [Ignored.OBJECT] * 8
    reasons[6] = Ignored.DIFFICULT
    truth = truth_of(*boxes, size=(160, 100), ignored=reasons)
    cuts = windows_of(truth.sizes, rule)
    assert cuts.extent.tolist() == [[0, 0, 100, 100], [60, 0, 160, 100]]
    shown = cut(truth, cuts, rule.object_share)
    found = [
        (tile, label, box, Ignored(code).name)
        for tile, box, label, code in zip(
            shown.image, shown.boxes.tolist(), shown.labels, shown.ignored, strict=True
        )
    ]
    assert found == [
        (0, 0, [10, 20, 20, 30], "OBJECT"),
        (0, 1, [70, 20, 80, 30], "OBJECT"),
        (0, 2, [93, 40, 100, 50], "OBJECT"),
        (0, 3, [94, 60, 100, 70], "CUT"),
        (0, 5, [50, 0, 80, 20], "OBJECT"),
        (0, 6, [55, 50, 65, 60], "DIFFICULT"),
        (0, 7, [5, 0, 15, 5], "CUT"),
        (1, 1, [10, 20, 20, 30], "OBJECT"),
        (1, 2, [33, 40, 43, 50], "OBJECT"),
        (1, 3, [34, 60, 44, 70], "OBJECT"),
        (1, 4, [40, 80, 50, 90], "OBJECT"),
        (1, 5, [0, 0, 20, 20], "CUT"),
        (1, 6, [0, 50, 5, 60], "DIFFICULT"),
    ]


def test_the_root_of_the_area_of_tiny_person():
    """7 of 10 pixels each way are a share of 0.49, root 0.7, an object; 6.99 one way are not."""
    rule = TilingRule((100, 100), (0, 0), 0.49, 0.5)
    truth = truth_of([93, 93, 103, 103], [93.01, 93, 103.01, 103], size=(200, 200))
    shown = cut(truth, windows_of(truth.sizes, rule), rule.object_share)
    assert shown.image.tolist()[:2] == [0, 0]
    assert [Ignored(code).name for code in shown.ignored[:2]] == ["OBJECT", "CUT"]


def test_an_image_without_boxes():
    truth = truth_of()
    assert cut(truth, windows_of(truth.sizes, DOTA), 0.7).boxes.shape == (0, 4)


def test_detections_come_back_to_the_whole_image():
    """Each tile's boxes as its detections: of an object that two tiles show whole the better one stays.

    The object at x 70 is seen on both tiles, that at 10 on the left one, that at 150 on the right one, at 90
    there. The second image is one tile.
    """
    rule = TilingRule((100, 100), (40, 40), 0.7, 0.5)
    whole = source_of(
        [flat(160, 100, 0, 0, 0), flat(50, 40, 0, 0, 0)],
        [targets_of([(10, 20, 20, 30), (70, 20, 80, 30), (150, 5, 160, 15)]), targets_of([(5, 5, 15, 25)])],
    )
    tiles = tiled_source(whole, windows_of(whole.sizes, rule), rule, whole.images)
    assert tiles.sizes.tolist() == [[100, 100], [100, 100], [50, 40]]
    detections = [
        (tile, tuple(box), 0.9 - 0.1 * tile, label)
        for tile in range(len(tiles))
        for box, label in zip(*(column.tolist() for column in tiles.targets(tile)[:2]), strict=True)
    ]
    found = whole_images(collected(detections), tiles.truth, tiles.views)
    assert found.images.tolist() == [0, 1]
    assert sorted(found.detections[:, :6].round(6).tolist()) == [
        [0, 10, 20, 20, 30, 0.9],
        [0, 70, 20, 80, 30, 0.9],
        [0, 150, 5, 160, 15, 0.8],
        [1, 5, 5, 15, 25, 0.7],
    ]
    assert found.truth.boxes.tolist() == whole.truth.boxes.tolist()
    assert found.truth.sizes.tolist() == [[160, 100], [50, 40]]


SETTINGS = {"size": [640, 512], "overlap": [50, 50], "object_share": 0.49, "merge_iou": 0.5}


def test_a_rule_of_settings():
    assert TilingRule.of_settings(SETTINGS) == TINY_PERSON


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"gap": 3}, r"tiling\.gap: no such setting; valid: size, overlap, object_share, merge_iou"),
        ({"size": 640}, r"tiling\.size=640: expected two whole numbers"),
        ({"size": [640, 512.5]}, r"tiling\.size=\[640, 512\.5\]: expected two whole numbers"),
        ({"overlap": [50, 512]}, r"tiling\.overlap=\[50, 512\]: an overlap must be from 0 to below the size"),
        ({"overlap": [-1, 0]}, r"an overlap must be from 0 to below the size"),
        ({"object_share": 0}, r"tiling\.object_share=0 is impossible: it must be above 0 and at most 1"),
        ({"merge_iou": 1.5}, r"tiling\.merge_iou=1\.5 is impossible"),
    ],
)
def test_impossible_settings(changes, expected):
    with pytest.raises(UserError, match=expected):
        TilingRule.of_settings({**SETTINGS, **changes})


def test_a_missing_setting():
    with pytest.raises(UserError, match=r"tiling\.overlap is missing; tiling=null leaves images whole"):
        TilingRule.of_settings({key: value for key, value in SETTINGS.items() if key != "overlap"})
