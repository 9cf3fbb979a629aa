"""A tree of PASCAL VOC's layout with classes of one's own: ``Annotations``, ``JPEGImages``, ``ImageSets``.

The lists ``train.txt``, ``val.txt`` and ``test.txt`` of ``ImageSets/Main`` are its parts; ``trainval.txt``
stands in where there is no ``train.txt``. Without lists all images are trained on. The classes are those that
the annotations of its parts name, in alphabetical order.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from lga.data.detection.faults import Faults
from lga.data.own.own_set import OwnSet, checked_names
from lga.data.published.formats.voc_xml import class_names
from lga.data.published.toolchain_tree import IMAGE_SUFFIXES
from lga.data.published.voc import VOCReader
from lga.system.errors import UserError
from lga.system.foreign import visible


class OwnVOCReader(OwnSet, VOCReader):
    """Reads such a tree.

    `path` is the folder with ``Annotations``, or has one such folder in it or in its ``VOCdevkit``.
    """

    expected = "folder with Annotations, JPEGImages and ImageSets"

    def describe(self) -> tuple[Iterable[Path], tuple[str, ...], Iterable[str]]:
        """Return the tree, its classes and parts."""
        trees = [self.place, *visible(self.place, "*"), *visible(self.place, "VOCdevkit/*")]
        found = [tree for tree in trees if (tree / "Annotations").is_dir()]
        if len(found) != 1:
            raise UserError(f"{self.place}: {len(found)} folders Annotations there; name the folder of one")
        self.data_dir = self.tree = found[0]
        lists = {part: self.tree / "ImageSets" / "Main" / f"{part}.txt" for part in ("train", "val", "test")}
        if not lists["train"].is_file():
            lists["train"] = lists.pop("val").with_name("trainval.txt")
        self.lists = {part: path for part, path in lists.items() if path.is_file()}
        images = visible(self.tree / "JPEGImages", "*")
        self.names = {image.stem: image for image in images if image.suffix.lower() in IMAGE_SUFFIXES}
        parts = tuple(self.lists) or ("train",)
        for part in parts:
            if not any(self._stems(part, Faults("skip"))):
                list(self._stems(part, Faults("raise")))  # refuses the first line
                raise UserError(f"{self._list(part)}: no image there; add some, or remove it")
        stems = (stem for part in parts for _, stem in self._stems(part, Faults("skip")))
        files = [self._annotation("", stem) for stem in dict.fromkeys(stems)]
        return [self.tree], checked_names(class_names(files), f"{self.tree / 'Annotations'}: <name>"), parts

    def advice(self, part: str) -> str:
        """Return what to do where files of a part are missing."""
        return "put them there, in PASCAL VOC's layout"

    def image(self, part: str, stem: str) -> Path:
        """Return the image of a name, whatever its suffix."""
        return self.names.get(stem, self.tree / "JPEGImages" / f"{stem}.jpg")

    def _stems(self, part: str, faults: Faults) -> Iterator[tuple[int, str]]:
        if self.lists:
            yield from super()._stems(part, faults)
        else:
            yield from enumerate((path.stem for path in visible(self.tree / "Annotations", "*.xml")), 1)

    def _year(self, part: str) -> Path:
        return self.tree

    def _list(self, part: str) -> Path:
        return self.lists.get(part, self.tree / "Annotations")
