"""The IDX reader on bytes written out by hand from the format's description."""

import gzip
import tracemalloc

import pytest

from lga.data.classification.idx import parse_idx, read_idx
from lga.system.errors import UserError
from lga.system.foreign import read_content

LABELS = bytes.fromhex("00000801 00000003 070009")
IMAGES = bytes.fromhex("00000803 00000002 00000001 00000003 010203 0405ff")


def parsed(path, dimensions):
    return parse_idx(read_idx(path, dimensions), dimensions, path)


@pytest.mark.parametrize("compress", [False, True])
def test_labels_and_images(tmp_path, compress):
    for content, dimensions, expected in ((LABELS, 1, [7, 0, 9]), (IMAGES, 3, [[[1, 2, 3]], [[4, 5, 255]]])):
        path = tmp_path / "file"  # the name does not tell whether it is compressed
        path.write_bytes(gzip.compress(content) if compress else content)
        assert parsed(path, dimensions).tolist() == expected


@pytest.mark.parametrize(
    ("content", "dimensions", "message"),
    [
        (b"", 1, "starts with nothing, expected 00000801"),
        (IMAGES, 1, "in 1 dimension(s): starts with 00000803, expected 00000801"),
        (b"\x89PNG\r\n", 3, "starts with 89504e47, expected 00000803"),
        (b"\x00\x00\x0d\x01" + LABELS[4:], 1, "starts with 00000d01"),  # floats
        (IMAGES[:13], 3, "truncated within its header of 16 bytes"),
        (IMAGES[:-1], 3, "truncated: 5 bytes of values, expected 2 x 1 x 3 = 6"),
        (IMAGES + b"\0", 3, "bytes left over: over 6 bytes of values, expected 2 x 1 x 3 = 6"),
        (bytes.fromhex("00000801 00000000"), 1, "impossible size 0"),
        (bytes.fromhex("00000801 ffffffff"), 1, "impossible size -1"),
        (bytes.fromhex("00000803 7fffffff 7fffffff 7fffffff"), 3, "impossible size 2147483647 x"),
    ],
)
def test_wrong_content_is_reported_in_one_line(tmp_path, content, dimensions, message):
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(UserError) as error:
        parsed(path, dimensions)
    assert message in str(error.value)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)
    assert "replace the file" in str(error.value)


@pytest.mark.parametrize("damage", ["cut", "flipped", "trailing"])
def test_damaged_gzip(tmp_path, damage):
    stored = gzip.compress(IMAGES)
    broken = {
        "cut": stored[:-9],
        "flipped": stored[:12] + b"\xff" + stored[13:],
        "trailing": stored + b"junk",
    }
    path = tmp_path / "images.gz"
    path.write_bytes(broken[damage])
    with pytest.raises(UserError, match="damaged gzip file"):
        read_idx(path, 3)


@pytest.mark.parametrize(
    "read", [lambda path: read_content(path, len(IMAGES)), lambda path: read_idx(path, 3)]
)
def test_a_gzip_bomb_costs_no_memory(tmp_path, read):
    """256 MB of zeros behind 6 declared bytes: one byte past them is the last that is unpacked."""
    path = tmp_path / "images.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(IMAGES)
        for _ in range(256):
            file.write(bytes(2**20))
    tracemalloc.start()
    content = read(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert content == IMAGES + b"\0"
    assert peak < 2**20


def test_missing_file(tmp_path):
    with pytest.raises(UserError, match=r"none.*cannot be read \(No such file or directory\)"):
        read_idx(tmp_path / "none", 1)
