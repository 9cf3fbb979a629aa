"""A detection run's pictures made small enough to stand in the page, as data URIs."""

import base64
import io
import re
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from lga.system.errors import UserError

FOLDER = "pictures"
LONG_SIDE = 480
QUALITY = 70


@dataclass(frozen=True)
class Thumbnail:
    """A picture as a JPEG of at most `LONG_SIDE` pixels on its longer side."""

    source: str
    width: int
    height: int


def picture_paths(run_folder: Path) -> list[Path]:
    """The run's pictures, `<number>-<image>.png`, by number; none if it left none, OSError if unreadable."""
    folder = run_folder / FOLDER
    if not folder.is_dir():
        return []
    numbered = [
        (re.match(r"([0-9]+)-", path.name), path) for path in folder.iterdir() if path.suffix == ".png"
    ]
    found = [(int(match[1]), path.name, path) for match, path in numbered if match]
    return [path for _, _, path in sorted(found)]


def thumbnail(path: Path) -> Thumbnail:
    """The picture at `path` made small; raises UserError if it cannot be read."""
    try:
        with Image.open(path, formats=["PNG"]) as picture:
            small = picture.convert("RGB")
        small.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UserError(f"{path}: not a readable PNG picture: {error}") from error
    file = io.BytesIO()
    small.save(file, "JPEG", quality=QUALITY, optimize=True)
    source = "data:image/jpeg;base64," + base64.b64encode(file.getvalue()).decode()
    return Thumbnail(source, small.width, small.height)
