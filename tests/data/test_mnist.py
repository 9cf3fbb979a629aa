"""MNIST and Fashion-MNIST readers on small made trees, which are taken for the published files."""

import gzip
import hashlib

import pytest

from lga.data import FashionMNISTReader, MNISTReader, mnist_format, published_files
from lga.data.published_files import PUBLISHED, TEST_IMAGES, TRAIN_IMAGES, TRAIN_LABELS, PublishedFile
from lga.structures import UserError

from .trees.idx import idx_bytes, images_and_labels, write, write_tree


def as_published(raw_dir):
    """Describe the .gz files of a made tree as published ones."""
    return tuple(
        PublishedFile(
            path.name.removesuffix(".gz"),
            hashlib.sha256(path.read_bytes()).hexdigest(),
            len(gzip.decompress(path.read_bytes())),
        )
        for path in sorted(raw_dir.glob("*.gz"))
    )


@pytest.fixture
def published(tmp_path, monkeypatch):
    """Write trees of both sets and take them for the published ones; return the data folder."""
    tables = {
        "MNIST": as_published(write_tree(tmp_path, "MNIST")),
        "Fashion-MNIST": as_published(write_tree(tmp_path, "FashionMNIST", train=260, test=50)),
    }
    monkeypatch.setattr(published_files, "PUBLISHED", tables)
    monkeypatch.setattr(mnist_format, "PUBLISHED", tables)
    monkeypatch.setattr(MNISTReader, "class_counts", {"train": (24,) * 10, "test": (4,) * 10})
    monkeypatch.setattr(FashionMNISTReader, "class_counts", {"train": (26,) * 10, "test": (5,) * 10})
    return tmp_path


def uncompress(path):
    path.with_suffix("").write_bytes(gzip.decompress(path.read_bytes()))
    path.unlink()


@pytest.mark.parametrize("gz", [True, False])
def test_splits_of_a_small_tree(tmp_path, gz):
    """24 of each class: ranks 11 and 23 are held out.

    As labels run 0..9, those are images 110..119 and 230..239.
    """
    write_tree(tmp_path, gz=gz)
    made = MNISTReader(tmp_path, verify=False)()
    held_out = [*range(110, 120), *range(230, 240)]
    assert made.val.images[:, 5, 5].tolist() == held_out
    assert made.train.images[:, 5, 5].tolist() == [i for i in range(240) if i not in held_out]
    assert made.val.labels.tolist() == [*range(10), *range(10)]
    assert made.counts == {"train": 220, "val": 20, "test": 40}
    assert made.train.images.shape == (220, 28, 28)


def test_manifest_is_of_the_content(tmp_path):
    """The checksum is the same for .gz and raw files, and that of the uncompressed bytes."""
    manifests = []
    for gz in (True, False):
        write_tree(tmp_path / str(gz), gz=gz)
        manifests.append(MNISTReader(tmp_path / str(gz), verify=False)().manifest)
    labels = idx_bytes(images_and_labels(240, 28)[1])
    assert manifests[0] == manifests[1]
    assert len(manifests[0]) == 4
    assert manifests[0][TRAIN_LABELS] == hashlib.sha256(labels).hexdigest()


def test_selection_on_the_test_split(tmp_path):
    write_tree(tmp_path)
    made = MNISTReader(tmp_path, selection="test", verify=False)()
    assert made.counts == {"train": 240, "val": 40, "test": 40}
    assert made.val is made.test


@pytest.mark.parametrize("reader", [MNISTReader, FashionMNISTReader])
@pytest.mark.parametrize("gz", [True, False])
def test_published_files_are_accepted(published, reader, gz):
    if not gz:
        for path in published.rglob("*.gz"):
            uncompress(path)
    assert reader(published)().counts["test"] == {"MNIST": 40, "Fashion-MNIST": 50}[reader.data_set]


