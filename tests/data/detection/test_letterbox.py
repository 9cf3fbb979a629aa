"""The place of an evaluation image, its way back, and batch shapes; worked out by hand."""

import numpy as np
import pytest
import torch

from lga.data.detection.batches import (
    EvaluationImages,
    batch_canvas,
    evaluation_order,
    letterbox,
)
from lga.data.loading.batch_order import BatchKey
from tests.data.detection.sources import flat, source_of, targets_of


def test_a_wide_image():
    """200 x 100 to 64: factor 0.32, 64 x 32, 16 rows of padding above and below."""
    placement = letterbox((200, 100), 64, (64, 64))
    assert (placement.resized, placement.corner, placement.scale) == ((64, 32), (0, 16), (0.32, 0.32))
    boxes = placement.map(targets_of([(10, 20, 110, 80)])).boxes
    np.testing.assert_allclose(boxes, [[3.2, 22.4, 35.2, 41.6]], rtol=1e-6)


def test_rounded_sizes_scale_each_axis_by_its_own_factor():
    """100 x 33 to 64: 21.12 rows become 21."""
    placement = letterbox((100, 33), 64, (64, 64))
    assert (placement.resized, placement.corner) == ((64, 21), (0, 21))
    assert placement.scale == (0.64, 21 / 33)


@pytest.mark.parametrize(
    ("sizes", "image_size", "expected"),
    [
        ([(640, 640)], 640, (672, 672)),  # 20 + 0.5 strides, rounded up to 21
        ([(160, 160)], 160, (192, 192)),
        ([(1280, 720), (1000, 500)], 640, (672, 384)),  # 11.25 + 0.5 strides of height, rounded up to 12
        ([(500, 1000)], 640, (352, 672)),
        ([(100, 200), (200, 100)], 320, (352, 352)),
        ([(1, 640)], 640, (32, 672)),
    ],
)
def test_the_toolchain_shape(sizes, image_size, expected):
    sizes = np.array(sizes)
    assert batch_canvas(sizes, image_size, "toolchain") == expected
    assert batch_canvas(sizes, image_size, "square") == (image_size, image_size)


def test_the_toolchain_order():
    """Heights over widths: 2, 0.5, 1, 0.5."""
    sizes = np.array([(10, 20), (20, 10), (10, 10), (40, 20)])
    assert evaluation_order(sizes, "toolchain").tolist() == [1, 3, 2, 0]
    assert evaluation_order(sizes, "square").tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("val_shape", ["square", "toolchain"])
def test_batches_know_their_origins(val_shape):
    sizes = [(100, 50), (50, 100), (64, 64), (1, 30)]
    box = (0.25, 0.5, 0.75, 1.0)  # in shares of the image
    targets = [targets_of([np.array(box) * (*size, *size)], [i], [i == 1]) for i, size in enumerate(sizes)]
    images = EvaluationImages(source_of([flat(*size, 9, 8, 7) for size in sizes], targets), 64, val_shape)
    batch = images[BatchKey(0, 0, np.arange(4))]
    side = 64 if val_shape == "square" else 96
    assert batch.images.shape == (4, 3, side, side)
    assert batch.images.dtype == torch.uint8
    assert batch.images.is_contiguous()
    assert [origin.index for origin in batch.origins] == ([0, 1, 2, 3] if side == 64 else [0, 2, 1, 3])
    for row, origin in enumerate(batch.origins):
        mine = batch.image_index == row
        size = sizes[origin.index]
        assert (origin.width, origin.height, origin.name) == (*size, f"image-{origin.index}")
        assert batch.labels[mine].tolist() == [origin.index]
        assert batch.ignore[mine].tolist() == [origin.index == 1]
        original = origin.to_original(batch.boxes[mine])
        np.testing.assert_allclose(original, [np.array(box) * (*size, *size)], rtol=1e-5)
        inside = (batch.images[row] == torch.tensor([9, 8, 7]).view(3, 1, 1)).all(0)
        scale_x, scale_y = origin.scale
        assert inside.sum() == round(size[0] * scale_x) * round(size[1] * scale_y)
        assert set(batch.images[row, 0][~inside].tolist()) <= {114}


def test_boxes_are_clipped_to_the_original():
    origin = EvaluationImages(source_of([flat(100, 50, 0, 0, 0)], [targets_of()]), 50, "square")[
        BatchKey(0, 0, np.arange(1))
    ].origins[0]
    found = origin.to_original(torch.tensor([[-5.0, 0, 60, 50], [10, 20, 20, 30]]))
    assert found.tolist() == [[0, 0, 100, 50], [20, 16, 40, 36]]  # factor 0.5, 12 rows above
