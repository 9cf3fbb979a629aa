"""Numbers, paths and JSON as people, tools and attackers write them: exactly taken, or refused."""

import os
from itertools import islice

import msgspec
import pytest

from lga.system.errors import UserError
from lga.system.foreign import (
    files_below,
    number,
    opened,
    parse_json,
    read_content,
    read_file,
    stays_below,
    visible,
    whole,
)


@pytest.mark.parametrize(
    ("text", "value"), [("7", 7), (" -12\t", -12), ("+3", 3), ("2147483647", 2**31 - 1), ("007", 7)]
)
def test_whole_numbers(text, value):
    assert whole(text) == value


@pytest.mark.parametrize(
    "text", ["1_0", "\u0661\u0662", "\uff11", "2147483648", "9" * 5000, "1.0", "", "0x1", "1e3"]
)
def test_what_python_takes_for_a_whole_number_and_no_format_does(text):
    with pytest.raises(ValueError, match="expected a whole number below 2,147,483,648, found "):
        whole(text)


@pytest.mark.parametrize(("text", "value"), [("4.50", 4.5), (".5", 0.5), ("1.", 1), ("-2e-3", -0.002)])
def test_numbers(text, value):
    assert number(text) == value


@pytest.mark.parametrize(
    "text", ["nan", "inf", "-Infinity", "1e400", "1e10", "1_0.5", "\u0661", "", ".", "0." + "1" * 99]
)
def test_what_is_no_number_of_an_annotation(text):
    with pytest.raises(ValueError, match="expected a number below "):
        number(text)


@pytest.mark.parametrize("path", ["/etc/passwd", "../a.jpg", "a/../../b", "", "a\0b", "x" * 10**6, "x" * 300])
def test_paths_that_lead_elsewhere(path):
    assert not stays_below(path)
    assert stays_below("sub/a..b.jpg")


def test_a_pipe_a_folder_and_a_device_are_named_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "loop").symlink_to("loop")
    for name, kind in (
        ("pipe", "is a named pipe, not a file"),
        ("folder.txt", "is a folder, not a file"),
        ("zero", "is a device, not a file"),
        ("loop", "cannot be read"),
        ("a\0b", "cannot be read"),
    ):
        with pytest.raises(UserError, match=kind):
            opened(tmp_path / name)


def test_a_git_lfs_pointer_is_called_one(tmp_path):
    (tmp_path / "a.jpg").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:12\nsize 3\n")
    with pytest.raises(UserError, match=r"is a Git LFS pointer, .*: git lfs pull"):
        read_file(tmp_path / "a.jpg")


def test_a_file_larger_than_any_of_its_kind(tmp_path):
    (tmp_path / "a").write_bytes(b"123")
    assert read_file(tmp_path / "a", 3) == b"123"
    with pytest.raises(UserError, match="more than the 2 bytes"):
        read_file(tmp_path / "a", 2)
    assert read_content(tmp_path / "a", 1) == b"12"


def test_links_are_followed_and_loops_are_not(tmp_path):
    """Two links to one folder are two places; a link to a folder above is none."""
    store, tree = tmp_path / "store", tmp_path / "tree"
    (store / "deep").mkdir(parents=True)
    (store / "deep" / "b.jpg").write_bytes(b"bb")
    (store / "up").symlink_to(tree)
    (tree / ".hidden").mkdir(parents=True)
    (tree / ".hidden" / "c.jpg").touch()
    for name in ("._a.jpg", "a.jpg"):
        (tree / name).write_bytes(b"a")
    for name in ("one", "two"):
        (tree / name).symlink_to(store)
    (tree / "itself").symlink_to(".")
    (tree / "gone.jpg").symlink_to("nowhere")
    os.mkfifo(tree / "pipe.jpg")
    assert list(files_below(tree)) == [("a.jpg", 1), ("one/deep/b.jpg", 2), ("two/deep/b.jpg", 2)]
    assert list(files_below(tmp_path / "nothing")) == []


def test_folders_that_all_link_to_each_other_end(tmp_path):
    names = [f"f{number}" for number in range(9)]
    for name in names:
        (tmp_path / name).mkdir()
        for other in names:
            (tmp_path / name / other).symlink_to(tmp_path / other)
    with pytest.raises(UserError, match="more than 64 links lead to this folder"):
        list(islice(files_below(tmp_path), 10**6))


def test_hidden_files_are_no_annotations(tmp_path):
    for name in ("b.txt", "._b.txt", "a.txt", "c.jpg"):
        (tmp_path / name).touch()
    assert [path.name for path in visible(tmp_path, "*.txt")] == ["a.txt", "b.txt"]


class Record(msgspec.Struct):
    id: int
    name: str = ""


def test_json():
    assert (
        parse_json(b'\xef\xbb\xbf{"id": 3, "other": {"id": 4, "id": 5}, "name": "\\"id\\":"}', Record, "a").id
        == 3
    )
    assert parse_json(b"[1, 2.5]", tuple[float, float], "a") == (1, 2.5)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"id": 3, "id": 4}', "a.json: gives id twice"),
        (b'{"id": 3, "\\u0069d" : 4}', "a.json: gives id twice"),
        (b"[" * 200_000, "nested too deep|breaks off|expected"),
        (b'{"id": 3, "x": ' + b"[" * 200_000, "nested too deep"),
        (b'{"id": 3', "breaks off after 8 bytes, in line 1"),
        (b'{"id": 3}\nx', "is not JSON in UTF-8 at byte 1., line 2"),
        (b'{"id": "3"}', "a.json: id: expected int"),
        (b'{"id": 3, "name": "\xff"}', "expected UTF-8 text|not JSON in UTF-8"),
        (b'{"id": NaN}', "is not JSON"),
    ],
)
def test_json_that_is_refused(content, message):
    with pytest.raises(UserError, match=message) as refused:
        parse_json(content, Record, "a.json", "look at it")
    assert str(refused.value).endswith("; look at it")
