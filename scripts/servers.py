"""The two servers behind ``make course``, both on loopback only: JupyterLab in a process, the book in a thread."""

from __future__ import annotations

import functools
import http.client
import http.server
import os
import secrets
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

HOST = "127.0.0.1"
PORTS_TRIED = 100


def free_port(first: int) -> int:
    """The first port from ``first`` upwards that nothing listens on.

    Raises:
        OSError: if a hundred in a row are taken.
    """
    for port in range(first, first + PORTS_TRIED):
        with socket.socket() as probe:
            if os.name != "nt":  # there, this option would let two servers share a port
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise OSError(f"the ports {first} to {first + PORTS_TRIED - 1} are all taken; stop a server that uses one of them")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the terminal belongs to the learner."""

    def end_headers(self) -> None:
        """Have the browser ask whether a page is still the same, so that a rebuilt book shows at once."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()


class BookServer:
    """Serves the book's pages while the ``with`` block runs."""

    def __init__(self, pages: Path, first_port: int) -> None:
        handler = functools.partial(_Quiet, directory=str(pages))
        self._server = http.server.ThreadingHTTPServer((HOST, free_port(first_port)), handler)
        self._server.daemon_threads = True

    @property
    def address(self) -> str:
        """Where the book's first page is."""
        return f"http://{HOST}:{self._server.server_port}/"

    def __enter__(self) -> BookServer:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class JupyterLab:
    """Runs JupyterLab while the ``with`` block runs, in a process group of its own, its kernels included."""

    def __init__(
        self, python: Path, root: Path, notebook: str, log: Path, environment: dict[str, str], first_port: int
    ) -> None:
        self.log = log
        self._port = free_port(first_port)
        self._token = secrets.token_hex(24)
        self._notebook = notebook
        command = [
            str(python), "-m", "jupyterlab", "--no-browser", f"--ServerApp.ip={HOST}", f"--ServerApp.port={self._port}",
            "--ServerApp.port_retries=0", f"--ServerApp.root_dir={root}",
        ]  # fmt: skip
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--allow-root")  # in a container one is root, and loopback with a token is as safe there
        # The token goes through the environment: a command line can be read by every user of the machine.
        self._command, self._root, self._environment = command, root, {**environment, "JUPYTER_TOKEN": self._token}

    @property
    def address(self) -> str:
        """Where the first lab is, token included."""
        return f"http://{HOST}:{self._port}/lab/tree/{quote(self._notebook)}?token={self._token}"

    def __enter__(self) -> JupyterLab:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        own_group = {"creationflags": 0x200} if os.name == "nt" else {"start_new_session": True}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self._command, cwd=self._root, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                **own_group,  # type: ignore[call-overload]
            )  # fmt: skip
        return self

    def wait_until_ready(self, seconds: float = 60) -> None:
        """Return when it answers.

        Raises:
            OSError: with the last lines that it wrote, if it ends or doesn't answer in time.
        """
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            connection = http.client.HTTPConnection(HOST, self._port, timeout=2)
            try:
                connection.request("GET", "/api")
                if connection.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.1)
            finally:
                connection.close()
        said = "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-10:])
        raise OSError(f"JupyterLab did not start. The last lines of {self.log}:\n{said}")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stop(self.process)


def stop(process: subprocess.Popen[bytes], patience: float = 10) -> None:
    """End a process and its group: politely, so that JupyterLab can end its kernels, then for good."""
    if os.name == "nt":
        process.terminate()
        process.wait()
        return
    for signal_number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, signal_number)
        except ProcessLookupError:
            break  # the whole group is gone
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
    process.wait()
