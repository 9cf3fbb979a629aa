"""The index of a split: all that training and judging need to know of its files, checked, in flat arrays.

Parsed once, then kept in one `.npz` file; a start on 118,000 images reads arrays and no annotation file.

Axes: N images, M boxes of all of them.
"""

import zipfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Self

import numpy as np
from numpy.typing import NDArray

from lga.data.detection.faults import Dropped
from lga.data.detection.image_stores import FileImages
from lga.data.detection.splits import Annotations, DetectionSource, Targets
from lga.data.detection.written_split import PER_BOX, PER_IMAGE, WrittenSplit
from lga.structures.ground_truth import GroundTruth, Ignored


@dataclass(frozen=True)
class SplitIndex:
    """The checked images and boxes of a split.

    Attributes:
        written: its images and boxes, sizes and areas all known.
        dropped: what was left out or changed, in the order it was met.
    """

    written: WrittenSplit
    dropped: tuple[Dropped, ...] = ()

    def __len__(self) -> int:
        return len(self.written.names)

    @property
    def truth(self) -> GroundTruth:
        """The boxes as judging needs them."""
        w = self.written
        return GroundTruth(w.image, w.boxes, w.labels, w.ignored, w.areas, w.sizes, w.names)

    def source(self, folder: Path, split: str, counted: Collection[Ignored] = ()) -> DetectionSource:
        """Return the split for training and judging; boxes clipped to their images.

        Args:
            folder: that the images' names are relative to.
            split: what to call it in messages.
            counted: what is marked, and counts as an object in training and in the `paper` protocol.
        """
        written = self.written
        limits = np.tile(written.sizes[written.image], 2)
        boxes = np.clip(written.boxes, 0, limits).astype(np.float32)
        ignore = ~np.isin(written.ignored, (Ignored.OBJECT, *counted))
        targets = Targets(boxes, written.labels, ignore)
        offsets = np.searchsorted(written.image, np.arange(len(self) + 1))
        return DetectionSource(
            images=FileImages(folder, written.names, written.sizes),
            annotations=Annotations(targets, offsets.astype(np.int64)),
            sizes=written.sizes,
            names=written.names,
            split=split,
            whole=self.truth,
        )

    def take(self, images: NDArray[np.bool_]) -> Self:
        """Return the index of the images where ``images`` (N,) is true."""
        return replace(self, written=self.written.take_images(images))

    @classmethod
    def join(cls, parts: "Sequence[SplitIndex]") -> Self:
        """Return the index of several parts, at least one, one after the other."""
        dropped = tuple(dropped for part in parts for dropped in part.dropped)
        written = [part.written for part in parts]
        return cls(WrittenSplit.join(written) if len(written) > 1 else written[0], dropped)

    def write(self, file: IO[bytes]) -> None:
        """Write the index to an open file."""
        arrays = {name: getattr(self.written, name) for name in (*PER_IMAGE, *PER_BOX)}
        # Names of the annotation files are few or long: each is kept once.
        files, arrays["sources"] = np.unique(arrays["sources"], return_inverse=True)
        dropped = np.array(self.dropped, np.str_).reshape(-1, 2)
        np.savez(file, **arrays, files=files, dropped=dropped, unit=np.array(self.written.unit))

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """Return a written index, or None where the file is damaged or another version's."""
        try:
            with np.load(path, allow_pickle=False) as content:
                arrays = {name: content[name] for name in (*PER_IMAGE, *PER_BOX)}
                arrays["sources"] = content["files"][arrays["sources"]]
                dropped = tuple(Dropped(*row) for row in content["dropped"].tolist())
                unit = str(content["unit"])
        except (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile):
            return None
        return cls(WrittenSplit(**arrays, unit=unit), dropped)
