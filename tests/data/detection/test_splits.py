"""A split: its boxes as they are trained on, and arrays that worker processes share."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from torch.utils.data import Dataset

from lga.data.loading.batch_order import BatchOrder
from lga.data.loading.splits_data import DeferredLoader
from lga.structures.annotations import Annotations
from tests.data.detection.sources import source_of_files
from tests.structures.tables import every_column

IMAGES, BOXES = 20_000, 140_000
ROLLUP = Path("/proc/self/smaps_rollup")


def test_boxes_are_clipped_to_be_trained_on(tmp_path):
    source = source_of_files(every_column(), tmp_path)
    assert source.targets(0).boxes.tolist() == [[0.25, 1, 9, 12], [0, 2, 3, 4]]
    assert source.targets(0).ignore.tolist() == [True, False]
    assert source.targets(1).boxes.shape == (0, 4)
    assert source.targets(2).boxes.tolist() == [[0, 2, 3, 4]]
    assert source.truth.boxes[1].tolist() == [-1, 2, 3, 4]


class GrayImages:
    """Makes 8 x 8 images, so that no file is read; holds the names and sizes as `FileImages` does."""

    def __init__(self, files):
        self.names, self.sizes = files.names, files.sizes

    def __len__(self):
        return len(self.names)

    def load(self, index):
        assert str(self.names[index])
        return np.full((8, 8, 3), index % 256, np.uint8)


def large_source(folder):
    """20,000 images with seven boxes each, names of 29 characters."""
    image = np.repeat(np.arange(IMAGES), BOXES // IMAGES)
    written = Annotations(
        names=np.array([f"train2017/{number:015d}.jpg" for number in range(IMAGES)]),
        sizes=np.full((IMAGES, 2), 8),
        image=image,
        boxes=np.tile([1.0, 1, 7, 7], (BOXES, 1)),
        labels=image % 80,
        ignored=np.zeros(BOXES, np.uint8),
        areas=np.full(BOXES, 36.0),
        lines=np.arange(BOXES),
        sources=np.full(IMAGES, "annotations/instances_train2017.json"),
    )
    source = source_of_files(written, folder)
    return replace(source, images=GrayImages(source.images))


def test_what_is_handed_to_a_worker_is_its_arrays(tmp_path):
    """Bytes of each array once.

    An image: 29 characters of 4 bytes, 36 of its annotation file, two numbers of 8 for its size.
    A box: image, label, area and line of 8, 4 numbers of 8, ignored 1.
    """
    image, box = 29 * 4 + 36 * 4 + 2 * 8, 4 * 8 + 4 * 8 + 1
    size = len(pickle.dumps(large_source(tmp_path)))
    assert 0 < size - (IMAGES * image + BOXES * box) < 10_000


class PrivateMemory(Dataset):
    """Reads every image and box of a batch; gives out the kilobytes that its process shares with no other."""

    def __init__(self, source):
        self.source = source

    def __len__(self):
        return len(self.source)

    def __getitem__(self, key):
        for index in key.indices.tolist():
            assert self.source.targets(index).labels.sum() == 7 * (index % 80)
        lines = ROLLUP.read_text().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Private"))


@pytest.mark.skipif(not ROLLUP.exists(), reason="the kernel does not tell what memory a process shares")
def test_the_memory_of_a_worker_stays_flat(tmp_path):
    """Three passes over 20,000 images, by batches of 1,000.

    Were the boxes kept in lists, the counts of references that a worker writes to would copy them all into
    its own memory: 33 MB were measured so, and 1 MB of arrays.
    """
    images = PrivateMemory(large_source(tmp_path))
    order = BatchOrder(IMAGES, 1_000, seed=0, shuffle=True)
    how = {"num_workers": 1, "persistent_workers": True, "multiprocessing_context": "fork"}
    loader = DeferredLoader(images, batch_size=None, sampler=order, **how)
    used = []
    for epoch in range(3):
        order.set_epoch(epoch)
        used += list(loader)
    assert len(used) == 3 * 20
    assert max(used) - used[0] < 10_000
    assert max(used[20:]) - used[20] < 1_000
