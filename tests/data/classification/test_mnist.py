"""MNIST and Fashion-MNIST readers on small made trees, which are taken for the published files."""

import gzip
import hashlib

import pytest

from lga.data.classification import mnist as mnist_format
from lga.data.classification import published_files
from lga.data.classification.mnist import FashionMNISTReader, MNISTReader
from lga.data.classification.published_files import (
    PUBLISHED,
    TEST_IMAGES,
    TEST_LABELS,
    TRAIN_IMAGES,
    TRAIN_LABELS,
    PublishedFile,
)
from lga.system.errors import UserError
from tests.data.trees.idx import idx_bytes, images_and_labels, write, write_tree


def as_published(raw_dir):
    """Describe the files of a made tree as published ones."""
    contents = {path.stem: gzip.decompress(path.read_bytes()) for path in sorted(raw_dir.glob("*.gz"))}
    return tuple(
        PublishedFile(name, hashlib.sha256(content).hexdigest(), len(content))
        for name, content in contents.items()
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
@pytest.mark.parametrize("stored", ["gz", "recompressed", "raw"])
def test_published_files_are_accepted(published, reader, stored):
    for path in published.rglob("*.gz"):
        before = path.read_bytes()
        if stored == "raw":
            uncompress(path)
        if stored == "recompressed":
            path.write_bytes(gzip.compress(gzip.decompress(before), 1, mtime=1))
            assert path.read_bytes() != before
    assert reader(published)().counts["test"] == {"MNIST": 40, "Fashion-MNIST": 50}[reader.data_set]


def store(raw_dir, name, content, gz):
    """Put one file in the place of what is there."""
    (raw_dir / f"{name}.gz").unlink()
    write(raw_dir / name, content, gz)
    return raw_dir / (f"{name}.gz" if gz else name)


def refusal(data_dir, reader=MNISTReader):
    with pytest.raises(UserError) as error:
        reader(data_dir)()
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("gz", [True, False])
def test_one_changed_pixel(published, gz):
    raw_dir = published / "MNIST" / "raw"
    images = images_and_labels(240, 28)[0]
    images[17, 3, 5] ^= 1
    content = idx_bytes(images)
    path = store(raw_dir, TRAIN_IMAGES, content, gz)
    found = hashlib.sha256(content).hexdigest()[:12]
    assert refusal(published).startswith(
        f"{path}: is not MNIST's published file (uncompressed: sha256 {found}...; expected "
    )
    assert refusal(published).endswith(
        "; delete it and fetch it again (make data-mnist, or dataset.reader.download=true), "
        "or set dataset.reader.verify=false to read your own files of this format"
    )
    assert MNISTReader(published, verify=False)().train.images[17, 3, 5] == 17 ^ 1


@pytest.mark.parametrize("gz", [True, False])
def test_labels_of_the_other_set_beside_images(published, gz):
    labels = gzip.decompress((published / "MNIST" / "raw" / f"{TRAIN_LABELS}.gz").read_bytes())
    path = store(published / "FashionMNIST" / "raw", TRAIN_LABELS, labels, gz)
    assert refusal(published, FashionMNISTReader).startswith(
        f"{path}: this is MNIST's {TRAIN_LABELS}, not Fashion-MNIST's {TRAIN_LABELS}; delete it and fetch"
    )


def test_a_file_of_another_part(published):
    """MNIST's test labels in the place of its training labels."""
    raw_dir = published / "MNIST" / "raw"
    store(raw_dir, TRAIN_LABELS, gzip.decompress((raw_dir / f"{TEST_LABELS}.gz").read_bytes()), True)
    assert f"this is MNIST's {TEST_LABELS}, not MNIST's {TRAIN_LABELS}" in refusal(published)


@pytest.mark.parametrize("gz", [True, False])
@pytest.mark.parametrize(("change", "message"), [(b"\0", "more than 31,376"), (None, "31,375")])
def test_a_file_of_another_size(published, gz, change, message):
    """The published one has 16 + 40 * 28 * 28 = 31,376 bytes; reading ends one byte later."""
    content = idx_bytes(images_and_labels(40, 28)[0])
    path = store(
        published / "MNIST" / "raw", TEST_IMAGES, content + 99 * change if change else content[:-1], gz
    )
    expected = (
        f"{path}: is not MNIST's published file (uncompressed: {message} bytes; expected 31,376); delete"
    )
    assert refusal(published).startswith(expected)


def test_a_truncated_gzip(published):
    path = published / "MNIST" / "raw" / f"{TRAIN_IMAGES}.gz"
    path.write_bytes(path.read_bytes()[:-9])
    assert refusal(published).startswith(f"{path}: damaged gzip file (")


def test_what_was_checked_is_said(published):
    assert MNISTReader(published).checked == "sha256 of each file's content"
    assert MNISTReader(published, verify=False).checked == "the format alone"


def test_own_files_are_known_by_their_content(published):
    """Published ones are not own, whatever `verify` says; nor are there own ones where one is missing."""
    reader = MNISTReader(published, verify=False)
    assert reader.own_content() is None
    path = store(
        published / "MNIST" / "raw", TRAIN_LABELS, idx_bytes(images_and_labels(240, 28)[1][::-1]), False
    )
    own = reader.own_content()
    assert len(bytes.fromhex(own)) == 32
    assert MNISTReader(published, verify=False, content_sha256=own)().train.labels[0] == 9
    write(path, idx_bytes(images_and_labels(240, 28)[1]), gz=True)  # which is looked at first
    with pytest.raises(UserError, match="the files have changed"):
        MNISTReader(published, verify=False, content_sha256=own)()
    path.with_name(f"{path.name}.gz").unlink()
    path.unlink()
    assert reader.own_content() is None


@pytest.mark.parametrize("where", ["", "MNIST/raw"])
def test_files_are_taken_from_a_folder(published, tmp_path, where):
    """A tree of both sets, or the folder of the files alone; a file that is there stays."""
    source = published / "MNIST" / "raw" if not where else published
    before = {path: path.read_bytes() for path in published.rglob("*.gz")}
    reader = MNISTReader(tmp_path / "taken")
    reader.take(source)
    assert reader().counts == {"train": 220, "val": 20, "test": 40}
    place = reader.raw_dir / f"{TRAIN_LABELS}.gz"
    place.write_bytes(b"own")
    reader.take(source)
    assert place.read_bytes() == b"own"
    assert {path: path.read_bytes() for path in published.rglob("*.gz") if path in before} == before


def test_files_that_are_not_the_published_ones_are_not_taken(published, tmp_path):
    reader, raw_dir = MNISTReader(tmp_path / "taken"), published / "MNIST" / "raw"
    path = store(raw_dir, TRAIN_LABELS, idx_bytes(images_and_labels(240, 28)[1][::-1]), True)
    with pytest.raises(UserError, match=f"{path}: is not MNIST's published file .*; nothing was copied"):
        reader.take(raw_dir)
    path.unlink()
    with pytest.raises(
        UserError, match=f"{raw_dir}: holds no {TRAIN_LABELS}.gz or {TRAIN_LABELS}; nothing was"
    ):
        reader.take(raw_dir)
    assert not reader.raw_dir.exists()


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
        sizes = [file.bytes for file in table]
        assert sizes == [16 + 60_000 * 784, 8 + 60_000, 16 + 10_000 * 784, 8 + 10_000]
