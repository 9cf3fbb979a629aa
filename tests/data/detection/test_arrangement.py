"""Places of images and boxes; every number worked out by hand from the module's rule.

A point at x of the canvas lies at zoom * (x - middle) + (0.5 + shift) * side on the result.
"""

import numpy as np
import pytest

from lga.data.detection.geometry import arrange_four, arrange_one
from tests.data.detection.sources import flat, targets_of

SQUARE = (100, 100)
COLOURS = ((10, 0, 0), (20, 0, 0), (30, 0, 0), (40, 0, 0))


def four(centre=(0.5, 0.5), zoom=1.0, shift=(0.0, 0.0), sizes=(SQUARE,) * 4):
    return arrange_four(sizes, 100, centre, zoom, shift)


def test_a_mosaic_unscaled_shows_the_inner_quarter_of_each_image():
    arrangement = four()
    canvas = arrangement.draw([flat(100, 100, *colour) for colour in COLOURS])
    assert canvas.shape == (100, 100, 3)
    for number, part in enumerate((canvas[:50, :50], canvas[:50, 50:], canvas[50:, :50], canvas[50:, 50:])):
        assert (part == COLOURS[number]).all()


def test_a_mosaic_shows_the_right_pixels():
    """Pixel (70, 60) of the upper left image, whose corner is at (-50, -50), lands on (20, 10)."""
    images = [flat(100, 100, *colour) for colour in COLOURS]
    images[0][60, 70] = 255
    canvas = four().draw(images)
    assert (canvas[10, 20] == 255).all()
    assert (canvas == 255).sum() == 3


def test_boxes_of_a_mosaic():
    """Upper left: corner (-50, -50). Lower right: (50, 50). The upper right one's box is cut off entirely."""
    mapped = four().map(
        [
            targets_of([(60, 60, 80, 90)], [1]),
            targets_of([(60, 60, 90, 90)], [2]),
            targets_of(),
            targets_of([(10, 20, 30, 40), (30, 30, 80, 45)], [3, 4], [True, False]),
        ]
    )
    assert mapped.boxes.tolist() == [[10, 10, 30, 40], [60, 70, 80, 90], [80, 80, 100, 95]]
    assert mapped.labels.tolist() == [1, 3, 4]
    assert mapped.ignore.tolist() == [False, True, False]


def test_a_mosaic_at_half_size_shows_all_of_it():
    """The canvas of 200 becomes the square of 100; each image is 50 x 50."""
    mapped = four(zoom=0.5).map([targets_of([(20, 40, 60, 80)]), *[targets_of()] * 3])
    assert mapped.boxes.tolist() == [[10, 20, 30, 40]]
    assert four(zoom=0.5).extent == (0, 0, 100, 100)


def test_the_point_of_a_mosaic():
    """Centre (0, 1) is (50, 150) of the canvas, (0, 100) of the result: only the upper right image shows."""
    canvas = four(centre=(0.0, 1.0)).draw([flat(100, 100, *colour) for colour in COLOURS])
    assert (canvas == COLOURS[1]).all()


def test_a_mosaic_cuts_images_at_its_canvas():
    """At centre (0, 0.5) the upper left image, 100 wide, reaches 50 pixels beyond the canvas of 200."""
    arrangement = four(centre=(0.0, 0.5), zoom=0.5)
    assert arrangement.placements[0].corner == (25 - 50, 0)
    canvas = arrangement.draw([flat(100, 100, *colour) for colour in COLOURS])
    assert (canvas[:50, :25] == COLOURS[0]).all()
    assert (canvas[:50, 25:75] == COLOURS[1]).all()
    assert (canvas[:, 75:] == 114).all()
    # Of the 50 px wide box half lies on the canvas; the area that counts as whole is that half.
    mapped = arrangement.map([targets_of([(0, 0, 100, 40)]), *[targets_of()] * 3])
    assert mapped.boxes.tolist() == [[0, 0, 25, 20]]


def test_a_mosaic_is_padded_where_an_image_is_small():
    """A 100 x 50 image at the upper left ends at the seam; above it is padding."""
    canvas = four(zoom=0.5, sizes=((100, 50), SQUARE, SQUARE, SQUARE)).draw(
        [flat(100, 50, 10, 0, 0), *(flat(100, 100, *colour) for colour in COLOURS[1:])]
    )
    assert (canvas[:25, :50] == 114).all()
    assert (canvas[25:50, :50] == COLOURS[0]).all()


@pytest.mark.parametrize(
    ("zoom", "shift", "corner", "resized", "box"),
    [
        (1.0, (0.0, 0.0), (0, 25), (100, 50), [10, 45, 50, 55]),
        (1.0, (0.1, -0.05), (10, 20), (100, 50), [20, 40, 60, 50]),
        (0.5, (0.0, 0.0), (25, 38), (50, 25), [30, 48, 50, 53]),  # 37.5 is rounded to the even 38
        (1.5, (0.0, 0.0), (-25, 12), (150, 75), [0, 42, 50, 57]),  # -10 cut at 0; 12.5 is rounded to 12
    ],
)
def test_one_image(zoom, shift, corner, resized, box):
    """A 200 x 100 image on a square of 100, with the box (20, 40, 100, 60)."""
    arrangement = arrange_one((200, 100), 100, zoom, shift)
    (placement,) = arrangement.placements
    assert (placement.corner, placement.resized) == (corner, resized)
    assert arrangement.map([targets_of([(20, 40, 100, 60)])]).boxes.tolist() == [box]


def test_one_image_unscaled_is_itself():
    image = np.random.default_rng(0).integers(0, 256, (60, 60, 3)).astype(np.uint8)
    assert (arrange_one((60, 60), 60, 1.0, (0.0, 0.0)).draw([image]) == image).all()


def test_a_one_pixel_wide_image():
    image = flat(1, 50, 7, 7, 7)
    canvas = arrange_one((1, 50), 100, 1.0, (0.0, 0.0)).draw([image])
    assert (canvas[:, 49:51] == 7).all()  # 2 pixels wide, in the middle
    assert (canvas == 7).sum() == 2 * 100 * 3
    mapped = arrange_one((1, 50), 100, 0.5, (0.0, 0.0)).map([targets_of([(0, 0, 1, 50)])])
    assert len(mapped.labels) == 0  # 1 pixel wide
