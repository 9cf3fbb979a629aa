"""What of the data side is fuzzed: each annotation format through its reader, and images."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from lga.data.classification.idx import parse_idx, read_idx
from lga.data.detection.faults import Faults
from lga.data.detection.image_stores import read_image
from lga.data.detection.index_cache import load_index, write_index
from lga.data.own.coco import COCOReader
from lga.data.own.own_set import OwnSet
from lga.data.own.voc import OwnVOCReader
from lga.data.own.yolo import YOLOReader
from lga.data.published.coco import Coco2017Reader
from lga.data.published.dota import DOTAReader
from lga.data.published.gwhd.challenge_2021 import GWHD2021Reader
from lga.data.published.gwhd.kaggle import GWHDKaggleReader
from lga.data.published.published_dataset import PublishedDataset
from lga.data.published.tinyperson import TinyPersonReader
from lga.data.published.visdrone import VisDroneReader
from lga.data.published.voc import VOC2007Reader
from tests.data.trees import coco, dota, gwhd, idx, own, tinyperson, visdrone, voc
from tests.data.trees.pictures import write_picture
from tests.fuzzing.mutations import Target


def annotation_targets(folder: Path) -> list[Target]:
    """Return a target for each annotation format; trees are written into ``folder``."""
    trees: list[tuple[str, Callable[[Path], object], type[PublishedDataset], str, str]] = [
        (
            "visdrone",
            visdrone.write_tree,
            VisDroneReader,
            "train",
            "VisDrone2019-DET-train/annotations/*_00000_*",
        ),
        ("voc", voc.write_tree, VOC2007Reader, "train2007", "VOCdevkit/VOC2007/Annotations/000012.xml"),
        (
            "voc-list",
            voc.write_tree,
            VOC2007Reader,
            "train2007",
            "VOCdevkit/VOC2007/ImageSets/Main/train.txt",
        ),
        ("coco", coco.write_tree, Coco2017Reader, "val2017", "annotations/instances_val2017.json"),
        (
            "tinyperson",
            tinyperson.write_tree,
            TinyPersonReader,
            "test",
            "tiny_set/annotations/tiny_set_test.json",
        ),
        ("dota", dota.write_tree, DOTAReader, "train", "train/labelTxt/P0000.txt"),
        ("gwhd2021", gwhd.write_2021, GWHD2021Reader, "train", "gwhd_2021/competition_train.csv"),
        ("kaggle", gwhd.write_kaggle, GWHDKaggleReader, "arvalis_1", "global-wheat-detection/train.csv"),
        ("yolo", _toolchain_tree, VisDroneReader, "train", "labels/train/a.txt"),
    ]
    targets = []
    for name, write, reader, part, pattern in trees:
        write(folder / name)
        made = reader(folder / name, folder / "cache")
        (path,) = made.root.glob(pattern)
        targets.append(Target(name, [path.read_bytes()], _reads(made, part, path)))
    for name, kind, path, pattern in (
        ("data.yaml", YOLOReader, own.write_yolo(folder / "own-yolo"), "data.yaml"),
        ("obj.data", YOLOReader, own.write_darknet(folder / "own-darknet"), "obj.data"),
        ("yolo-list", YOLOReader, own.write_darknet(folder / "own-list"), "train.txt"),
        (
            "own-coco",
            COCOReader,
            own.write_coco(folder / "own-coco") / "instances_train.json",
            "*_train.json",
        ),
        ("own-voc", OwnVOCReader, own.write_voc(folder / "own-voc"), "Annotations/train0.xml"),
    ):
        (damaged,) = (path if path.is_dir() else path.parent).glob(pattern)
        targets.append(Target(name, [damaged.read_bytes()], _makes(kind, path, folder, damaged)))
    raw = idx.write_tree(folder / "idx", train=20, test=10, side=8, gz=False)
    targets.append(_idx(raw / "train-images-idx3-ubyte", 3))
    targets.append(_index(GWHD2021Reader(folder / "gwhd2021", folder), "val", folder / "index.npz"))
    return targets


def image_targets(folder: Path) -> list[Target]:
    """Return a target for each format of images."""
    noise = np.random.default_rng(0).integers(0, 256, (24, 32, 3)).astype(np.uint8)
    targets = []
    for kind, modes in {
        "jpeg": ("RGB", "L", "CMYK"), "png": ("RGB", "P", "LA", "I;16"), "bmp": ("RGB",), "webp": ("RGB",),
        "tiff": ("RGB", "L"),
    }.items():  # fmt: skip
        seeds = []
        for mode in modes:
            deep = Image.fromarray(noise[..., 0].astype(np.uint16) * 256)
            file = io.BytesIO()
            (deep if mode == "I;16" else Image.fromarray(noise).convert(mode)).save(file, kind)
            seeds.append(file.getvalue())
        targets.append(Target(kind, seeds, _decodes(folder / f"image.{kind}")))
    return targets


def _toolchain_tree(data_dir: Path) -> None:
    root = data_dir / "VisDrone"
    write_picture(root / "images/train/a.jpg", 96, 64)
    (root / "labels/train").mkdir(parents=True)
    (root / "labels/train/a.txt").write_text("0 0.5 0.5 0.25 0.5\n3 0.1 0.1 0.4 0.1 0.4 0.6 0.1 0.6\n")


def _reads(reader: PublishedDataset, part: str, path: Path) -> Callable[[bytes], object]:
    def run(content: bytes) -> None:
        path.write_bytes(content)
        skipping = Faults("skip", decode=False)
        reader.read(part, skipping)
        for refused in skipping.refused:
            assert "\n" not in refused.message, refused
        reader.read(part, Faults("raise"))

    return run


def _makes(kind: type[OwnSet], path: Path, folder: Path, damaged: Path) -> Callable[[bytes], object]:
    def run(content: bytes) -> None:
        damaged.write_bytes(content)
        kind(str(path), str(folder / "cache")).read("train", Faults("skip", decode=False))

    return run


def _decodes(path: Path) -> Callable[[bytes], object]:
    def run(content: bytes) -> None:
        path.write_bytes(content)
        read_image(path)

    return run


def _index(reader: PublishedDataset, part: str, path: Path) -> Target:
    """Return the target of kept indexes, which lie where anything may damage them."""
    with path.open("wb") as file:
        write_index(reader.read(part, Faults("raise")).index, file)

    def run(content: bytes) -> None:
        path.write_bytes(content)
        load_index(path)

    return Target("index", [path.read_bytes()], run)


def _idx(path: Path, dimensions: int) -> Target:
    def run(content: bytes) -> None:
        path.write_bytes(content)
        parse_idx(read_idx(path, dimensions), dimensions, path)

    return Target("idx", [path.read_bytes()], run)
