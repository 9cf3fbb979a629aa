"""Duplicates: of boxes, where they stand; of files, by content, reading no more of them than is needed."""

from pathlib import Path

from lga.data.inspection import leaks as module
from lga.data.inspection.leaks import TAIL, duplicate_boxes, duplicate_images
from lga.structures.annotations import Annotations, Ignored, WrittenBox, WrittenImage

CORNERS = (1, 2, 3, 4)


def test_boxes_are_alike_in_image_corners_class_and_reason():
    boxes = [
        WrittenBox(CORNERS, 0, line=1),
        WrittenBox(CORNERS, 1, line=2),
        WrittenBox(CORNERS, 0, Ignored.CROWD, line=3),
        WrittenBox((1, 2, 3, 5), 0, line=4),
        WrittenBox(CORNERS, 0, line=5),
        WrittenBox(CORNERS, 0, line=6),
    ]
    images = [
        WrittenImage("a.jpg", (9, 9), boxes, "a.txt"),
        WrittenImage("b.jpg", (9, 9), boxes[:1], "b.txt"),
    ]
    found = duplicate_boxes(Annotations.of_images(images))
    assert found == [("a.txt:5", "a.txt:1"), ("a.txt:6", "a.txt:1")]


def test_no_box_is_alike_to_none():
    assert duplicate_boxes(Annotations.of_images([WrittenImage("a.jpg", (9, 9), [], "a.txt")])) == []


def write(folder, contents):
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: len(content) for name, content in contents.items()}


def test_files_of_the_same_content(tmp_path):
    """d differs from a, b and c in its last byte, e in its first only, f in its length."""
    body = b"x" * 2 * TAIL
    contents = {
        "a": body,
        "b": body,
        "c": body,
        "d": body[:-1] + b"y",
        "e": b"y" + body[1:],
        "f": body + b"x",
    }
    found = duplicate_images(tmp_path, write(tmp_path, contents) | write(tmp_path, {"g": b"1", "h": b"1"}))
    assert found == [["a", "b", "c"], ["g", "h"]]


def test_files_of_other_sizes_or_ends_are_not_read_whole(tmp_path, monkeypatch):
    sizes = write(tmp_path, {"a": b"123", "b": b"1234", "c": b"xx4", "d": b"99"})
    tails, wholes = [], []
    tail, content = module._tail, module.sha256_of
    monkeypatch.setattr(module, "_tail", lambda path: tails.append(path) or tail(path))
    monkeypatch.setattr(module, "sha256_of", lambda path: wholes.append(path) or content(path))
    assert duplicate_images(tmp_path, sizes) == []
    assert (tails, wholes) == ([Path(tmp_path / "a"), Path(tmp_path / "c")], [])
