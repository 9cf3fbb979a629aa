"""Writes small trees of the three distributions of the Global Wheat Head Dataset, with their quirks.

All images have 64 x 48 pixels.

- CodaLab: domain d has d % 3 + 2 images; the first has two boxes, the others one. utokyo_2 and uq_1 have no
  JSON file, but labels of the toolchain.
- Kaggle: two images of each source, k0 and k1 of the first and on; the last rows are a second box of k0 that
  stands apart from its first, and one that reaches beyond the image. k98 and k99 have no row.
- 2021: five images a part; image 1 is `no_box`, the last row repeats row 3, image 3 has one box of two that
  reaches beyond the image.
"""

import json
from pathlib import Path

from tests.data.trees.pictures import write_picture

WIDTH, HEIGHT = 64, 48
DOMAINS = (
    "arvalis_1", "arvalis_2", "arvalis_3", "ethz_1", "rres_1", "inrae_1", "usask_1",
    "utokyo_1", "utokyo_2", "nau_1", "uq_1",
)  # fmt: skip
WITHOUT_JSON = ("utokyo_2", "uq_1")
SOURCES = DOMAINS[:7]


def write_codalab(data_dir: Path) -> Path:
    """Write the eleven domains and return the set's folder."""
    root = data_dir / "GWHD"
    codalab = root / "global-wheat-codalab-official"
    for number, domain in enumerate(DOMAINS):
        names = [f"{domain}_{image}.png" for image in range(number % 3 + 2)]
        for image, name in enumerate(names):
            write_picture(codalab / domain / name, WIDTH, HEIGHT, 10 * number + image)
        if domain in WITHOUT_JSON:
            _write_labels(root / "labels" / domain, names)
        else:
            (codalab / f"{domain}.json").write_text(json.dumps(_coco(number, names)))
    return root


def _coco(number: int, names: list[str]) -> dict:
    images = [
        {"id": 100 + image, "file_name": name, "width": WIDTH, "height": HEIGHT}
        for image, name in enumerate(names)
    ]
    boxes = [
        (100, [4.5, 2.0, 10.0, 12.0]),
        *((100 + image, [8, 6, 20 + number, 16]) for image in range(len(names))),
    ]
    annotations = [
        {
            "id": 7 + place,
            "image_id": image,
            "category_id": 1,
            "bbox": box,
            "area": box[2] * box[3],
            "iscrowd": 0,
            "segmentation": [],
        }
        for place, (image, box) in enumerate(boxes)
    ]
    categories = [{"id": 1, "name": "wheat", "supercategory": "none"}]
    return {"images": images, "annotations": annotations, "categories": categories}


def _write_labels(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True)
    for name in names[:-1]:  # an image without a file has no head
        (folder / name).with_suffix(".txt").write_text("0 0.5 0.5 0.25 0.5\n")


def write_kaggle(data_dir: Path) -> Path:
    """Write the table and its images and return the set's folder."""
    root = data_dir / "GWHD"
    folder = root / "global-wheat-detection"
    rows = ["image_id,width,height,bbox,source"]
    for number, source in enumerate(SOURCES):
        for image in (2 * number, 2 * number + 1):
            write_picture(folder / "train" / f"k{image}.jpg", WIDTH, HEIGHT, image)
            rows.append(f'k{image},{WIDTH},{HEIGHT},"[{image}.0, 4.0, 10.5, 12.0]",{source}')
    rows.append(f'k0,{WIDTH},{HEIGHT},"[30, 20, 8, 9]",arvalis_1')
    rows.append(f'k1,{WIDTH},{HEIGHT},"[50.0, 40.0, 20.0, 9.0]",arvalis_1')
    for image in (98, 99):
        write_picture(folder / "train" / f"k{image}.jpg", WIDTH, HEIGHT, image)
    write_picture(folder / "test" / "t0.jpg", WIDTH, HEIGHT)
    (folder / "train.csv").write_text("\n".join(rows) + "\n")
    return root


def write_2021(data_dir: Path, *, older: bool = False, faults: bool = False) -> Path:
    """Write the three tables, or the older ones, and the images and return the set's folder.

    With ``faults``, those of the published tables: a second row of image 0 of another domain, which shares no
    box with the first, and a box of image 4 wholly outside it.
    """
    root = data_dir / "GWHD"
    folder = root / "gwhd_2021"
    for number, part in enumerate(("train", "val", "test")):
        names = [f"{number}{image}af" for image in range(5)]
        for image, name in enumerate(names):
            write_picture(folder / "images" / f"{name}.png", WIDTH, HEIGHT, 10 * number + image)
        boxes = ["9 6 20 16;30 2 40 12", "no_box", "1 2 11 12", "0 0 5 5;60 40 66 48", f"{number} 1 22 31"]
        lines = [
            f"{name}{'' if older else '.png'},{written},Domain_{number}"
            for name, written in zip(names, boxes, strict=True)
        ]
        if faults:
            lines.append(lines[0].replace(boxes[0], "40 30 50 40").replace("Domain_0", "Domain_9"))
            lines[4] = lines[4].replace(boxes[4], f"{boxes[4]};70 5 80 9")
        kind = "official" if older else "competition"
        table = "\n".join(["image_name,BoxesString,domain", *lines, lines[2]])
        (folder / f"{kind}_{part}.csv").write_text(table + "\n")
    return root
