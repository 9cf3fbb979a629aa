"""The reader of ``digit_scenes``, and of its view ``digit_scenes_tiny``: nothing to download.

Whichever process comes first makes the scenes, whole or not at all, into ``<data_dir>/digit_scenes/``, in a
folder ``<size>-<hash of the settings>`` with the sha256 of each file in ``manifest.json``. Licences: digits
CC BY 4.0, photographs CC BY 2.0.

`BOXES_SHA256` fixes the boxes, and with them the draws, of the usual scenes of 160 pixels. Pixels are not
fixed, since resizing and decoding may round differently elsewhere: their sha256 is in every run's record.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lga.data.classification.digits import CLASS_NAMES
from lga.data.detection.image_stores import ArrayImages
from lga.data.detection.splits import DetectionSource, DetectionSplits
from lga.data.digit_scenes.making import SPLITS, make_scenes
from lga.structures.annotations import Annotations, Ignored
from lga.system.digests import digest
from lga.system.errors import UserError
from lga.system.files import made_whole, writable
from lga.system.foreign import parse_json, read_file, sha256_of
from lga.system.locks import alone

VERSION = 1  # of the scenes: another one makes a folder of its own
SMALLEST_IMAGE = 64
USUAL_SIZE = 160
USUAL_COUNTS = {"train": 1000, "val": 200, "test": 200}
BOXES_SHA256 = {
    "train.json": "caf0fe48e1009ec22a1a6403e5de3b645743afdc1d812d07203d79d44b8b5df3",
    "val.json": "4bd2164b51003fd380b00d4591262bb513e875a59e884b2d2c5d7d18374fb630",
    "test.json": "da5134001e1e15bdf4c69e5f48ef2372b27dc5296c7799127818f598a0dd913a",
}


class DigitScenesReader:
    """Reads the scenes, and makes them first if there are none.

    Args:
        data_dir: scenes lie in its folder ``digit_scenes``.
        image_size: S, side of the scenes, pixels. The same scenes at any size.
        train, val, test: numbers of scenes. More of them begin with the same ones.
        ignore_from: objects of at least this size (root of the box's area, in pixels of a scene of 160) are
            to be ignored; None ignores nothing.
    """

    class_names = CLASS_NAMES
    checked = "sha256 of each file, as it was made"

    def __init__(
        self,
        data_dir: str | Path,
        image_size: int = USUAL_SIZE,
        train: int = USUAL_COUNTS["train"],
        val: int = USUAL_COUNTS["val"],
        test: int = USUAL_COUNTS["test"],
        ignore_from: float | None = None,
    ) -> None:
        if image_size < SMALLEST_IMAGE:
            raise UserError(f"image_size={image_size}: digit_scenes takes at least {SMALLEST_IMAGE}")
        self.counts = {"train": train, "val": val, "test": test}
        if min(self.counts.values()) < 1:
            raise UserError(f"train={train}, val={val}, test={test}: a split needs at least one scene")
        self.data_dir = Path(data_dir)
        self.image_size = image_size
        self.ignore_from = ignore_from

    @property
    def folder(self) -> Path:
        """Where the scenes lie."""
        settings = [VERSION, self.image_size, [self.counts[split] for split in SPLITS]]
        name = f"{self.image_size}-{digest(settings)[:8]}"
        return self.data_dir / "digit_scenes" / name

    def __call__(self) -> DetectionSplits:
        """Return the splits.

        Raises:
            UserError: the scenes cannot be written, are damaged, or are other ones than they should be.
        """
        manifest = stored(self.folder, lambda folder: make_scenes(folder, self.image_size, self.counts))
        self._check_boxes(manifest)
        train, val, test = (self._source(split) for split in SPLITS)
        return DetectionSplits(train, val, test, manifest)

    def _check_boxes(self, manifest: dict[str, str]) -> None:
        if (self.image_size, self.counts) != (USUAL_SIZE, USUAL_COUNTS):
            return
        for name, expected in BOXES_SHA256.items():
            if manifest.get(name) != expected:
                raise UserError(
                    f"{self.folder / name}: other boxes than digit_scenes has (its sha256 differs); install "
                    "the locked versions (uv sync), remove this folder, and it is made again"
                )

    def _source(self, split: str) -> DetectionSource:
        content = json.loads((self.folder / f"{split}.json").read_text())
        boxes = np.array(content["boxes"], np.float32).reshape(-1, 4)
        labels, offsets = np.array(content["labels"], np.int64), np.array(content["offsets"], np.int64)
        count = len(offsets) - 1
        annotations = Annotations.of_arrays(
            names=np.array([f"{split}-{index:05d}" for index in range(count)]),
            sizes=np.full((count, 2), self.image_size),
            image=np.repeat(np.arange(count), np.diff(offsets)),
            boxes=boxes,
            labels=labels,
            ignored=self._ignored(boxes),
        )
        images = ArrayImages(self.folder / f"{split}.npy")
        return DetectionSource(images, annotations, f"digit_scenes {split}")

    def _ignored(self, boxes: NDArray[np.float32]) -> NDArray[np.uint8]:
        limit = np.inf if self.ignore_from is None else self.ignore_from
        areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        large = np.sqrt(areas) * (USUAL_SIZE / self.image_size) >= limit
        return np.where(large, Ignored.SIZE, Ignored.OBJECT).astype(np.uint8)


MANIFEST = "manifest.json"


def stored(folder: Path, make: Callable[[Path], None]) -> dict[str, str]:
    """Return the sha256 of each file in a folder; make the folder first if there is none.

    Args:
        folder: bears the hash of the settings.
        make: writes the files into the empty folder that it is given.

    Raises:
        UserError: the folder cannot be written, or its files are not those that were made.
    """
    if not folder.is_dir():
        with writable(folder.parent, "paths.data_dir"):
            _make_once(folder, make)
    return _checked(folder)


def _make_once(folder: Path, make: Callable[[Path], None]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with alone(folder.with_name(f".{folder.name}.lock")):
        if folder.is_dir():
            return
        with made_whole(folder) as unfinished:
            make(unfinished)
            manifest = {path.name: sha256_of(path) for path in sorted(unfinished.iterdir())}
            (unfinished / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")


def _checked(folder: Path) -> dict[str, str]:
    advice = "remove this folder, and it is made again"
    try:
        manifest = parse_json(read_file(folder / MANIFEST), dict[str, str], MANIFEST)
        found = {name: sha256_of(folder / name) for name in manifest}
    except UserError as error:
        raise UserError(f"{folder}: incomplete ({error}); {advice}") from error
    if not manifest:
        raise UserError(f"{folder / MANIFEST}: names no file; {advice}")
    for name, expected in manifest.items():
        if found[name] != expected:
            raise UserError(f"{folder / name}: not as it was made (its sha256 differs); {advice}")
    return manifest
