"""Downloading: mirrors, checksums, and going on after a cut, byte by byte."""

import gzip
import hashlib
from collections import namedtuple

import pytest

from lga.data.classification import mnist as mnist_format
from lga.data.classification.mnist import MNISTReader
from lga.data.classification.published_files import TRAIN_IMAGES
from lga.data.download import RemoteFile, download
from lga.system import resources
from lga.system.errors import UserError
from tests.data.classification.test_mnist import as_published
from tests.data.trees.idx import write_tree

CONTENT = bytes(range(256)) * 40  # 10,240 bytes
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT).hexdigest()


def file(*hosts, **settings):
    return RemoteFile("file.zip", tuple(f"{host}/file.zip" for host in hosts), **settings)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "data"


def names(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def serve(server, content=CONTENT, where="."):
    (server.folder / where).mkdir(exist_ok=True)
    (server.folder / where / "file.zip").write_bytes(content)


@pytest.mark.parametrize("settings", [{"sha256": SHA256}, {"md5": MD5}, {"bytes": len(CONTENT)}, {}])
def test_a_file_comes_whole_and_once(server, folder, settings):
    serve(server)
    wording = []
    wanted = file(server.url, **settings)
    assert download(wanted, folder, lambda *progress: wording.append(progress)) == folder / "file.zip"
    assert (folder / "file.zip").read_bytes() == CONTENT
    assert wording[-1] == (10_240, 10_240)
    download(wanted, folder)
    assert server.asked == [("/file.zip", None)]
    assert names(folder) == ["file.zip"]


def test_falls_through_to_the_mirror_that_has_it(server, folder, closed_port_url):
    serve(server, CONTENT[::-1], "bad")
    serve(server, CONTENT, "good")
    hosts = [closed_port_url, f"{server.url}/none", f"{server.url}/bad", f"{server.url}/good"]
    download(file(*hosts, sha256=SHA256), folder)
    assert (folder / "file.zip").read_bytes() == CONTENT
    assert [path for path, _ in server.asked] == ["/none/file.zip", "/bad/file.zip", "/good/file.zip"]


def test_all_mirrors_failing_is_one_line_and_leaves_nothing(server, folder, closed_port_url):
    serve(server, b"other bytes", "bad")
    hosts = [closed_port_url, f"{server.url}/none", f"{server.url}/bad"]
    with pytest.raises(UserError) as error:
        download(file(*hosts, sha256=SHA256), folder)
    message = str(error.value)
    assert f"{closed_port_url}/file.zip (ConnectionError)" in message
    assert f"{server.url}/none/file.zip (HTTP 404)" in message
    assert f"{server.url}/bad/file.zip (wrong checksum: sha256 is not {SHA256[:12]}...)" in message
    assert "\n" not in message
    assert names(folder) == []


def test_no_mirror_says_so(folder):
    with pytest.raises(UserError, match="tried no mirror"):
        download(file(sha256=SHA256), folder)


@pytest.mark.parametrize("settings", [{"sha256": SHA256}, {}])
def test_cuts_are_continued_where_they_were(server, folder, settings):
    """The first answer stops after 4,000 bytes, the second after 1,000 more."""
    serve(server)
    server.cuts = [4000, 1000]
    download(file(server.url, **settings), folder)
    assert [asked for _, asked in server.asked] == [None, "bytes=4000-", "bytes=5000-"]
    assert (folder / "file.zip").read_bytes() == CONTENT
    assert names(folder) == ["file.zip"]


@pytest.mark.parametrize("settings", [{"sha256": SHA256}, {}])
def test_a_later_call_goes_on(server, folder, settings):
    """Nothing comes after the first 4,000 bytes until the call gives up."""
    serve(server)
    server.cuts = [4000, 0]
    with pytest.raises(UserError, match="try again, which goes on where it stopped"):
        download(file(server.url, **settings), folder)
    assert names(folder) == ["file.zip.part", "file.zip.part.json"]
    assert (folder / "file.zip.part").read_bytes() == CONTENT[:4000]
    server.asked.clear()
    download(file(server.url, **settings), folder)
    assert server.asked == [("/file.zip", "bytes=4000-")]
    assert (folder / "file.zip").read_bytes() == CONTENT
    assert names(folder) == ["file.zip"]


def test_with_a_checksum_another_mirror_goes_on(server, folder):
    serve(server, CONTENT, "a")
    serve(server, CONTENT, "b")
    server.cuts = [4000, 0]
    download(file(f"{server.url}/a", f"{server.url}/b", sha256=SHA256), folder)
    assert server.asked[-1] == ("/b/file.zip", "bytes=4000-")


def test_without_a_checksum_another_mirror_begins_anew(server, folder):
    """The second mirror has other bytes: with the first's start they would be neither file."""
    serve(server, CONTENT, "a")
    serve(server, CONTENT[::-1], "b")
    server.cuts = [4000, 0]
    download(file(f"{server.url}/a", f"{server.url}/b"), folder)
    assert server.asked[-1] == ("/b/file.zip", None)
    assert (folder / "file.zip").read_bytes() == CONTENT[::-1]


def test_a_file_that_changed_meanwhile_begins_anew(server, folder):
    serve(server)
    server.cuts = [4000, 0]
    with pytest.raises(UserError):
        download(file(server.url), folder)
    serve(server, CONTENT[::-1])
    server.etag = '"two"'
    download(file(server.url), folder)
    assert (folder / "file.zip").read_bytes() == CONTENT[::-1]


def test_a_server_without_ranges_begins_anew(server, folder):
    serve(server)
    server.ranges = False
    folder.mkdir()
    (folder / "file.zip.part").write_bytes(b"x" * 300)
    download(file(server.url, sha256=SHA256), folder)
    assert (folder / "file.zip").read_bytes() == CONTENT


@pytest.mark.parametrize("part", [b"x" * 300, b"x" * 10_240, b"x" * 20_000, CONTENT])
def test_a_part_that_is_wrong_is_fetched_again(server, folder, part):
    """The rest fits no part of x, however long; a part that is all of it needs no rest."""
    serve(server)
    folder.mkdir()
    (folder / "file.zip.part").write_bytes(part)
    download(file(server.url, sha256=SHA256), folder)
    assert (folder / "file.zip").read_bytes() == CONTENT
    assert len(server.asked) == (1 if part == CONTENT else 2)


def test_another_size_than_published_is_not_fetched(server, folder):
    serve(server)
    with pytest.raises(UserError, match=r"10,240 bytes, expected 10,000"):
        download(file(server.url, bytes=10_000), folder)
    assert names(folder) == []


def test_a_web_page_is_not_the_file(server, folder):
    serve(server, b"<html>sign in</html>")
    server.kind = "text/html; charset=utf-8"
    with pytest.raises(UserError, match="a web page in place of the file"):
        download(file(server.url), folder)


def test_another_file_in_its_place_is_left(server, folder):
    folder.mkdir()
    (folder / "file.zip").write_bytes(b"own")
    with pytest.raises(UserError, match=r"file\.zip: not the published file: wrong checksum"):
        download(file(server.url, sha256=SHA256), folder)
    assert (folder / "file.zip").read_bytes() == b"own"
    assert server.asked == []


def test_a_full_disk_is_reported_beforehand(server, folder, monkeypatch):
    serve(server)
    usage = namedtuple("usage", "total used free")(10**9, 0, resources.SPARE + 10_000)
    monkeypatch.setattr(resources.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(UserError, match=r"0\.0 GB are needed and 0\.0 GB are free; make room"):
        download(file(server.url), folder)
    assert names(folder) == []


def test_a_folder_that_cannot_be_made(tmp_path, server):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(UserError, match=r"cannot write .*data/file\.zip: "):
        download(file(server.url), tmp_path / "data")


def test_a_gzip_file_is_checked_by_its_content(server, folder):
    """Whoever compressed it; more content, or none to the end, is another file."""
    wrong = {"longer": gzip.compress(CONTENT + b"\0"), "cut": gzip.compress(CONTENT)[:-9]}
    for where, content in {**wrong, "good": gzip.compress(CONTENT, 1, mtime=7)}.items():
        serve(server, content, where)
    hosts = [f"{server.url}/{where}" for where in (*wrong, "good")]
    download(file(*hosts, sha256=SHA256, content_bytes=len(CONTENT)), folder)
    assert gzip.decompress((folder / "file.zip").read_bytes()) == CONTENT
    assert server.asked[-1] == ("/good/file.zip", None)


def test_reader_fetches_only_what_is_missing(server, tmp_path, monkeypatch):
    raw_dir = write_tree(server.folder / "tree")
    monkeypatch.setattr(mnist_format, "PUBLISHED", {"MNIST": as_published(raw_dir)})
    own_dir = write_tree(tmp_path / "data")
    (own_dir / f"{TRAIN_IMAGES}.gz").unlink()
    mirrors = [f"{server.url}/tree/MNIST/raw/"]
    with pytest.raises(UserError, match="missing in"):
        MNISTReader(tmp_path / "data", mirrors=mirrors, verify=False)()
    assert server.asked == []
    made = MNISTReader(tmp_path / "data", mirrors=mirrors, download=True, verify=False)()
    assert made.counts == {"train": 220, "val": 20, "test": 40}
    assert server.asked == [(f"/tree/MNIST/raw/{TRAIN_IMAGES}.gz", None)]
    MNISTReader(tmp_path / "data", mirrors=mirrors, download=True, verify=False)()
    assert len(server.asked) == 1
