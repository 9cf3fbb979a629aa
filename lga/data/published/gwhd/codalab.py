"""GWHD 2020 as the challenge on CodaLab and the paper's toolchain have it: a folder and a file a domain.

Tree: ``global-wheat-codalab-official/<domain>/*.png`` beside ``<domain>.json``, of COCO's format. Some
domains have no such file: for those the toolchain's labels are read, ``labels/<domain>/*.txt`` beside
``global-wheat-codalab-official``. The tree that the toolchain makes of both, ``images/<domain>`` and
``labels/<domain>``, is read too. Every category of a file is the one class, whatever its name.

What the readers of the three distributions of the Global Wheat Head Dataset share.
"""

from abc import abstractmethod
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar

from lga.data.detection.faults import Faults
from lga.data.published.formats.coco_json import read_coco
from lga.data.published.published_dataset import PartFiles, PublishedDataset
from lga.data.published.split_plan import PublishedCounts, SplitPlan, paper_plan
from lga.data.published.toolchain_tree import parse_toolchain_tree
from lga.structures.annotations import Annotations
from lga.system.foreign import visible

FOLDER = "GWHD"


class GWHDReader(PublishedDataset):
    """A reader of one distribution; all lie in ``<data_dir>/GWHD``, all have one class."""

    name = "gwhd"
    folder = FOLDER
    class_names = ("wheat_head",)
    distribution: ClassVar[str]

    @classmethod
    @abstractmethod
    def is_in(cls, root: Path) -> bool:
        """Return whether this distribution seems to lie in the set's folder: a quick look."""

    def settings(self) -> tuple[object, ...]:
        """Return the distribution: two have parts of the same names."""
        return (self.distribution,)

    def needed(self, path: Path) -> Path:
        """Return the path of something that is needed; a UserError where it is not there."""
        advice = (
            f"unpack one distribution of the set into {self.root}: "
            "global-wheat-codalab-official.zip (`make data-gwhd_codalab` fetches it), gwhd_2021.zip "
            "(`make data-gwhd2021`), or Kaggle's global-wheat-detection.zip as global-wheat-detection/"
        )
        return self.require(path, advice)


CODALAB = "global-wheat-codalab-official"
TRAINING = ("arvalis_1", "arvalis_2", "arvalis_3", "ethz_1", "rres_1", "inrae_1", "usask_1")
TESTING = ("utokyo_1", "utokyo_2", "nau_1", "uq_1")
SELECTING = "inrae_1"  # of an institute that no other domain is from, and few images
LEAK = "the images that are reported were trained on, and the checkpoint is selected on them"


class GWHDCodalabReader(GWHDReader):
    """Reads the eleven domains of GWHD 2020."""

    distribution = "codalab"
    part_names = (*TRAINING, *TESTING)
    unions = MappingProxyType({"test": TESTING})
    plans = MappingProxyType(
        {
            "official": SplitPlan(
                tuple(domain for domain in TRAINING if domain != SELECTING),
                SELECTING,
                "test",
                who="the challenge of 2020 reports these four domains; it has no validation, so this reader "
                f"holds {SELECTING} out of the domains of training",
            ),
            "paper": paper_plan(
                TRAINING,
                "ethz_1",
                "the paper most likely: its toolchain trains on seven domains and reports one of them",
                leak=LEAK,
            ),
        }
    )
    published = MappingProxyType({"ethz_1": PublishedCounts(748, source="the toolchain's yaml")})

    @classmethod
    def is_in(cls, root: Path) -> bool:
        """Return whether either tree lies there."""
        return (root / CODALAB).is_dir() or any((root / "images" / part).is_dir() for part in cls.part_names)

    def has(self, part: str) -> bool:
        """Return whether the domain's images are there."""
        return (self.root / CODALAB / part).is_dir()

    def files(self, part: str) -> PartFiles:
        """Return the domain's JSON file, or else its label files, and its image folder."""
        images = self.needed(self.root / CODALAB / part)
        boxes = images.with_name(f"{part}.json")
        labels = self._labels(part)
        if boxes.is_file() or not labels.is_dir():
            return PartFiles([self.needed(boxes)], images)
        return PartFiles(visible(labels, "*.txt"), images)

    def parse(self, part: str, files: PartFiles, faults: Faults) -> Annotations:
        """Return the boxes of the JSON file, or of the label files."""
        boxes = self.root / CODALAB / f"{part}.json"
        if not boxes.is_file():
            return parse_toolchain_tree(self.root, self.root / CODALAB / part, faults, self._labels(part))
        place = f"{CODALAB}/{part}.json"
        return read_coco(boxes, place, faults, None, f"{CODALAB}/{part}")

    def _labels(self, part: str) -> Path:
        return self.root / "labels" / part
