"""Writes small trees of DOTA v1.0's layouts and format, with the quirks of the published files.

Each part holds five images. P0000, of 96 x 64 pixels, has `QUIRKS`: headers, line ends of DOS, a difficult
object, one without that field, floats, a piece that the set's own tools cut off, corners outside the image.
P0001 has headers and no object. P0002, of 700 x 700 pixels, has no headers, P0003 and P0004 have one plain
object.
"""

from pathlib import Path

from tests.data.trees.pictures import write_picture

QUIRKS = "\r\n".join(
    (
        "imagesource:GoogleEarth",
        "gsd:null",
        "10 8 30 8 30 20 10 20 plane 0",
        "40 10 60 20 50 40 30 30 large-vehicle 1",
        "70.5 40.0 80.25 40.0 80.25 50.0 70.5 50.0 ship",
        "90 30 99 30 99 44 90 44 small-vehicle 2",
        "-0.5 0.0 6.0 0.0 6.0 5.0 -0.5 5.0 harbor 0",
        "",
    )
)
FILES = (
    (QUIRKS, (96, 64)),
    ("imagesource:GF\ngsd:0.5\n", (96, 64)),
    ("100 150 300 150 300 250 100 250 bridge 0\n690 0 710 0 710 10 690 10 ship 0\n", (700, 700)),
    ("imagesource:JL\ngsd:0.26\n8 8 20 8 20 30 8 30 helicopter 0\n", (96, 64)),
    ("8 8 20 8 20 30 8 30 swimming-pool 0\n", (96, 64)),
)


def write_tree(data_dir: Path, labels: str = "labelTxt", parts=("train", "val")) -> Path:
    """Write the parts, their label files in the folder ``labels`` of each, and return the set's folder."""
    root = data_dir / "DOTA"
    for part_number, part in enumerate(parts):
        folder = root / part / labels
        folder.mkdir(parents=True)
        for number, (lines, size) in enumerate(FILES):
            write_picture(root / part / "images" / f"P{number:04}.png", *size, 40 * part_number + number)
            (folder / f"P{number:04}.txt").write_bytes(lines.encode())
    return root
