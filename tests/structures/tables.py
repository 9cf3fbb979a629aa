"""A small table of images and boxes."""

from dataclasses import replace

from lga.structures.annotations import Annotations, Dropped, Ignored, WrittenBox, WrittenImage


def every_column():
    """Two images with boxes, between them one without; all fields differ from their defaults."""
    crowd = WrittenBox((0.25, 1, 9, 12), -1, Ignored.CROWD, 7, 80.5)
    plain = WrittenBox((-1, 2, 3, 4), 1, line=8, area=6)
    images = [
        WrittenImage("a/ä.jpg", (10, 12), [crowd, plain], "first.json"),
        WrittenImage("b.jpg", (20, 8), [], "second.json"),
        WrittenImage("c.jpg", (7, 9), [plain], "first.json"),
    ]
    dropped = (Dropped("boxes of no size", "first.json, object 3"),)
    return replace(Annotations.of_images(images, "object"), dropped=dropped)
