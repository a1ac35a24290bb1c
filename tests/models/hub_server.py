"""A Hugging Face Hub of our own on loopback: the few answers that ``hf_hub_download`` asks for, and some faults."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Hub:
    """The repositories that are served, each a folder, and what goes wrong."""

    def __init__(self) -> None:
        self.repos: dict[str, Path] = {}
        self.endpoint = ""
        self.cuts: dict[str, list[int]] = {}
        """By file: after how many bytes the connection breaks, for each GET in turn; after the last, never again."""
        self.status = 0
        """The answer to everything, if not 0."""
        self.gets: list[str] = []
        """The files asked for by GET."""


@contextmanager
def serving() -> Iterator[Hub]:
    """A hub on a free port, until the block is left."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Say nothing."""

        def answer(self, status: int, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()

        def do_HEAD(self) -> None:
            self.serve(body=False)

        def do_GET(self) -> None:
            self.serve(body=True)

        def serve(self, body: bool) -> None:
            repo, _, rest = self.path.lstrip("/").partition("/resolve/main/")
            if hub.status:
                return self.answer(hub.status, Content_Length="0")
            if repo not in hub.repos:
                return self.answer(404, X_Error_Code="RepoNotFound", Content_Length="0")
            file = hub.repos[repo] / rest
            if not file.is_file():
                return self.answer(404, X_Error_Code="EntryNotFound", X_Repo_Commit=COMMIT, Content_Length="0")
            data = file.read_bytes()
            etag = f'"{hashlib.sha256(data).hexdigest()}"'
            begin = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
            part = data[begin:]
            self.answer(
                206 if begin else 200,
                ETag=etag,
                X_Repo_Commit=COMMIT,
                Content_Length=str(len(part)),
                Content_Range=f"bytes {begin}-{len(data) - 1}/{len(data)}",
            )
            if body:
                hub.gets.append(rest)
                cuts = hub.cuts.get(rest, [])
                self.wfile.write(part[: cuts.pop(0)] if cuts else part)
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
