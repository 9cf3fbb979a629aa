"""DOTA v1.0: objects in aerial images, fifteen classes. Xia et al., https://arxiv.org/abs/1711.10398.

Trees, in ``<data_dir>/DOTA``: ``{train,val}/images/*.png`` with, beside ``images``, the label files in
``labelTxt``, in ``labelTxt-v1.0`` as its archives unpack, or in torchgeo's ``annotations/version1.0``. The
tree of the paper's toolchain, ``images/{train,val}`` beside ``labels``, lies there or in
``<data_dir>/DOTAv1``, the name that it is downloaded under.

Difficult objects are kept as `Ignored.DIFFICULT`; the toolchain takes them for any other, and its tree no
longer tells them. Labels of the test images are not public.
"""

from pathlib import Path
from types import MappingProxyType

from lga.data.detection.faults import Faults
from lga.data.detection.index_cache import listing
from lga.data.published.formats.dota_txt import read_dota
from lga.data.published.published_dataset import PartFiles, TiledDataset
from lga.data.published.split_plan import PublishedCounts, SplitPlan
from lga.structures.annotations import Annotations, Ignored, WrittenImage
from lga.system.errors import UserError

LABEL_FOLDERS = ("labelTxt", "labelTxt-v1.0/labelTxt", "labelTxt-v1.0", "annotations/version1.0")
_SOURCE = "the dataset's page; objects as commonly listed"


class DOTAReader(TiledDataset):
    """Reads DOTA v1.0 with horizontal boxes."""

    name = "dota"
    folder = "DOTA"
    class_names = (
        "plane", "ship", "storage-tank", "baseball-diamond", "tennis-court",
        "basketball-court", "ground-track-field", "harbor", "bridge", "large-vehicle",
        "small-vehicle", "helicopter", "roundabout", "soccer-ball-field", "swimming-pool",
    )  # fmt: skip
    part_names = ("train", "val")
    plans = MappingProxyType(
        {
            "official": SplitPlan(
                ("train",),
                None,
                "val",
                who="ours, without a leak: test labels are hidden, so the validation part is reported",
            ),
            "paper": SplitPlan(
                ("train",),
                "val",
                "val",
                who="the paper most likely: its toolchain trains on train and reports the best epoch on val",
                leak="the checkpoint is selected on the images that are reported",
                counted=(Ignored.DIFFICULT,),  # its labels say nothing of difficult objects
            ),
        }
    )
    published = MappingProxyType(
        {
            "train": PublishedCounts(1411, 98_990, "all", source=_SOURCE),
            "val": PublishedCounts(458, 28_853, "all", source=_SOURCE),
        }
    )

    @property
    def root(self) -> Path:
        """The set's folder: ``DOTA``, or where there is only that, the toolchain's ``DOTAv1``."""
        published, toolchain = self.data_dir / self.folder, self.data_dir / "DOTAv1"
        return toolchain if toolchain.is_dir() and not published.is_dir() else published

    def has(self, part: str) -> bool:
        """Return whether the part's label files are there."""
        return self._labels(part) is not None

    def files(self, part: str) -> PartFiles:
        """Return the label files of a part and its image folder."""
        labels, images = self._labels(part), self.root / part / "images"
        if labels is None:
            raise UserError(
                f"{self.root / part}: no label files in {', '.join(LABEL_FOLDERS)} below it; "
                f"unpack DOTA v1.0's {part} labels into one of these"
            )
        if not images.is_dir():
            raise UserError(f"{images}: no such folder; unpack DOTA v1.0's {part} images there")
        return PartFiles(sorted(labels.glob("*.txt")), (images,))

    def parse(self, part: str, files: PartFiles, faults: Faults) -> Annotations:
        """Return the boxes of every label file; each is of the image of the same stem."""
        labels = {name: label for label, name in enumerate(self.class_names)}
        images = []
        for path in files.annotations:
            place = path.relative_to(self.root).as_posix()
            boxes = read_dota(path, place, faults, labels)
            images.append(WrittenImage(f"{part}/images/{path.stem}.png", None, boxes, place))
        self._check_labelled(files, {image.name for image in images}, faults)
        return Annotations.of_images(images)

    def _labels(self, part: str) -> Path | None:
        """Return the first folder that holds label files of a part."""
        folders = (self.root / part / name for name in LABEL_FOLDERS)
        return next((folder for folder in folders if next(folder.glob("*.txt"), None)), None)

    def _check_labelled(self, files: PartFiles, labelled: set[str], faults: Faults) -> None:
        folder = files.annotations[0].parent
        for name in listing(self.root, files.image_folders):
            if name.endswith(".png") and name not in labelled:
                expected = f"the image has no label file; put {Path(name).stem}.txt into {folder}"
                faults.refuse("images without a label file", name, expected)
