"""COCO 2017, everyday scenes, 80 classes, https://arxiv.org/abs/1405.0312; and COCO minitrain.

Tree, as published: ``{train2017,val2017}/*.jpg`` and ``annotations/instances_{train,val}2017.json``, in
``<data_dir>/coco``. In the tree of the paper's toolchain the images lie in ``images/{train2017,val2017}``;
its labels in ``labels`` are read only where the JSON files are missing: crowds are lost in them, and their
boxes are the extents of the polygons. Boxes are floats, x y width height. Crowds are kept and ignored.
Published faults that are left out and counted: a few boxes of no width or height.

COCO minitrain (Samet et al., https://github.com/giddyyupp/coco-minitrain): 25,000 images of train2017,
reported on val2017. Trees: ``<data_dir>/coco_minitrain_25k``, as packed, with
``instances_minitrain2017.json`` or ``instances_train2017.json``; else ``<data_dir>/coco`` with
``annotations/instances_minitrain2017.json``.
"""

from pathlib import Path
from types import MappingProxyType

from lga.data.detection.faults import Faults
from lga.data.published.formats.coco_json import read_coco
from lga.data.published.published_dataset import PartFiles, PublishedDataset
from lga.data.published.split_plan import PublishedCounts, SplitPlan, paper_plan
from lga.structures.annotations import Annotations
from lga.system.errors import UserError

COCO_CLASSES = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light",
    "fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow",
    "elephant", "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee",
    "skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard",
    "tennis racket", "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple",
    "sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch",
    "potted plant", "bed", "dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard",
    "cell phone", "microwave", "oven", "toaster", "sink", "refrigerator", "book", "clock", "vase", "scissors",
    "teddy bear", "hair drier", "toothbrush",
)  # fmt: skip
VAL_COUNTS = PublishedCounts(5_000, 36_335, "objects", source="dataset's files: those that are not crowds")


class Coco2017Reader(PublishedDataset):
    """Reads COCO 2017."""

    name = "coco2017"
    folder = "coco"
    class_names = COCO_CLASSES
    part_names = ("train2017", "val2017")
    plans = MappingProxyType(
        {
            "official": SplitPlan(
                ("train2017",),
                None,
                "val2017",
                who="the common practice, val2017 reported; images of train2017 are held out to select",
            ),
            "paper": paper_plan(["train2017"], "val2017"),
        }
    )
    published = MappingProxyType(
        {
            "train2017": PublishedCounts(
                118_287, 849_949, "objects", source="dataset's files: 860,001 less the crowds"
            ),
            "val2017": VAL_COUNTS,
        }
    )
    known_faults = ("of no size",)

    def annotation_names(self, part: str) -> tuple[str, ...]:
        """Return the names that the annotation file of a part goes by."""
        return (f"instances_{part}.json",)

    def image_folder(self, part: str) -> str:
        """Return the name of the folder of a part's images."""
        return "val2017" if part == "val2017" else "train2017"

    @property
    def advice(self) -> str:
        """What to do where annotations are missing."""
        return f"unpack annotations_trainval2017.zip into {self.root}"

    def has(self, part: str) -> bool:
        """Return whether the part's annotations are there."""
        return self._annotations(part) is not None

    def files(self, part: str) -> PartFiles:
        """Return the annotation file of a part and its image folder."""
        annotations = self._annotations(part)
        if annotations is None:
            names = " or ".join(self.annotation_names(part))
            raise UserError(f"{self.root / 'annotations'}: no {names} there; {self.advice}")
        return PartFiles((annotations,), self._images(part))

    def parse(self, part: str, files: PartFiles, faults: Faults) -> Annotations:
        """Return the boxes of the annotation file."""
        (path,), images = files.annotations, files.image_folder
        place, folder = (found.relative_to(self.root).as_posix() for found in (path, images))
        labels = {name: label for label, name in enumerate(self.class_names)}
        return read_coco(path, place, faults, labels, folder)

    def _annotations(self, part: str) -> Path | None:
        paths = [self.root / "annotations" / name for name in self.annotation_names(part)]
        return next((path for path in paths if path.is_file()), None)

    def _images(self, part: str) -> Path:
        folder = self.image_folder(part)
        published, toolchain = self.root / folder, self.root / "images" / folder
        found = next((path for path in (published, toolchain) if path.is_dir()), None)
        if found is None:
            raise UserError(
                f"{published}: no such folder, nor {toolchain}; unpack {folder}.zip into {self.root}"
            )
        return found


PACKED = "coco_minitrain_25k"
TRAIN_FILE = "instances_minitrain2017.json"


class CocoMinitrainReader(Coco2017Reader):
    """Reads COCO minitrain."""

    name = "coco_minitrain"
    part_names = ("minitrain2017", "val2017")
    plans = MappingProxyType(
        {
            "official": SplitPlan(
                ("minitrain2017",),
                None,
                "val2017",
                who="the set's authors, val2017 reported; images of minitrain are held out to select",
            ),
            "paper": paper_plan(["minitrain2017"], "val2017"),
        }
    )
    published = MappingProxyType(
        {
            "minitrain2017": PublishedCounts(25_000, source="the set's page, which says about 184,000 boxes"),
            "val2017": VAL_COUNTS,
        }
    )
    toolchain_images = MappingProxyType({"minitrain2017": "images/train2017"})

    @property
    def root(self) -> Path:
        """The packed set's folder; COCO's where only that has the training file."""
        packed, coco = self.data_dir / PACKED, self.data_dir / self.folder
        return coco if (coco / "annotations" / TRAIN_FILE).is_file() and not packed.is_dir() else packed

    @property
    def advice(self) -> str:
        """What to do where annotations are missing."""
        added = self.data_dir / self.folder / "annotations"
        return f"unpack {PACKED}.zip into {self.data_dir}, or put {TRAIN_FILE} into {added} of a whole COCO"

    def annotation_names(self, part: str) -> tuple[str, ...]:
        """Return the names that a part's file goes by; COCO's own only in the packed tree."""
        if part == "val2017":
            return super().annotation_names(part)
        return (TRAIN_FILE, "instances_train2017.json") if self.root.name == PACKED else (TRAIN_FILE,)
