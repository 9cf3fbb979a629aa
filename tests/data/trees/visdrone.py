"""Writes small trees of VisDrone2019-DET's layout and format, with the quirks of the published files.

Each part holds the images 0000000_00000_d_0000000 and on, of 96 x 64 pixels. Image 0 has every quirk: a
region to be ignored, a box with score 0, one of category 11, one of no height, a line that stands there
twice, a comma at the end of a line, a blank last line. Image 1 has an empty file. The others have two boxes.
"""

from pathlib import Path

from tests.data.trees.pictures import write_picture

WIDTH, HEIGHT = 96, 64
QUIRKS = """\
72,8,12,16,0,0,0,0
8,4,10,12,1,4,0,1,
20,8,16,8,1,1,1,2
20,8,16,8,1,1,1,2
40,30,8,8,0,2,0,0
60,10,6,6,0,11,0,0
70,40,9,0,1,4,0,0

"""


def write_tree(data_dir: Path, *, images: int = 6, parts=("train", "val", "test-dev")) -> Path:
    """Write the parts and return the set's folder."""
    root = data_dir / "VisDrone"
    for part_number, part in enumerate(parts):
        folder = root / f"VisDrone2019-DET-{part}"
        (folder / "annotations").mkdir(parents=True, exist_ok=True)
        for number in range(images):
            stem = f"{part_number:07d}_{number:05d}_d_{number:07d}"
            write_picture(folder / "images" / f"{stem}.jpg", WIDTH, HEIGHT, 40 * part_number + number)
            (folder / "annotations" / f"{stem}.txt").write_text(_lines(number))
    return root


def _lines(number: int) -> str:
    if number == 0:
        return QUIRKS
    if number == 1:
        return ""
    return f"{8 + number},10,20,16,1,{1 + number % 10},0,0\n50,{20 + number},24,30,1,4,0,0\n"
