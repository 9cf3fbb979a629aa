"""The index of a split: what is written is read again, and worker processes share it."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from torch.utils.data import Dataset

from lga.data.detection.faults import Dropped
from lga.data.detection.split_index import SplitIndex
from lga.data.detection.written_split import PER_BOX, PER_IMAGE, WrittenBox, WrittenImage, WrittenSplit
from lga.data.loading.batch_order import BatchOrder
from lga.data.loading.deferred_loader import DetectionLoader
from lga.structures.ground_truth import Ignored

IMAGES, BOXES = 20_000, 140_000
ROLLUP = Path("/proc/self/smaps_rollup")


def small_index():
    """Two images with boxes, between them one without; all fields differ from their defaults."""
    crowd = WrittenBox((0.25, 1, 9, 12), -1, Ignored.CROWD, 7, 80.5)
    plain = WrittenBox((-1, 2, 3, 4), 1, line=8, area=6)
    images = [
        WrittenImage("a/ä.jpg", (10, 12), [crowd, plain], "first.json"),
        WrittenImage("b.jpg", (20, 8), [], "second.json"),
        WrittenImage("c.jpg", (7, 9), [plain], "first.json"),
    ]
    dropped = (Dropped("boxes of no size", "first.json, object 3"),)
    return SplitIndex(WrittenSplit.of_images(images, "object"), dropped)


def assert_equal(found, expected):
    for name in (*PER_IMAGE, *PER_BOX):
        actual, wanted = getattr(found.written, name), getattr(expected.written, name)
        assert actual.dtype.kind == wanted.dtype.kind
        np.testing.assert_array_equal(actual, wanted)
    assert found.written.unit == expected.written.unit
    assert found.dropped == expected.dropped


def written_to(path, index):
    with path.open("wb") as file:
        index.write(file)
    return path


@pytest.mark.parametrize(
    "index", [small_index(), SplitIndex(WrittenSplit.of_images([]))], ids=["some", "none"]
)
def test_what_is_written_is_read_again(tmp_path, index):
    assert_equal(SplitIndex.load(written_to(tmp_path / "index.npz", index)), index)


@pytest.mark.parametrize("share", [0, 0.3, 0.6, 0.99])
def test_a_file_that_breaks_off_is_no_index(tmp_path, share):
    path = written_to(tmp_path / "index.npz", small_index())
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    assert SplitIndex.load(path) is None


def test_a_changed_byte_is_noticed(tmp_path):
    """Each array is kept with a checksum: -1.0 becomes -1.5 where the byte after its first is changed."""
    path = written_to(tmp_path / "index.npz", small_index())
    content = bytearray(path.read_bytes())
    place = content.index(np.float64(-1).tobytes())
    content[place + 6] ^= 8
    path.write_bytes(content)
    assert SplitIndex.load(path) is None


def test_another_file_is_no_index(tmp_path):
    np.savez(tmp_path / "index.npz", names=np.zeros(3))
    assert SplitIndex.load(tmp_path / "index.npz") is None


def test_taking_and_joining():
    """Boxes follow their images: of c and a joined, box 0 is c's, boxes 1 and 2 are a's."""
    index = small_index()
    last, first = (index.take(np.array(chosen, bool)) for chosen in ([0, 0, 1], [1, 0, 0]))
    joined = SplitIndex.join([last, first])
    assert joined.written.names.tolist() == ["c.jpg", "a/ä.jpg"]
    assert joined.written.image.tolist() == [0, 1, 1]
    assert joined.written.labels.tolist() == [1, -1, 1]
    assert joined.written.sizes.tolist() == [[7, 9], [10, 12]]
    assert len(joined.dropped) == 2
    assert SplitIndex.join([index]).written is index.written


def test_boxes_are_clipped_to_be_trained_on(tmp_path):
    source = small_index().source(tmp_path, "made")
    assert source.annotations[0].boxes.tolist() == [[0.25, 1, 9, 12], [0, 2, 3, 4]]
    assert source.annotations[0].ignore.tolist() == [True, False]
    assert source.annotations[1].boxes.shape == (0, 4)
    assert source.annotations[2].boxes.tolist() == [[0, 2, 3, 4]]
    assert source.whole.boxes[1].tolist() == [-1, 2, 3, 4]


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
    written = WrittenSplit(
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
    source = SplitIndex(written).source(folder, "made")
    return replace(source, images=GrayImages(source.images))


def test_what_is_handed_to_a_worker_is_its_arrays(tmp_path):
    """Bytes of each array once.

    An image: 29 characters of 4 bytes, two numbers of 8 for its size, one of 8 for where its boxes begin.
    A box: 4 numbers of 4 bytes, label 8, ignore 1; of the whole image: image 8, 4 numbers of 8, ignored 1,
    area 8.
    """
    image, box = 29 * 4 + 2 * 8 + 8, 4 * 4 + 8 + 1 + (8 + 4 * 8 + 1 + 8)
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
            assert self.source[index].targets.labels.sum() == 7 * (index % 80)
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
    loader = DetectionLoader(images, batch_size=None, sampler=order, **how)
    used = []
    for epoch in range(3):
        order.set_epoch(epoch)
        used += list(loader)
    assert len(used) == 3 * 20
    assert max(used) - used[0] < 5_000
    assert max(used[20:]) - used[20] < 1_000
