"""Downloading from a server on 127.0.0.1 that holds good, wrong and missing files, and from a closed port."""

import hashlib
import http.server
import threading
from functools import partial

import pytest

from lga.data import MNISTReader, mnist_format
from lga.data.download import download
from lga.data.published_files import TRAIN_IMAGES
from lga.structures import UserError

from .test_mnist import as_published
from .trees.idx import write_tree

CONTENT = b"the published bytes"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        self.server.paths.append(self.path)


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Serve tmp_path/served; the object has ``url``, ``folder`` and the ``paths`` asked for."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    folder = tmp_path / "served"
    (folder / "good").mkdir(parents=True)
    (folder / "bad").mkdir()
    handler = partial(QuietHandler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        running.folder, running.paths = folder, []
        running.url = f"http://127.0.0.1:{running.server_port}"
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def closed_port_url():
    """An address that nothing listens on."""
    with http.server.HTTPServer(("127.0.0.1", 0), QuietHandler) as unused:
        port = unused.server_port
    return f"http://127.0.0.1:{port}"


def test_falls_through_to_the_mirror_that_has_it(server, tmp_path, closed_port_url):
    (server.folder / "good" / "file.gz").write_bytes(CONTENT)
    (server.folder / "bad" / "file.gz").write_bytes(b"other bytes")
    mirrors = [closed_port_url, f"{server.url}/none/", f"{server.url}/bad/", f"{server.url}/good"]
    download("file.gz", SHA256, tmp_path / "data", mirrors)
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["file.gz"]
    assert (tmp_path / "data" / "file.gz").read_bytes() == CONTENT
    fetched = [path for path in server.paths if path.startswith("/")]
    assert fetched[-1] == "/good/file.gz"


def test_all_mirrors_failing_is_one_line_and_leaves_nothing(server, tmp_path, closed_port_url):
    (server.folder / "bad" / "file.gz").write_bytes(b"other bytes")
    mirrors = [closed_port_url, f"{server.url}/none", f"{server.url}/bad"]
    with pytest.raises(UserError) as error:
        download("file.gz", SHA256, tmp_path / "data", mirrors)
    message = str(error.value)
    assert f"{closed_port_url}/file.gz (ConnectionError)" in message
    assert f"{server.url}/none/file.gz (HTTPError)" in message
    assert f"{server.url}/bad/file.gz (wrong checksum)" in message
    assert "\n" not in message
    assert list((tmp_path / "data").iterdir()) == []


def test_reader_fetches_only_what_is_missing(server, tmp_path, monkeypatch):
    raw_dir = write_tree(server.folder / "tree")
    monkeypatch.setattr(mnist_format, "PUBLISHED", {"MNIST": as_published(raw_dir)})
    own_dir = write_tree(tmp_path / "data")
    (own_dir / f"{TRAIN_IMAGES}.gz").unlink()
    mirrors = [f"{server.url}/tree/MNIST/raw"]
    with pytest.raises(UserError, match="missing in"):
        MNISTReader(tmp_path / "data", mirrors=mirrors, verify=False)()
    assert server.paths == []
    made = MNISTReader(tmp_path / "data", mirrors=mirrors, download=True, verify=False)()
    assert made.counts == {"train": 220, "val": 20, "test": 40}
    assert server.paths == [f"/tree/MNIST/raw/{TRAIN_IMAGES}.gz"]
    MNISTReader(tmp_path / "data", mirrors=mirrors, download=True, verify=False)()
    assert len(server.paths) == 1


def test_no_mirror_says_so(tmp_path):
    with pytest.raises(UserError, match="tried no mirror"):
        download("file.gz", SHA256, tmp_path, [])
