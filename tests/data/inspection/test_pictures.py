"""Contact sheets, pixel by pixel where a box's place on them can be computed; files of every part."""

import numpy as np
from PIL import Image

from lga.data.inspection.contact_sheet import (
    CAPTION,
    CELL,
    COLUMNS,
    MARGIN,
    REASON_COLOURS,
    Pictured,
    class_colour,
    contact_sheet,
    draw_ignored,
    draw_object,
)
from lga.structures.annotations import Annotations, Ignored
from lga.system.errors import UserError
from tests.data.inspection.stores import PlainImages


def pictured(count, side=100, images=None):
    """Every image has a box of class 1 from (10, 20) to (50, 60) and an ignored one of no class."""
    return Pictured(
        title="made train",
        images=images or PlainImages(count, side),
        captions=[str(number) for number in range(count)],
        table=Annotations.of_arrays(
            names=np.arange(count).astype(str),
            sizes=np.full((count, 2), side),
            image=np.repeat(np.arange(count), 2),
            boxes=np.tile(np.array([[10.0, 20, 50, 60], [60, 60, 90, 90]]), (count, 1)),
            labels=np.tile(np.array([1, -1]), count),
            ignored=np.tile(np.array([Ignored.OBJECT, Ignored.REGION], np.uint8), count),
        ),
        class_names=("cat", "dog"),
    )


def test_a_box_lies_where_its_image_lies():
    """The cell is square as the image, which is enlarged four times: the box begins at (40, 80) of it."""
    sheet = contact_sheet(pictured(1))
    top = sheet.height - (CELL + CAPTION + MARGIN)
    assert sheet.getpixel((MARGIN + 40, top + 80)) == class_colour(1, 2)
    assert sheet.getpixel((MARGIN + 199, top + 239)) == class_colour(1, 2)  # its last pixel
    assert sheet.getpixel((MARGIN + 100, top + 160)) == (128, 128, 128)
    ignored = {sheet.getpixel((MARGIN + x, top + 240)) for x in range(240, 360)}
    assert ignored == {(0, 0, 0), REASON_COLOURS[Ignored.REGION]}  # dashed


def test_images_are_spread_over_the_part():
    """24 of 47 in rows of four: every other one, from the first to the last."""
    seen = []

    class Spied(PlainImages):
        def load(self, index):
            seen.append(index)
            return super().load(index)

    sheet = contact_sheet(pictured(47, images=Spied(47, 100)))
    assert seen == list(range(0, 47, 2))
    assert sheet.width == MARGIN + COLUMNS * (CELL + MARGIN)


def test_an_image_that_cannot_be_decoded_costs_itself_alone():
    class Broken(PlainImages):
        def load(self, index):
            if index == 0:
                raise UserError("broken")
            return super().load(index)

    sheet = contact_sheet(pictured(2, images=Broken(2, 100)))
    top = sheet.height - (CELL + CAPTION + MARGIN)
    assert sheet.getpixel((MARGIN + 100, top + 160)) != (128, 128, 128)
    assert sheet.getpixel((MARGIN + CELL + MARGIN + 100, top + 160)) == (128, 128, 128)


def test_ignored_boxes_are_dashed_and_others_not():
    canvas = Image.new("RGB", (40, 40), (90, 90, 90))
    draw_object(canvas, (2, 2, 37, 37), (255, 0, 0))
    assert canvas.getpixel((20, 20)) == (90, 90, 90)
    assert {canvas.getpixel((x, 2)) for x in range(2, 38)} == {(255, 0, 0)}
    draw_ignored(canvas, (8, 8, 31, 31), Ignored.NOT_EVALUATED)
    assert len({canvas.getpixel((x, 8)) for x in range(8, 32)}) == 2


def test_colours_of_classes_differ():
    for num_classes in (1, 10, 20, 80):
        assert len({class_colour(label, num_classes) for label in range(num_classes)}) == num_classes


def test_every_reason_has_a_colour():
    assert set(REASON_COLOURS) == set(Ignored) - {Ignored.OBJECT}
