"""Archives that are good, and those that must leave nothing behind: each refused with one line."""

import io
import tarfile
import zipfile

import pytest

from lga.data.preparation import extraction
from lga.data.preparation.extraction import extract
from lga.system.errors import UserError

GOOD = {"set/images/a.jpg": b"a" * 700, "set/list.txt": b"a\n"}


def write_zip(path, members=GOOD, change=lambda info: info):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(change(zipfile.ZipInfo(name)), content)
    return path


def write_tar(path, members=GOOD, change=lambda info: info, mode="w"):
    with tarfile.open(path, mode) as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(change(info), io.BytesIO(content))
    return path


def refused(archive, tmp_path, expected):
    """The archive is refused with one line, and nothing of it is anywhere."""
    before = [path for path in sorted(tmp_path.rglob("*")) if path.name != "to"]
    with pytest.raises(UserError, match=expected) as error:
        extract(archive, tmp_path / "to" / "unpacked")
    assert "\n" not in str(error.value)
    assert str(archive) in str(error.value)
    assert not (tmp_path / "to" / "unpacked").exists()
    assert [path for path in sorted(tmp_path.rglob("*")) if path.name != "to"] == before


@pytest.mark.parametrize("write", [write_zip, write_tar, lambda path: write_tar(path, mode="w:gz")])
def test_a_good_archive(tmp_path, write):
    """Folders are made that have no member of their own; the suffix does not matter."""
    message = []
    folder = tmp_path / "unpacked"
    extract(write(tmp_path / "archive"), folder, on_member=lambda *done: message.append(done))
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.*")}
    assert found == GOOD
    assert message[-1][0] == 702


@pytest.mark.parametrize("write", [write_zip, write_tar])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../outside.txt", "a path that may leave the folder"),
        ("set/../../outside.txt", "a path that may leave the folder"),
        ("/tmp/outside.txt", "the absolute path '/tmp/outside.txt'"),
        ("C:/outside.txt", "the absolute path 'C:/outside.txt'"),
        ("..\\outside.txt", "a path that may leave the folder"),
        ("x/" * 20_000 + "a", "'x/x/.*, a path that no file system takes"),
    ],
)
def test_paths_that_leave(tmp_path, write, name, expected):
    refused(write(tmp_path / "archive", {**GOOD, name: b"x"}), tmp_path, expected)


def link(info, kind=tarfile.SYMTYPE, target="/etc/passwd"):
    if info.name == "set/list.txt":
        info.type, info.linkname, info.size = kind, target, 0
    return info


@pytest.mark.parametrize("target", ["/etc/passwd", "images/a.jpg"])
@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
def test_links_in_a_tar(tmp_path, kind, target):
    archive = write_tar(tmp_path / "archive", change=lambda info: link(info, kind, target))
    refused(archive, tmp_path, "'set/list.txt', a link")


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE])
def test_devices_in_a_tar(tmp_path, kind):
    archive = write_tar(tmp_path / "archive", change=lambda info: link(info, kind, ""))
    refused(archive, tmp_path, "'set/list.txt', a device")


@pytest.mark.parametrize(("mode", "expected"), [(0o120777, "a link"), (0o020644, "a device")])
def test_links_and_devices_in_a_zip(tmp_path, mode, expected):
    def change(info):
        info.external_attr = (mode if info.filename == "set/list.txt" else 0o100644) << 16
        return info

    refused(write_zip(tmp_path / "archive", change=change), tmp_path, f"'set/list.txt', {expected}")


def test_a_huge_declared_size(tmp_path):
    """A header that says 10 TB: refused before a byte of it is written."""
    info = tarfile.TarInfo("set/huge.bin")
    info.size = 10**13
    archive = tmp_path / "archive"
    archive.write_bytes(info.tobuf() + bytes(10_240))
    refused(archive, tmp_path, "which makes it 10,000,000,000,000 bytes: more than")


@pytest.mark.parametrize("write", [write_zip, write_tar])
def test_limits(tmp_path, monkeypatch, write):
    archive = write(tmp_path / "archive")
    monkeypatch.setattr(extraction, "MOST_BYTES", 701)
    refused(archive, tmp_path, "which makes it 702 bytes: more than the 701")
    monkeypatch.setattr(extraction, "MOST_MEMBERS", 1)
    refused(archive, tmp_path, "more than 1 members")


