"""Writes one small detection set in each format that a user may bring, and a tree of labelled images.

Images are of 96 x 64 pixels. In each part image 0 has two boxes, image 1 none, and the others one. Classes
are in alphabetical order, as VOC's format has no other.
"""

import json
from pathlib import Path

import yaml

from tests.data.trees.pictures import write_picture

WIDTH, HEIGHT = 96, 64
NAMES = ("cat", "dog", "no")  # which YAML would take for false
PARTS = {"train": 4, "val": 3}  # images


def objects(number: int) -> list[tuple[int, tuple[int, int, int, int]]]:
    """Return label and x1 y1 x2 y2 of each object of an image."""
    first = (number // 2 % 3, (8, 16, 40, 32))
    return [[first, (2, (48, 0, 96, 64))], []][number] if number < 2 else [first]


def shade(part: str, number: int) -> int:
    """Return what tells an image's pixels from others', see `write_picture`."""
    return 50 * ("train", "val", "test").index(part) + number


def stems(part: str, parts=PARTS) -> list[str]:
    """Return the names of a part's images."""
    return [f"{part}{number}" for number in range(parts[part])]


def write_yolo(root: Path, parts=PARTS) -> Path:
    """Write folders of images beside folders of labels, and return the data.yaml."""
    for part in parts:
        for number, stem in enumerate(stems(part, parts)):
            write_picture(root / "images" / part / f"{stem}.png", WIDTH, HEIGHT, shade(part, number))
            lines = [yolo_line(label, box) for label, box in objects(number)]
            label = root / "labels" / part / f"{stem}.txt"
            label.parent.mkdir(parents=True, exist_ok=True)
            label.write_text("".join(lines))
    content = {part: f"images/{part}" for part in parts}
    return write_yaml(root, content | {"path": ".", "nc": 3, "names": dict(enumerate(NAMES))})


def write_yaml(root: Path, content: dict) -> Path:
    """Write a data.yaml and return it."""
    (root / "data.yaml").write_text(yaml.safe_dump(content).replace("'no'", "no"))
    return root / "data.yaml"


def yolo_line(label: int, box: tuple[int, int, int, int]) -> str:
    """Return a line of a label file."""
    x1, y1, x2, y2 = box
    shares = ((x1 + x2) / 2 / WIDTH, (y1 + y2) / 2 / HEIGHT, (x2 - x1) / WIDTH, (y2 - y1) / HEIGHT)
    return " ".join([str(label), *map(repr, shares)]) + "\n"


def write_darknet(root: Path) -> Path:
    """Write darknet's files, images and labels in one folder, and return the obj.data."""
    write_yolo(root / "made")
    folder = root / "obj_train_data"
    folder.mkdir()
    for path in sorted((root / "made").glob("*/*/*")):
        path.rename(folder / path.name)
    for part, key in (("train", "train"), ("val", "valid")):
        (root / f"{key}.txt").write_text("".join(f"data/obj_train_data/{stem}.png\n" for stem in stems(part)))
    (root / "obj.names").write_text("\n".join(NAMES) + "\n")
    (root / "obj.data").write_text(
        "classes = 3\ntrain = data/train.txt\nvalid = data/valid.txt\n"
        "names = data/obj.names\nbackup = backup/\n"
    )
    return root / "obj.data"


def write_coco(root: Path) -> Path:
    """Write a JSON file for each part, ids neither from 0 nor in order, and return the folder of both."""
    for part in PARTS:
        images, boxes = [], []
        for number, stem in enumerate(stems(part)):
            write_picture(root / "images" / part / f"{stem}.png", WIDTH, HEIGHT, shade(part, number))
            image = {"id": 70 - number, "file_name": f"{stem}.png", "width": WIDTH, "height": HEIGHT}
            images.append(image)
            for label, (x1, y1, x2, y2) in objects(number):
                box = {
                    "bbox": [x1, y1, x2 - x1, y2 - y1],
                    "image_id": image["id"],
                    "category_id": 3 + 2 * label,
                }
                boxes.append({"id": len(boxes) + 1, "iscrowd": 0, **box})
        categories = [{"id": 3 + 2 * label, "name": name} for label, name in enumerate(NAMES)]
        path = root / "annotations" / f"instances_{part}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"images": images, "annotations": boxes, "categories": categories[::-1]}))
    return root / "annotations"


def write_voc(root: Path) -> Path:
    """Write a tree of VOC's layout and return the folder that holds it."""
    for part in PARTS:
        for number, stem in enumerate(stems(part)):
            write_picture(root / "JPEGImages" / f"{stem}.png", WIDTH, HEIGHT, shade(part, number))
            found = "".join(
                f"<object><name>{NAMES[label]}</name><bndbox><xmin>{x1 + 1}</xmin><ymin>{y1 + 1}</ymin>"
                f"<xmax>{x2}</xmax><ymax>{y2}</ymax></bndbox></object>"
                for label, (x1, y1, x2, y2) in objects(number)
            )
            path = root / "Annotations" / f"{stem}.xml"
            path.parent.mkdir(parents=True, exist_ok=True)
            size = f"<size><width>{WIDTH}</width><height>{HEIGHT}</height></size>"
            path.write_text(f"<annotation>{size}{found}</annotation>")
        path = root / "ImageSets" / "Main" / f"{part}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(stems(part)) + "\n")
    return root


def write_image_folder(root: Path, parts=("train", "val"), images: int = 3) -> Path:
    """Write class folders of images of several sizes; the first pixel says class and number."""
    for part in parts:
        for label, name in enumerate(NAMES):
            for number in range(images):
                write_picture(root / part / name / f"{number}.png", 40 + 8 * number, 32, 10 * label + number)
    return root
