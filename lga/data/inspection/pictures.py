"""The picture files of an inspection: a contact sheet of each part, and a figure of its sizes.

The figure shows how many boxes there are of which size, and how many images of which.

Axes: N images, M boxes.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lga.data.classification.labelled_images import LabelledImages
from lga.data.detection.image_stores import FileImages
from lga.data.detection.splits import DetectionSource
from lga.data.inspection.contact_sheet import Pictured, contact_sheet
from lga.data.inspection.published_set import PublishedInspection, Splits, distinct_splits
from lga.data.inspection.report import ImageSizes, box_roots
from lga.structures.annotations import Annotations, WrittenImage

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def published_parts(inspection: PublishedInspection) -> dict[str, Pictured]:
    """Return the parts of a published set that can be read."""
    reader, parts = inspection.reader, {}
    for part, read in inspection.read.items():
        images = FileImages(reader.root, read.index.names, read.index.sizes)
        captions = [Path(name).name for name in read.index.names.tolist()]
        parts[part] = Pictured(f"{reader.name} {part}", images, captions, read.index, reader.class_names)
    return parts


def split_parts(dataset: str, splits: Splits, class_names: tuple[str, ...]) -> dict[str, Pictured]:
    """Return the splits of another set; labelled images have their class as caption."""
    return {
        name: _split_part(f"{dataset} {name}", getattr(splits, name), class_names)
        for name in distinct_splits(splits)
    }


def _split_part(
    title: str, source: DetectionSource | LabelledImages, class_names: tuple[str, ...]
) -> Pictured:
    if isinstance(source, DetectionSource):
        return Pictured(title, source.images, source.names.tolist(), source.annotations, class_names)
    height, width = source.images.shape[-2:]
    captions = [class_names[label] for label in source.labels.tolist()]
    table = Annotations.of_images([WrittenImage(name, (width, height), ()) for name in captions])
    return Pictured(title, _Labelled(source), captions, table, class_names)


class _Labelled:
    def __init__(self, source: LabelledImages) -> None:
        self.source = source

    def load(self, index: int) -> NDArray[np.uint8]:
        pixels = self.source.images[index].numpy()
        return np.repeat(pixels[..., None], 3, axis=2) if pixels.ndim == 2 else pixels.transpose(1, 2, 0)


def picture_files(part: str, pictured: Pictured) -> Iterator[tuple[str, bytes]]:
    """Yield name and PNG content of each picture of a part; one without images has none."""
    if len(pictured):
        yield f"{part}-images.png", _png(contact_sheet(pictured))
    if len(pictured.table.boxes):
        yield f"{part}-sizes.png", size_figure(pictured)


def _png(image: Image.Image) -> bytes:
    content = io.BytesIO()
    image.save(content, "png")
    return content.getvalue()


WIDTH, HEIGHT, DPI = 12.0, 4.5, 100  # inches, pixels an inch
BINS_AN_OCTAVE = 4
BOUNDS = (8, 16, 32, 96)  # pixels
HEADROOM = 1.15  # above the highest bar
LISTED, LEAST_ROWS = 12, 5  # sizes of images; the others are one bar
BAR, LINE = "#3b6ea5", "#9a3b26"


def size_figure(pictured: Pictured) -> bytes:
    """Return the figure of a part with at least one image, as PNG."""
    from matplotlib.figure import Figure  # a second, that an inspection without pictures need not wait

    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DPI, layout="constrained")
    boxes, images = figure.subplots(1, 2)
    _draw_boxes(boxes, pictured)
    _draw_images(images, pictured)
    figure.suptitle(pictured.title)
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return content.getvalue()


def _draw_boxes(axes: "Axes", pictured: Pictured) -> None:
    roots = box_roots(pictured.table.boxes[pictured.table.counts])  # (M,)
    axes.set_xlabel("root of the box's area, pixels")
    axes.set_ylabel("objects that count")
    if not len(roots):
        axes.set_title("no object")
        return
    low, high = int(np.floor(np.log2(roots.min()))), int(np.floor(np.log2(roots.max()))) + 1
    edges = 2 ** np.linspace(low, high, (high - low) * BINS_AN_OCTAVE + 1)
    counts = np.histogram(roots, edges)[0]
    axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=BAR, edgecolor="white", linewidth=0.5)
    axes.set_ylim(0, HEADROOM * counts.max())
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter("{x:g}")
    for bound in BOUNDS:
        if edges[0] < bound < edges[-1]:
            axes.axvline(bound, color=LINE, linewidth=0.8, linestyle="--")
            share = f"{100 * (roots < bound).mean():.0f} % < {bound}"
            axes.annotate(
                share, (bound, 1), (-3, -3), xycoords=("data", "axes fraction"), textcoords="offset points",
                ha="right", va="top", fontsize=7, color=LINE,
            )  # fmt: skip
    axes.set_title(f"{len(roots):,} objects, median {np.median(roots):.1f} px")


def _draw_images(axes: "Axes", pictured: Pictured) -> None:
    sizes = ImageSizes.of(pictured.table.sizes)
    counts = list(sizes.counts.items()) if sizes else []
    rest = sum(count for _, count in counts[LISTED:])
    rows = counts[:LISTED] + ([(f"{len(counts) - LISTED} other sizes", rest)] if rest else [])
    names, values = [name for name, _ in rows], [count for _, count in rows]
    bars = axes.barh(names, values, color=BAR, height=0.7)
    axes.bar_label(bars, [f"{value:,}" for value in values], padding=3, fontsize=8)
    axes.set_ylim(max(len(rows), LEAST_ROWS) - 0.5, -0.5)  # the first on top
    axes.margins(x=0.12)
    axes.set_xlabel("images")
    axes.set_title(f"{len(pictured):,} images, distinct sizes: {len(counts):,}")