def test_what_has_no_room(tmp_path, monkeypatch):
    monkeypatch.setattr(extraction, "free_bytes", lambda folder: 701)
    refused(write_zip(tmp_path / "archive"), tmp_path, "more than the 701 that there is room for")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("second", ["set/list.txt", "set/./list.txt", "set//list.txt"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_names_that_are_there_twice(tmp_path, kind, second):
    archive = tmp_path / "archive"
    if kind == "zip":
        with zipfile.ZipFile(archive, "w") as opened:
            for name in (*GOOD, second):
                opened.writestr(name, b"x")
    else:
        with tarfile.open(archive, "w") as opened:
            for name in (*GOOD, second):
                opened.addfile(tarfile.TarInfo(name))
    refused(archive, tmp_path, f"'{second}' twice")


def test_a_file_that_is_a_folder_too(tmp_path):
    archive = write_tar(tmp_path / "archive", {"set": b"x", "set/list.txt": b"y"})
    refused(archive, tmp_path, "cannot be unpacked")


@pytest.mark.parametrize("kept", [0.3, 0.6, 0.9])
@pytest.mark.parametrize("mode", ["zip", "w", "w:gz"])
def test_truncated_archives(tmp_path, mode, kept):
    members = {f"set/{number}.bin": bytes([number]) * 5000 for number in range(8)}
    archive = tmp_path / "archive"
    if mode == "zip":
        write_zip(archive, members)
    else:
        write_tar(archive, members, mode=mode)
    content = archive.read_bytes()
    archive.write_bytes(content[: int(kept * 8 * 5632) if mode == "w" else int(kept * len(content))])
    refused(archive, tmp_path, "not a whole zip or tar archive")


def test_a_tar_that_stops_between_two_members(tmp_path):
    """Each member is a header of 512 bytes and 702 bytes in two blocks: cut right after the first."""
    members = {f"set/{number}.bin": bytes(702) for number in range(3)}
    archive = write_tar(tmp_path / "archive", members)
    archive.write_bytes(archive.read_bytes()[: 512 + 1024])
    refused(archive, tmp_path, "it has no end mark")


def test_damaged_content(tmp_path):
    archive = write_zip(tmp_path / "archive", {"a.bin": bytes(range(256)) * 40})
    content = bytearray(archive.read_bytes())
    content[60:90] = bytes(30)
    archive.write_bytes(content)
    refused(archive, tmp_path, "not a whole zip or tar archive")


@pytest.mark.parametrize("declared", [5, 2**20])
def test_a_zip_whose_members_are_of_another_size_than_declared(tmp_path, declared):
    """The uncompressed size is at byte 24 of the central header; the checksum is that of no bytes."""
    archive = write_zip(tmp_path / "archive", {"a.bin": b""})
    content = bytearray(archive.read_bytes())
    place = content.index(b"PK\x01\x02") + 24
    content[place : place + 4] = declared.to_bytes(4, "little")
    archive.write_bytes(content)
    refused(archive, tmp_path, f"a.bin has not the {declared:,} bytes it declares")


def test_an_encrypted_zip(tmp_path):
    """Bit 0 of the flags, at byte 6 of the local header and byte 8 of the central one."""
    archive = write_zip(tmp_path / "archive", {"a.txt": b"x"})
    content = bytearray(archive.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)
    refused(archive, tmp_path, "'a.txt', a file with a password")


@pytest.mark.parametrize("content", [b"", b"<html>sign in</html>" * 100])
def test_what_is_no_archive(tmp_path, content):
    (tmp_path / "archive").write_bytes(content)
    refused(tmp_path / "archive", tmp_path, "not a whole zip or tar archive")


@pytest.mark.parametrize("mode", ["w:gz", "w:xz", "w:bz2"])
def test_one_changed_byte_of_a_compressed_tar(tmp_path, mode):
    """In the checksum at the stream's end, which unpacking the members alone does not reach."""
    archive = write_tar(tmp_path / "archive", {"set/a": b"a" * 700}, mode=mode)
    content = bytearray(archive.read_bytes())
    content[-6 if mode == "w:gz" else -20] ^= 1
    archive.write_bytes(content)
    refused(archive, tmp_path, "not a whole zip or tar archive|cannot be unpacked")
