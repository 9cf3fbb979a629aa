"""Boxes drawn on an image, by supervision, https://github.com/roboflow/supervision.

Shapes: H W height and width of the image, N boxes.
"""

import re
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from lga.detection.judging.outcomes import IGNORED, OUTCOMES
from lga.structures import Detections

Image = NDArray[np.uint8]

LEAST_SIDE = 480  # smaller images are enlarged, so that labels can be read
HEADING = 24  # pixels
COLOURS = dict(zip(OUTCOMES, ((0, 128, 60), (208, 2, 27), (224, 122, 0), (120, 126, 133)), strict=True))
BEST, BEST_OVERLAP = 5, 0.3  # boxes shown where none has the score that is asked for; how much they overlap


def draw_boxes(
    image: Image,
    boxes: NDArray[np.floating],
    labels: NDArray[np.integer],
    class_names: Sequence[str],
    scores: NDArray[np.floating] | None = None,
    outcomes: NDArray[np.int64] | None = None,
) -> Image:
    """Return the image, enlarged by a whole factor if small, with its boxes.

    Args:
        image: (H, W, 3), RGB.
        boxes: (N, 4), xyxy in pixels of the image.
        labels: (N,), from 0; others are shown without a name.
        class_names: in the order of the labels.
        scores: (N,), shown beside the names.
        outcomes: (N,), in `OUTCOMES`, whose colours boxes have; by default those of their classes.
    """
    import supervision as sv

    canvas = _enlarged(image)
    if not len(boxes):
        return canvas
    names = [class_names[label] if 0 <= label < len(class_names) else "" for label in labels.tolist()]
    if scores is not None:
        names = [f"{name} {score:.2f}" for name, score in zip(names, scores.tolist(), strict=True)]
    inside = np.minimum(
        boxes * canvas.shape[0] / image.shape[0], np.tile(canvas.shape[1::-1], 2) - 1
    )  # the last pixel's edge too is seen
    found = sv.Detections(xyxy=inside[::-1].astype(np.float32), class_id=labels[::-1].astype(int))
    names, palette = names[::-1], sv.ColorPalette.DEFAULT  # the first boxes, of the highest scores, on top
    if outcomes is not None:  # supervision takes blue first
        palette = sv.ColorPalette([sv.Color(*colour[::-1]) for colour in COLOURS.values()])
        outcomes = outcomes[::-1]
    canvas = sv.BoxAnnotator(palette, thickness=2).annotate(canvas, found, custom_color_lookup=outcomes)
    annotator = sv.LabelAnnotator(palette, text_scale=0.4, text_padding=2, smart_position=True)
    return annotator.annotate(canvas, found, labels=names, custom_color_lookup=outcomes)


def drawn(found: Detections, confidence: float) -> tuple[str, Detections]:
    """Return what is drawn below which heading: the boxes with that score, the best few if there are none."""
    if sure := int((found.scores >= confidence).sum()):
        return f"found, score from {confidence:g}", found[:sure]
    from torchvision.ops import nms

    apart = nms(found.boxes, found.scores, BEST_OVERLAP)[:BEST]
    return f"none from {confidence:g}: the best {len(apart)}", found[apart]


def heat(image: Image, values: Tensor) -> Image:
    """Return the image, enlarged if small, below a map (h, w) from 0 to 1, from blue to red."""
    canvas = _enlarged(image)
    spread = cv2.resize(values.float().cpu().numpy(), canvas.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    colours = cv2.applyColorMap((255 * spread.clip(0, 1)).round().astype(np.uint8), cv2.COLORMAP_TURBO)
    return np.asarray(cv2.addWeighted(canvas, 0.5, colours[:, :, ::-1], 0.5, 0), np.uint8)


def side_by_side(pictures: Sequence[tuple[str, Image]]) -> Image:
    """Return pictures of equal height beside one another, each below its heading."""
    return np.concatenate([_headed(heading, picture) for heading, picture in pictures], axis=1)


def in_pairs(pictures: Sequence[tuple[str, Image]]) -> Image:
    """Return pictures below their headings, two in a row, all of the first one's height."""
    height = pictures[0][1].shape[0]
    sizes = [(round(height * picture.shape[1] / picture.shape[0]), height) for _, picture in pictures]
    fitted = [
        (heading, np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8))
        for (heading, picture), size in zip(pictures, sizes, strict=True)
    ]
    rows = [side_by_side(fitted[first : first + 2]) for first in range(0, len(fitted), 2)]
    widest = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 0), (0, widest - row.shape[1]), (0, 0)), constant_values=255) for row in rows]
    return np.concatenate(padded)


def png(image: Image) -> bytes:
    """Return an RGB image (H, W, 3) as a PNG file."""
    return cv2.imencode(".png", image[:, :, ::-1])[1].tobytes()


def _enlarged(image: Image) -> Image:
    """Return the image, or a multiple of it whose longer side is near `LEAST_SIDE`."""
    factor = max(1, round(LEAST_SIDE / max(image.shape[:2])))
    return image.repeat(factor, axis=0).repeat(factor, axis=1)


def counted(outcomes: NDArray[np.int64], *named: int) -> str:
    """Return such as ``4 right, 1 wrong``: those of `named`, and the ignored ones where there are some."""
    numbers = {outcome: int((outcomes == outcome).sum()) for outcome in (*named, IGNORED)}
    return ", ".join(f"{n} {OUTCOMES[outcome]}" for outcome, n in numbers.items() if n or outcome != IGNORED)


def _headed(heading: str, picture: Image) -> Image:
    """Return the picture below its heading, where what counts an outcome has its colour."""
    strip, left = np.full((HEADING, picture.shape[1], 3), 255, np.uint8), 4
    for part in re.split(rf"(\d+ (?:{'|'.join(OUTCOMES)}))", heading):
        colour = COLOURS.get(part.rpartition(" ")[2], (0, 0, 0))
        font = cv2.FONT_HERSHEY_SIMPLEX, 0.5
        cv2.putText(strip, part, (left, HEADING - 7), *font, colour, 1, cv2.LINE_AA)
        left += cv2.getTextSize(part, *font, 1)[0][0]
    return np.concatenate((strip, picture))
