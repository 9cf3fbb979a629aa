"""A server on 127.0.0.1 with range requests, that may cut its answers short."""

import http.server
import re
import threading

import pytest

from lga.data import download as download_module


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves ``server.folder``; ``server.asked`` notes (path, Range); see `server` for the rest."""

    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("Range")))
        path = self.server.folder / self.path.lstrip("/")
        if not path.is_file():
            self.send_error(404)
            return
        content = path.read_bytes()
        start = self.start(len(content))
        if start == len(content):
            self.send_response(416)
            self.end_headers()
            return
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("Content-Type", self.server.kind)
        self.send_header("ETag", self.server.etag)
        self.end_headers()
        cut = self.server.cuts.pop(0) if self.server.cuts else None
        self.wfile.write(content[start:][:cut])

    def start(self, size):
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        same = self.headers.get("If-Range", self.server.etag) == self.server.etag
        return min(int(wanted[1]), size) if wanted and same and self.server.ranges else 0

    def log_message(self, *args):
        """Nothing on the terminal."""


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Serve tmp_path/served.

    ``url`` and ``folder`` of the server; ``cuts``: after how many bytes the next answers break off;
    ``ranges``: whether it knows them; ``etag`` and ``kind`` (Content-Type) of every file.
    """
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(download_module, "PAUSE_S", 0)
    monkeypatch.setattr(download_module, "CHUNK", 500)
    folder = tmp_path / "served"
    folder.mkdir()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.folder, running.asked, running.cuts = folder, [], []
        running.ranges, running.etag, running.kind = True, '"one"', "application/octet-stream"
        running.url = f"http://127.0.0.1:{running.server_port}"
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def closed_port_url():
    """An address that nothing listens on."""
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as unused:
        port = unused.server_port
    return f"http://127.0.0.1:{port}"