def test_wrong_checksum(published):
    path = published / "MNIST" / "raw" / f"{TRAIN_LABELS}.gz"
    write(path.with_suffix(""), idx_bytes(images_and_labels(240, 28)[1][::-1]), gz=True)
    with pytest.raises(
        UserError, match=rf"{TRAIN_LABELS}.gz: sha256 .* is not that of MNIST's .*verify=false"
    ):
        MNISTReader(published)()
    assert MNISTReader(published, verify=False)().train.labels[0] == 9


def test_fashion_in_the_folder_of_mnist(published):
    (published / "MNIST").rename(published / "kept")
    (published / "FashionMNIST").rename(published / "MNIST")
    (published / "kept").rename(published / "FashionMNIST")
    with pytest.raises(UserError, match=r"this is Fashion-MNIST's t10k-images-idx3-ubyte.gz, not MNIST's"):
        MNISTReader(published)()
    with pytest.raises(UserError, match=r"this is MNIST's t10k-images-idx3-ubyte.gz, not Fashion-MNIST's"):
        FashionMNISTReader(published)()


def test_raw_file_of_another_size(published):
    path = published / "MNIST" / "raw" / f"{TEST_IMAGES}.gz"
    uncompress(path)
    with path.with_suffix("").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(UserError, match="31377 bytes, but MNIST's has 31376"):  # 16 + 40 * 28 * 28 = 31376
        MNISTReader(published)()


def test_raw_labels_of_another_set(published):
    """Of the right size, but with one label of class 0 turned into class 1."""
    path = published / "MNIST" / "raw" / f"{TRAIN_LABELS}.gz"
    labels = images_and_labels(240, 28)[1]
    labels[0] = 1
    path.unlink()
    write(path.with_suffix(""), idx_bytes(labels), gz=False)
    with pytest.raises(UserError, match=r"images of each class \(23, 25, 24,"):
        MNISTReader(published)()


def test_missing_files_are_named(tmp_path):
    raw_dir = write_tree(tmp_path)
    (raw_dir / f"{TRAIN_IMAGES}.gz").unlink()
    (raw_dir / f"{TRAIN_LABELS}.gz").unlink()
    with pytest.raises(UserError) as error:
        MNISTReader(tmp_path)()
    assert str(error.value) == (
        f"MNIST: missing in {raw_dir}: train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz; "
        "put them there (.gz or uncompressed), or set dataset.reader.download=true to fetch them"
    )


def test_images_and_labels_must_fit(tmp_path):
    raw_dir = write_tree(tmp_path)
    write(raw_dir / TRAIN_LABELS, idx_bytes(images_and_labels(239, 28)[1]), gz=True)
    with pytest.raises(UserError, match=f"239 labels for the 240 images of {TRAIN_IMAGES}.gz"):
        MNISTReader(tmp_path, verify=False)()


def test_label_out_of_range(tmp_path):
    raw_dir = write_tree(tmp_path)
    labels = images_and_labels(240, 28)[1]
    labels[7] = 10
    write(raw_dir / TRAIN_LABELS, idx_bytes(labels), gz=True)
    with pytest.raises(UserError, match="label 10 of image 7, but MNIST has classes 0 to 9"):
        MNISTReader(tmp_path, verify=False)()


def test_published_tables():
    """Eight different checksums; sizes by the format: header and 28 x 28 bytes an image, one a label."""
    files = [file for table in PUBLISHED.values() for file in table]
    assert len({file.sha256 for file in files}) == 8
    assert all(len(bytes.fromhex(file.sha256)) == 32 for file in files)
    for table in PUBLISHED.values():
        sizes = [file.raw_bytes for file in table]
        assert sizes == [16 + 60_000 * 784, 8 + 60_000, 16 + 10_000 * 784, 8 + 10_000]


@pytest.mark.parametrize(("reader", "held_out"), [(MNISTReader, 4994), (FashionMNISTReader, 5000)])
def test_class_counts_of_the_published_sets(reader, held_out):
    assert sum(reader.class_counts["train"]) == 60_000
    assert sum(reader.class_counts["test"]) == 10_000
    assert sum(count // 12 for count in reader.class_counts["train"]) == held_out
