"""Boxes drawn on an image, by supervision, https://github.com/roboflow/supervision.

Shapes: H W height and width of the image, N boxes.
"""

import re
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

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

    factor = max(1, round(LEAST_SIDE / max(image.shape[:2])))
    canvas: Image = image.repeat(factor, axis=0).repeat(factor, axis=1)
    if not len(boxes):
        return canvas
    names = [class_names[label] if 0 <= label < len(class_names) else "" for label in labels.tolist()]
    if scores is not None:
        names = [f"{name} {score:.2f}" for name, score in zip(names, scores.tolist(), strict=True)]
    inside = np.minimum(
        boxes * factor, np.tile(canvas.shape[1::-1], 2) - 1
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


def side_by_side(pictures: Sequence[tuple[str, Image]]) -> Image:
    """Return pictures of equal height beside one another, each below its heading."""
    return np.concatenate([_headed(heading, picture) for heading, picture in pictures], axis=1)


def png(image: Image) -> bytes:
    """Return an RGB image (H, W, 3) as a PNG file."""
    return cv2.imencode(".png", image[:, :, ::-1])[1].tobytes()


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
