"""Writes small trees of COCO 2017's and COCO minitrain's layout and format, with the quirks of the real ones.

Each part holds six images of 96 x 64 pixels, listed from the last to the first; neither image ids nor
category ids are consecutive. The first image has the annotations `FIRST`: category 13, a box that stands
there twice, one of no width, a crowd whose outline is run lengths, one that reaches beyond the image. The
second is a gray JPEG, the third has no annotations, the fourth asks by EXIF to be turned although its size in
the JSON file is that before. The others have one plain box.
"""

import json
from pathlib import Path

from PIL import Image

from lga.data.published.coco import COCO_CLASSES
from tests.data.trees.pictures import write_picture

WIDTH, HEIGHT = 96, 64
MISSING_IDS = (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)
CATEGORY_IDS = tuple(number for number in range(1, 91) if number not in MISSING_IDS)
IMAGE_IDS = {"train2017": (9, 25, 30, 34, 36, 42), "val2017": (139, 285, 632, 724, 776, 785)}
CROWD = 900100000009
# id, category, x y width height, area
FIRST = (
    (1768, 13, [8.0, 4.0, 10.5, 12.25], 100.5),
    (1769, 1, [20.0, 8.0, 16.0, 8.0], 90.25),
    (1770, 1, [20.0, 8.0, 16.0, 8.0], 90.25),
    (1771, 90, [40.0, 30.0, 0.0, 8.0], 0.0),
    (CROWD, 1, [48, 8, 40, 40], 800),
    (1772, 18, [60.25, 50.0, 40.0, 14.0], 300.0),
)


def write_tree(data_dir: Path, folder: str = "coco", images: str = "") -> Path:
    """Write train2017 and val2017, the image folders below ``images``, and return the set's folder."""
    root = data_dir / folder
    for part, ids in IMAGE_IDS.items():
        for number, image_id in enumerate(ids):
            _write_image(root / images / part / _file_name(image_id), number)
        write_json(root / "annotations" / f"instances_{part}.json", content(part))
    return root


def add_minitrain(root: Path, name: str = "instances_minitrain2017.json") -> None:
    """Write the file of the first, second and fifth image of train2017 into a tree."""
    chosen = {IMAGE_IDS["train2017"][number] for number in (0, 1, 4)}
    found = content("train2017")
    found["images"] = [image for image in found["images"] if image["id"] in chosen]
    found["annotations"] = [box for box in found["annotations"] if box["image_id"] in chosen]
    write_json(root / "annotations" / name, found)


def content(part: str) -> dict:
    """Return what the file of a part holds."""
    ids = IMAGE_IDS[part]
    boxes = [_annotation(ids[0], *row) for row in FIRST]
    plain = [number for number in range(1, len(ids)) if number != 2]
    boxes += [_annotation(ids[n], 2000 + n, CATEGORY_IDS[n], [10.0 + n, 12, 20, 30], 500.0) for n in plain]
    return {
        "info": {"description": "made for tests", "year": 2017},
        "licenses": [{"id": 4, "name": "Attribution License", "url": "http://example.org"}],
        "images": [_image(image_id) for image_id in reversed(ids)],
        "annotations": boxes[::-1],
        "categories": [
            {"supercategory": "thing", "id": number, "name": name}
            for number, name in zip(CATEGORY_IDS, COCO_CLASSES, strict=True)
        ],
    }


def write_json(path: Path, found: object) -> None:
    """Write a file in one line, as published."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found))


def _file_name(image_id: int) -> str:
    return f"{image_id:012d}.jpg"


def _image(image_id: int) -> dict:
    return {
        "license": 4,
        "file_name": _file_name(image_id),
        "coco_url": f"http://images.cocodataset.org/{_file_name(image_id)}",
        "height": HEIGHT,
        "width": WIDTH,
        "date_captured": "2013-11-14 17:02:52",
        "id": image_id,
    }


def _annotation(image_id: int, number: int, category: int, bbox: list[float], area: float) -> dict:
    x, y, w, h = bbox
    outline = [[x, y, x + w, y, x + w, y + h]]
    crowd = number == CROWD
    return {
        "segmentation": {"counts": [3000, 40, 24, 40, 3040], "size": [HEIGHT, WIDTH]} if crowd else outline,
        "area": area,
        "iscrowd": int(crowd),
        "image_id": image_id,
        "bbox": bbox,
        "category_id": category,
        "id": number,
    }


def _write_image(path: Path, number: int) -> None:
    write_picture(path, WIDTH, HEIGHT, number)
    if number == 1:
        Image.open(path).convert("L").save(path)
    if number == 3:
        exif = Image.Exif()
        exif[0x0112] = 6  # to be turned by a quarter
        Image.open(path).save(path, exif=exif)
