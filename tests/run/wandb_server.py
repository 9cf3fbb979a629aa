"""A W&B server as far as `wandb sync` asks: it takes runs in, and remembers which."""

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class RunServer(ThreadingHTTPServer):
    """Listens on 127.0.0.1; `runs` has the id and group of each upload, `history` the rows that came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.runs: list[tuple[str, str]] = []
        self.history: list[dict] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def run_server() -> Iterator[RunServer]:
    with RunServer() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: RunServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        answer: dict = {}
        if self.path.endswith("/graphql"):
            answer = {"data": self._query(json.loads(body))}
        elif self.path.endswith("/file_stream"):
            rows = json.loads(body).get("files", {}).get("wandb-history.jsonl", {}).get("content", [])
            self.server.history += map(json.loads, rows)
        self._answer(answer)

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self._answer({})

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _query(self, asked: dict) -> dict:
        query, given = asked["query"], asked.get("variables") or {}
        if "upsertBucket" in query:
            if given.get("groupName"):  # later ones tell the server of changes
                self.server.runs.append((given["name"], given["groupName"]))
            project = {"id": "1", "name": "p", "entity": {"id": "2", "name": "e"}}
            bucket = {
                "id": "3",
                "name": given["name"],
                "displayName": "n",
                "config": "{}",
                "project": project,
            }
            return {
                "upsertBucket": {
                    "bucket": bucket | {"sweepName": None, "historyLineCount": 0},
                    "inserted": True,
                }
            }
        if "createRunFiles" in query:
            files = [{"name": name, "uploadUrl": f"{self.server.url}/file"} for name in given["files"]]
            return {"createRunFiles": {"runID": "3", "uploadHeaders": [], "files": files}}
        return {}

    def _answer(self, answer: dict) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
