"""YOLO's text files, named by a ``data.yaml`` or by darknet's ``obj.data``.

``data.yaml``: ``names`` (a list, or numbers from 0 with names), ``train``, ``val`` and ``test`` (a folder of
images, a text file with an image a line, or a list of these), ``path`` that they are relative to, ``nc``.
``obj.data``: lines ``key = value`` of ``train``, ``valid``, ``names`` (a file, a class a line), ``classes``.

A path is taken from ``path``, else from the folder of the file that has it; where nothing is there, without
its first part, which names the folder that the set was written in. The label file of an image lies in the
twin folder, where the last ``images`` of the path is ``labels``, or beside the image. An image without one
has no objects, and is counted. Sources: darknet's README; the datasets notes of YOLO's formats.
"""

import difflib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lga.data.detection.checks import MISSING
from lga.data.detection.faults import Faults
from lga.data.own.own_set import OwnSet, checked_names
from lga.data.published.formats.text_lines import numbered_lines
from lga.data.published.published_dataset import PartFiles
from lga.data.published.toolchain_tree import IMAGE_SUFFIXES, label_folder, labelled_image
from lga.structures.annotations import Annotations
from lga.system.errors import UserError
from lga.system.foreign import LARGEST_YAML, files_below, has_usual_length, parse_yaml, read_file, visible

PARTS = ("train", "val", "test")
KEYS = ("path", *PARTS, "names", "nc")
ADVICE = "a data.yaml has the keys train, val and names"
BACKGROUND = "images without label file, which show no object"


class YOLOReader(OwnSet):
    """Reads a set of one's own of YOLO's text files."""

    expected = "data.yaml, or darknet's obj.data"

    def describe(self) -> tuple[Iterable[Path], tuple[str, ...], Iterable[str]]:
        """Return all folders, the classes, and the parts that have images."""
        names, base, parts = _described(self.place)
        self.images = {
            part: list(_images(paths, base, self.place, part)) for part, paths in parts.items() if paths
        }
        for part, images in self.images.items():
            if not images:
                where = f"{self.place}: {part}"
                raise UserError(f"{where}: no image in {parts[part][0][:99]}; add some, or leave {part} out")
        folders = {image.parent for images in self.images.values() for image, _ in images}
        self.labels = {folder: _labels(folder) for folder in sorted(folders)}
        return [self.place.parent, *folders, *self.labels.values()], names, self.images

    def files(self, part: str) -> PartFiles:
        """Return the label files of a part that are there."""
        expected = [self._label(image) for image, _ in self.images[part]]
        folder = os.path.commonpath([image.parent for image, _ in self.images[part]])
        if not any(image.is_file() for image, _ in self.images[part]):
            image, source = self.images[part][0]
            raise UserError(
                f"{source}: no image of {part} is there, as {image}; correct the paths, or add them"
            )
        if not (labels := [label for label in expected if os.path.lexists(label)]):
            raise UserError(f"{folder}: no image of {part} has a label file; the first's is {expected[0]}")
        return PartFiles(labels, Path(folder))

    def present(self, part: str, files: PartFiles) -> dict[str, int]:
        """Return byte sizes of the images that the part names and that are there."""
        there = (image for image, _ in self.images[part] if image.is_file())
        return {image.relative_to(self.root).as_posix(): image.stat().st_size for image in there}

    def parse(self, part: str, files: PartFiles, faults: Faults) -> Annotations:
        """Return the boxes of all images of the part."""
        found = []
        for image, source in self.images[part]:
            name, label = image.relative_to(self.root).as_posix(), self._label(image)
            if not image.is_file():
                faults.refuse(MISSING, source, f"names the image {image}, which is not there")
            elif (written := labelled_image(self.root, name, label, faults)) is not None:
                found.append(written)
                if not os.path.lexists(label):
                    faults.drop(BACKGROUND, name)
        self._refuse_labels_alone(part, faults)
        return Annotations.of_images(found)

    def _label(self, image: Path) -> Path:
        return self.labels[image.parent] / f"{image.stem}.txt"

    def _refuse_labels_alone(self, part: str, faults: Faults) -> None:
        """Refuse label files whose image is not in the folder, where labels have folders of their own."""
        for folder in {image.parent for image, _ in self.images[part]}:
            labels = self.labels[folder]
            stems = {path.stem for path in visible(folder, "*")} if labels != folder else set()
            for label in visible(labels, "*.txt") if stems else ():
                if label.stem not in stems and label.name != "classes.txt":
                    place = label.relative_to(self.root).as_posix()
                    faults.refuse("label files without image", place, f"expected its image in {folder}")


