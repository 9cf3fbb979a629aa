"""PASCAL VOC's annotation files: one XML file an image, one ``<object>`` a box.

Corners are numbers of pixels, counted from 1, the last one included: pixel 1 alone is ``xmin`` 1, ``xmax`` 1.
Only children of ``<object>`` itself are read, in any order: its ``<part>`` children have boxes of their own.
Source: the development kit's documentation, http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree

from lga.data.detection.faults import Faults
from lga.structures.annotations import Ignored, WrittenBox, WrittenImage
from lga.system.errors import UserError
from lga.system.foreign import number, read_file, whole

LARGEST = 2**21  # bytes of a file, of one image
UNIT = "object"  # its number in the file, from 1


def read_voc(
    path: Path, place: str, image: str, class_names: Sequence[str], faults: Faults
) -> WrittenImage | None:
    """Return what one file says, or None where it is not of this format.

    Args:
        path: of the file.
        place: what to call it in messages.
        image: path of its image, relative to the set's folder.
        class_names: in the order of the labels.
        faults: says what to do about a bad file or object.

    Raises:
        UserError: the file or an object is bad, and ``faults`` refuses.
    """
    root = _root(path, place, faults)
    if root is None:
        return None
    try:
        size = _size(root)
    except ValueError as error:
        faults.refuse("files without a proper size", place, str(error))
        return None
    boxes = []
    for place_in_file, element in enumerate(root.findall("object"), 1):
        try:
            boxes.append(_box(element, place_in_file, class_names))
        except ValueError as error:
            faults.refuse("objects not understood", f"{place}, {UNIT} {place_in_file}", str(error))
    return WrittenImage(image, size, boxes, place)


def class_names(paths: Iterable[Path]) -> list[str]:
    """Return the names of all objects of some files, each once, sorted; a bad file has none."""
    roots = (_root(path, str(path), Faults("skip")) for path in paths)
    named = (root.iterfind("object/name") for root in roots if root is not None)
    return sorted({(name.text or "").strip() for names in named for name in names})


def _root(path: Path, place: str, faults: Faults) -> Element | None:
    malformed = "files that are not well-formed XML"
    try:
        root: Element = ElementTree.fromstring(read_file(path, LARGEST))
    except ParseError as error:
        reason = str(error).partition(":")[0]
        faults.refuse(malformed, f"{place}:{error.position[0]}", f"expected well-formed XML, found: {reason}")
        return None
    except UserError as error:
        faults.pass_on("files that cannot be read", place, error)
        return None
    except (ValueError, LookupError) as error:  # an entity that is defined here, an encoding that is unknown
        faults.refuse(malformed, place, f"expected XML in UTF-8 without entities of its own, found: {error}")
        return None
    if root.tag != "annotation":
        faults.refuse("files without an annotation", place, f"expected an <annotation>, found a <{root.tag}>")
        return None
    return root


def _size(root: Element) -> tuple[int, int] | None:
    width, height = (whole(root.findtext(f"size/{side}", "0")) for side in ("width", "height"))
    if min(width, height) < 0:
        raise ValueError(f"expected <width> and <height> in pixels, found {width} and {height}")
    return (width, height) if width and height else None


def _box(element: Element, line: int, class_names: Sequence[str]) -> WrittenBox:
    name = element.findtext("name", "").strip()
    if name not in class_names:
        known = f"the {len(class_names)} classes {', '.join(class_names)}"
        raise ValueError(f"expected a <name> that is one of {known}; found {name!r}")
    if element.find("bndbox") is None:
        raise ValueError(f"expected a <bndbox> in the object, a {name}; found none")
    first_x, first_y, last_x, last_y = (
        _number(element, f"bndbox/{corner}") for corner in ("xmin", "ymin", "xmax", "ymax")
    )
    difficult = element.find("difficult") is not None and _number(element, "difficult") != 0
    return WrittenBox(
        box=(first_x - 1, first_y - 1, last_x, last_y),
        label=class_names.index(name),
        ignored=Ignored.DIFFICULT if difficult else Ignored.OBJECT,
        line=line,
    )


def _number(element: Element, tag: str) -> float:
    try:
        return number(element.findtext(tag, ""))
    except ValueError as error:
        raise ValueError(f"<{tag}>: {error}") from None
