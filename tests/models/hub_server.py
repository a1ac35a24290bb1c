"""A Hugging Face Hub of our own on loopback: the few answers that ``hf_hub_download`` asks for, and some faults."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

time_passes = time.sleep  # kept, since tests replace it
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
        self.refusals: list[tuple[int, dict[str, str]]] = []
        """Status and headers of the next answers, one each; after the last it serves."""
        self.refused_gets: list[tuple[int, dict[str, str]]] = []
        """The same for GET alone: the facts of a file are given, the file isn't."""
        self.damaged: dict[str, int] = {}
        """By file: how many GETs bring wrong bytes, as many as there should be."""
        self.slow: dict[str, tuple[int, float]] = {}
        """By file: it sends so many bytes at a time, and then waits so many seconds."""
        self.gets: list[str] = []
        """The files asked for by GET."""
        self.begins: list[int] = []
        """From which byte each GET asked for."""
        self.paths: list[str] = []
        """The paths asked for, by HEAD too."""


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
            hub.paths.append(self.path)
            repo, _, rest = self.path.lstrip("/").partition("/resolve/")
            rest = rest.partition("/")[2]  # after the revision
            if hub.status:
                return self.answer(hub.status, Content_Length="0")
            refusals = hub.refusals or (hub.refused_gets if body else [])
            if refusals:
                status, headers = refusals.pop(0)
                return self.answer(status, Content_Length="0", **headers)
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
                hub.begins.append(begin)
                cuts = hub.cuts.get(rest, [])
                part = part[: cuts.pop(0)] if cuts else part
                if hub.damaged.get(rest):
                    hub.damaged[rest] -= 1
                    part = bytes(len(part))
                n, pause = hub.slow.get(rest, (len(part) or 1, 0.0))
                for at in range(0, len(part), n):
                    self.wfile.write(part[at : at + n])
                    time_passes(pause)
            return None

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """Say nothing where nobody listens any more."""

    server = Server(("127.0.0.1", 0), Handler)
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