def _described(file: Path) -> tuple[tuple[str, ...], Path, Mapping[str, list[str]]]:
    """Return the classes, what paths are relative to, and the paths of each part."""
    darknet = file.suffix == ".data"
    content = _obj_data(file) if darknet else parse_yaml(read_file(file, LARGEST_YAML), str(file), ADVICE)
    for key in content:
        meant = difflib.get_close_matches(str(key), [each for each in KEYS if each not in content], 1)
        if key not in KEYS and meant:
            raise UserError(f"{file}: {key}: no key of this format; did you mean {meant[0]}?")
    if missing := [key for key in ("train", "names") if not content.get(key)]:
        raise UserError(f"{file}: has no {' and no '.join(missing)}; {ADVICE}")
    place, names = f"{file}: names", content["names"]
    if isinstance(names, dict):
        numbers = [str(number) for number in range(len(names))]
        if set(names) != set(numbers):
            found = ", ".join(names)[:60]
            raise UserError(f"{place}: expected the numbers from 0 to {len(names) - 1}, found {found}")
        names = [names[number] for number in numbers]
    classes = checked_names(_texts(names, place), place)
    if content.get("nc", str(len(classes))) != str(len(classes)):
        said = str(content["nc"])[:20]
        raise UserError(f"{file}: says {said} classes, and names {len(classes)}; correct one of them")
    root = _texts(content.get("path") or ".", f"{file}: path")[0]
    base = _found(root, file.parent, file.parent, f"{file}: path")
    return classes, base, {part: _texts(content.get(part) or [], f"{file}: {part}") for part in PARTS}


def _texts(value: Any, place: str) -> list[str]:
    found = value if isinstance(value, list) else [value]
    if not all(isinstance(text, str) for text in found):
        raise UserError(f"{place}: expected a text or a list of texts, found {str(value)[:60]!r}")
    return found


def _obj_data(file: Path) -> dict[str, Any]:
    """Return the content of an ``obj.data`` by the keys of a ``data.yaml``."""
    content, keys = dict[str, Any](), {"valid": "val", "classes": "nc", "backup": "-", "eval": "-"}
    for number, line in numbered_lines(file, str(file), Faults("raise")):
        key, equals, value = (text.strip() for text in line.partition("="))
        if not equals and not line.startswith("#"):
            raise UserError(f"{file}:{number}: expected key = value, found {line[:60]!r}")
        content[keys.get(key, key)] = value
    if path := content.get("names"):
        listed = _found(path, file.parent, file.parent, f"{file}: names")
        content["names"] = [line for _, line in numbered_lines(listed, str(listed), Faults("raise"))]
    return content


def _images(paths: list[str], base: Path, file: Path, part: str) -> Iterator[tuple[Path, str]]:
    """Yield the images of a part, and where each is named."""
    for path in paths:
        found = _found(path, base, file.parent, f"{file}: {part}")
        if found.is_dir():
            for name, _ in files_below(found):
                if name.lower().endswith(IMAGE_SUFFIXES):
                    yield found / name, str(found / name)
        else:
            for number, line in numbered_lines(found, str(found), Faults("raise")):
                yield _placed(line, base, found.parent, f"{found}:{number}"), f"{found}:{number}"


def _found(path: str, base: Path, beside: Path, place: str) -> Path:
    """Return `_placed`; a UserError where nothing is there."""
    found = _placed(path, base, beside, place)
    if not found.exists():
        raise UserError(f"{place}: there is no {found}; correct the path, or put it there")
    return found


def _placed(path: str, base: Path, beside: Path, place: str) -> Path:
    """Return where a path leads, see the module; where nothing is there, the first of the places."""
    if not has_usual_length(path):
        raise UserError(f"{place}: expected a path, found {path[:60]!r}")
    inner = path.partition("/")[2] or path
    tried = (root / each for each in (path, inner) for root in (base, beside))
    places = [Path(os.path.normpath(place)) for place in tried]
    return next((each for each in places if os.path.lexists(each)), places[0])


def _labels(folder: Path) -> Path:
    twin = label_folder(folder) if "images" in folder.parts else folder
    return twin if twin.is_dir() else folder
