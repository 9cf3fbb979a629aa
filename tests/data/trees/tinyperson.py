"""Writes small trees of TinyPerson's layout and format, with the quirks of the published files.

The training part has five images, two of them frames of one video, whose ids are not consecutive: the first,
of 1280 x 720 pixels, has the annotations `FIRST`; one is pure background; the image of a crowd is only in the
files ``with_dense``. The test part has two and a crowd. Beside are images without labels, and a file of crops
as they are published, in which several share a file name; neither is read.
"""

import json
from pathlib import Path

from tests.data.trees.pictures import write_picture

ERASED = "erase_with_uncertain_dataset"
WHOLE, SMALL = (1280, 720), (96, 64)
# id -> file name and size
IMAGES = {
    "train": {
        0: ("labeled_images/bb_V0032_I0001640.jpg", WHOLE),
        3: ("labeled_images/bb_V0032_I0001720.jpg", SMALL),
        4: ("labeled_images/baidu_P104_7.jpg", SMALL),
        795: ("pure_bg_images/bb_V0011_I0000480.jpg", SMALL),
        793: ("labeled_dense_images/bb_V0005_I0000120.jpg", SMALL),
    },
    "test": {
        1: ("labeled_images/bb_V0040_I0000080.jpg", SMALL),
        2: ("labeled_images/bb_V0041_I0000160.jpg", WHOLE),
        815: ("labeled_dense_images/bb_V0042_I0000240.jpg", SMALL),
    },
}
# id, category, x y width height, area, flag that is set
LOGO = [1081.124389319407, 17.45930926910859, 186.3072776280319, 50.27339237581825]
FIRST = (
    (0, 1, LOGO, 9366.298870664552, "ignore logo"),
    (1, 1, [100.5, 200.25, 10.0, 12.0], 120.0, ""),
    (2, 2, [600, 220, 16, 20], 320, ""),
    (3, 2, [630.0, 500.0, 30.0, 30.0], 900.0, "uncertain"),
    (5, 2, [580.0, 300.0, 20.0, 20.0], 400.0, ""),
    (6, 1, [575.0, 100.0, 20.0, 16.0], 320.0, ""),
    (7, 1, [10.0, 10.0, 5.0, 5.0], 25.0, "logo"),
)
FLAGS = ("ignore", "uncertain", "logo", "in_dense_image")


def write_tree(data_dir: Path) -> Path:
    """Write all files and return the set's folder."""
    root = data_dir / "TinyPerson"
    top = root / "tiny_set"
    for part, images in IMAGES.items():
        for image_id, (name, size) in images.items():
            write_picture(top / part / name, *size, image_id)
        write_picture(top / part / "unlabeled_images" / "bb_V0001_I0000040.jpg", *SMALL)
        write_json(top / "annotations" / f"tiny_set_{part}.json", content(part, dense=False))
        write_json(top / "annotations" / f"tiny_set_{part}_with_dense.json", content(part, dense=True))
    for image_id, (name, size) in list(IMAGES["train"].items())[:4]:
        write_picture(top / ERASED / "train" / name, *size, image_id + 100)
    write_json(
        top / ERASED / "annotations" / "tiny_set_train.json", _unflagged(content("train", dense=False))
    )
    write_json(top / "annotations" / "corner" / "task" / "tiny_set_test_sw640_sh512_all.json", _crops())
    return root


def content(part: str, dense: bool) -> dict:
    """Return what the file of a part holds, with or without the image of a crowd."""
    images = list(IMAGES[part].items())[: None if dense else -1]
    first, second, last = (images[number][0] for number in (0, 1, -1))
    annotations = [_annotation(first, *row) for row in FIRST] if part == "train" else []
    annotations.append(_annotation(second, 20, 1, [20.0, 10.0, 8.0, 16.0], 128.0, ""))
    if dense:
        annotations.append(_annotation(last, 40, 2, [5.0, 5.0, 4.0, 4.0], 16.0, "in_dense_image"))
    return {
        "type": "instance",
        "images": [
            {"file_name": name, "height": size[1], "width": size[0], "id": image_id}
            for image_id, (name, size) in images
        ],
        "annotations": annotations,
        "categories": [
            {"id": 1, "name": "sea_person", "supercategory": "person"},
            {"id": 2, "name": "earth_person", "supercategory": "person"},
        ],
    }


def write_json(path: Path, found: dict) -> None:
    """Write a file and its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found))


def _annotation(image: int, own: int, category: int, box: list[float], area: float, flags: str) -> dict:
    x, y, width, height = box
    outline = [[x, y, x + width, y, x + width, y + height, x, y + height]]
    flagged = {name: name in flags.split() for name in FLAGS}
    record = {"segmentation": outline, "bbox": box, "category_id": category, "area": area, "iscrowd": 0}
    return {**record, "image_id": image, "id": own, **flagged}


def _unflagged(found: dict) -> dict:
    kept = [one for one in found["annotations"] if not any(one[name] for name in FLAGS)]
    return {**found, "annotations": kept}


def _crops() -> dict:
    name, (width, height) = IMAGES["test"][2]
    corners = [[0, 0, 640, 512], [590, 0, 1230, 512]]
    return {
        **content("test", dense=False),
        "images": [
            {"file_name": name, "height": 512, "width": 640, "id": number, "corner": corner}
            for number, corner in enumerate(corners)
        ],
        "old_images": [{"file_name": name, "height": height, "width": width, "id": 2}],
        "categories": [{"id": 1, "name": "person", "supercategory": "person"}],
    }
