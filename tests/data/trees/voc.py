"""Writes small trees of PASCAL VOC's layout and format, with the quirks of the published files.

Images are of 96 x 64 pixels. Image 0 of each part has every quirk, see `QUIRKS`; image 1 has no object; the
others have two plain ones. Each year also has an image with its annotation that no list of the detection
splits names, and a list for one class, with a second column.
"""

from pathlib import Path

from tests.data.trees.pictures import write_picture

WIDTH, HEIGHT = 96, 64
PARTS = ("train2007", "val2007", "test2007", "train2012", "val2012")
FIRST = {"train2007": 12, "val2007": 5000, "test2007": 8000, "train2012": 8, "val2012": 6000}
# In order: plain; not whole pixels; without difficult, and xmax first; difficult; a person whose parts have
# boxes of their own, written before its own; the whole image; with what other tasks of the challenge need.
QUIRKS = """\
<object><name>dog</name><pose>Left</pose><truncated>0</truncated><difficult>0</difficult>
<bndbox><xmin>9</xmin><ymin>11</ymin><xmax>40</xmax><ymax>30</ymax></bndbox></object>
<object><name>car</name><difficult>0</difficult>
<bndbox><xmin>45.70000076293945</xmin><ymin>2.5</ymin><xmax>60.25</xmax><ymax>20</ymax></bndbox></object>
<object><bndbox><xmax>30</xmax><xmin>20</xmin><ymax>60</ymax><ymin>50</ymin></bndbox><name>bird</name></object>
<object><name>cat</name><difficult>1</difficult>
<bndbox><xmin>70</xmin><ymin>5</ymin><xmax>80</xmax><ymax>15</ymax></bndbox></object>
<object><name>person</name>
<part><name>head</name><bndbox><xmin>51</xmin><ymin>31</ymin><xmax>55</xmax><ymax>35</ymax></bndbox></part>
<part><name>foot</name><bndbox><xmin>51</xmin><ymin>50</ymin><xmax>55</xmax><ymax>55</ymax></bndbox></part>
<difficult>0</difficult>
<bndbox><xmin>50</xmin><ymin>30</ymin><xmax>60</xmax><ymax>56</ymax></bndbox></object>
<object><name>sofa</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>96</xmax><ymax>64</ymax></bndbox></object>
<object><name>tvmonitor</name><occluded>1</occluded>
<bndbox><xmin>61</xmin><ymin>41</ymin><xmax>61</xmax><ymax>41</ymax></bndbox>
<actions><jumping>1</jumping></actions><point><x>61</x><y>41</y></point></object>
"""
PLAIN = """\
<object><name>{name}</name><difficult>0</difficult>
<bndbox><xmin>{x}</xmin><ymin>11</ymin><xmax>40</xmax><ymax>30</ymax></bndbox></object>
<object><name>aeroplane</name><difficult>0</difficult>
<bndbox><xmin>50</xmin><ymin>{x}</ymin><xmax>70</xmax><ymax>50</ymax></bndbox></object>
"""
NAMES = ("bicycle", "bus", "train", "sheep")


def write_tree(data_dir: Path, *, images: int = 4, parts=PARTS) -> Path:
    """Write the parts and return the folder that holds the years'."""
    for part in parts:
        stems = [stem(part, number) for number in range(images)]
        for number in range(images):
            write_image(data_dir, part, stems[number], _objects(number))
        lists = year(data_dir, part) / "ImageSets" / "Main"
        lists.mkdir(parents=True, exist_ok=True)
        (lists / f"{part[:-4]}.txt").write_text("\n".join(stems) + "\n")
        (lists / f"dog_{part[:-4]}.txt").write_text("\n".join(f"{stem} -1" for stem in stems) + "\n")
        write_image(data_dir, part, "2007_000032", PLAIN.format(name="boat", x=3))
    return data_dir / "VOCdevkit"


def year(data_dir: Path, part: str) -> Path:
    """Return the folder of the year of a part."""
    return data_dir / "VOCdevkit" / f"VOC{part[-4:]}"


def stem(part: str, number: int) -> str:
    """Return the name of image ``number`` of a part, in the style of its year."""
    return f"{FIRST[part] + number:06d}" if part.endswith("2007") else f"2008_{FIRST[part] + number:06d}"


def write_image(data_dir: Path, part: str, name: str, objects: str, size: str | None = None) -> None:
    """Write an image and its annotation with ``objects``."""
    folder = year(data_dir, part)
    write_picture(folder / "JPEGImages" / f"{name}.jpg", WIDTH, HEIGHT, FIRST[part] % 251)
    size = (
        f"<size><width>{WIDTH}</width><height>{HEIGHT}</height><depth>3</depth></size>"
        if size is None
        else size
    )
    (folder / "Annotations").mkdir(exist_ok=True)
    (folder / "Annotations" / f"{name}.xml").write_text(
        f"<annotation>\n<folder>{folder.name}</folder><filename>{name}.jpg</filename>\n"
        f"<source><database>The VOC Database</database></source>\n{size}\n"
        f"<segmented>0</segmented>\n{objects}</annotation>\n"
    )


def _objects(number: int) -> str:
    if number == 0:
        return QUIRKS
    return "" if number == 1 else PLAIN.format(name=NAMES[number % 4], x=4 + number)
