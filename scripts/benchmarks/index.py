"""Times the first and the second start on a set of COCO 2017's size, and the memory that each takes.

The set is made first, in a folder that is removed at the end: 118,287 + 5,000 empty image files, and JSON
files with 860,001 + 36,781 boxes with outlines, about as long as the real ones. A start is what the reader
does to give out the splits: the first parses and checks all, the second reads the index that the first kept.
Each runs in a process of its own, whose peak memory is measured.

    python scripts/benchmarks/index.py [share]     of the real numbers of images and boxes, default 1
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.random import Generator

sys.path.insert(0, str(Path(__file__).parents[2]))

from lga.data.published.coco import Coco2017Reader
from tests.data.trees.coco import CATEGORY_IDS, COCO_CLASSES

PARTS = {"train2017": (118_287, 860_001), "val2017": (5_000, 36_781)}  # images, boxes
WIDTH, HEIGHT = 640, 480
OUTLINES, MEAN_CORNERS = 2_000, 19  # different outlines, that the annotations share
MOST_SECONDS, MOST_GIGABYTES = (60, 5), 2.0


def made_outlines(draws: Generator) -> list[str]:
    """Outlines as JSON: one polygon of two decimals each, of the real files' lengths."""
    corners = 3 + draws.poisson(draws.exponential(MEAN_CORNERS, OUTLINES))
    return [json.dumps([draws.uniform(0, HEIGHT, 2 * count).round(2).tolist()]) for count in corners]


def annotations(images: int, boxes: int) -> Iterator[str]:
    """Return the records of the boxes, as text, of random images in random order."""
    draws = np.random.default_rng(0)
    outlines = made_outlines(draws)
    corner = draws.uniform(0, HEIGHT - 100, (boxes, 2)).round(2)
    extent = draws.uniform(1, 100, (boxes, 2)).round(2)
    rows = zip(
        draws.integers(OUTLINES, size=boxes).tolist(),
        draws.choice(images, boxes).tolist(),
        draws.choice(CATEGORY_IDS, boxes).tolist(),
        np.concatenate((corner, extent), 1).tolist(),
        (extent.prod(1) / 2).tolist(),
        strict=True,
    )
    for number, (outline, image, category, bbox, area) in enumerate(rows, 1):
        yield (
            f'{{"segmentation": {outlines[outline]},"area": {area},"iscrowd": {int(number % 90 == 0)},'
            f'"image_id": {image},"bbox": {bbox},"category_id": {category},"id": {number}}}'
        )


def make_part(folder: Path, part: str, images: int, boxes: int) -> float:
    """Write a part; return the megabytes of its JSON file."""
    root = folder / "data" / "coco"
    (root / part).mkdir(parents=True)
    (root / "annotations").mkdir(exist_ok=True)
    for number in range(images):
        (root / part / f"{number:012d}.jpg").touch()
    listed = (
        f'{{"license": 4,"file_name": "{n:012d}.jpg","height": {HEIGHT},"width": {WIDTH},'
        f'"coco_url": "http://images.cocodataset.org/{part}/{n:012d}.jpg",'
        f'"date_captured": "2013-11-14 17:02:52","id": {n}}}'
        for n in range(images)
    )
    pairs = zip(CATEGORY_IDS, COCO_CLASSES, strict=True)
    categories = json.dumps([{"supercategory": "thing", "id": n, "name": name} for n, name in pairs])
    path = root / "annotations" / f"instances_{part}.json"
    with path.open("w") as file:
        file.write('{"info": {"year": 2017},"licenses": [],"images": [' + ",".join(listed))
        file.write('],"annotations": [')
        for number, record in enumerate(annotations(images, boxes)):
            file.write(f"{',' if number else ''}{record}")
        file.write(f'],"categories": {categories}}}')
    return path.stat().st_size / 1e6


def start(folder: Path) -> None:
    """Give out the splits once; print images, boxes, seconds, those of the CPU, and peak gigabytes."""
    started, before = time.perf_counter(), time.process_time()
    splits = Coco2017Reader(folder / "data", folder / "cache")()
    seconds, busy = time.perf_counter() - started, time.process_time() - before
    used = splits.train, splits.val, splits.test
    images, boxes = sum(map(len, used)), sum(len(split.annotations.targets.labels) for split in used)
    print(images, boxes, seconds, busy, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)


def in_own_process(*arguments: object) -> list[str]:
    """Return the words that this file prints when it is run with the arguments."""
    command = [sys.executable, __file__, *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()


def make(folder: Path, share: float) -> None:
    """Make the set; print the megabytes of each JSON file."""
    for part, (images, boxes) in PARTS.items():
        print(make_part(folder, part, round(images * share), round(boxes * share)))


def report(share: str) -> None:
    """Print a line for each of two starts."""
    with tempfile.TemporaryDirectory() as folder:
        # Not made here: the peak of a process begins with that of the one that started it.
        sizes = [f"{float(size):,.0f}" for size in in_own_process("make", folder, share)]
        print(f"  {' and '.join(sizes)} MB of JSON; asked: {MOST_GIGABYTES:g} GB at most", flush=True)
        for name, most in zip(("first", "second"), MOST_SECONDS, strict=True):
            images, boxes, seconds, busy, peak = (float(word) for word in in_own_process("start", folder))
            times = f"{seconds:6.2f} s (asked: {most:2} s), {busy:5.2f} s of the CPU"
            print(f"  {name:6}  {times}  {peak:.2f} GB  {images:,.0f} images, {boxes:,.0f} boxes", flush=True)


def main() -> None:
    """Do what the arguments say; see `report`."""
    match sys.argv[1:]:
        case ["make", folder, share]:
            make(Path(folder), float(share))
        case ["start", folder]:
            start(Path(folder))
        case [share]:
            report(share)
        case _:
            report("1")


if __name__ == "__main__":
    main()
