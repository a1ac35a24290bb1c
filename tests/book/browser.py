"""A headless browser, driven by a few commands of its debugging protocol."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tornado.websocket import WebSocketClientConnection, websocket_connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
OPTIONS = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic", "--hide-scrollbars", "--remote-debugging-port=0",
)  # fmt: skip


def find() -> str | None:
    """The program of a Chromium or Chrome, if one is installed."""
    return next(filter(None, map(shutil.which, NAMES)), None) or (str(MAC) if MAC.exists() else None)


@dataclass
class Visit:
    """What happened while a page was shown."""

    value: Any
    """What the expression gave."""
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@dataclass
class Browser:
    """A running browser."""

    port: int

    def visit(self, address: str, expression: str, *, width: int = 1280, dark: bool = False) -> Visit:
        """Show a page in a new tab and evaluate an expression in it; a promise is waited for."""
        return asyncio.run(asyncio.wait_for(self._visit(address, expression, width, dark), 60))

    async def _visit(self, address: str, expression: str, width: int, dark: bool) -> Visit:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("PUT", "/json/new?about:blank")
        tab = json.loads(connection.getresponse().read())
        socket = await websocket_connect(tab["webSocketDebuggerUrl"], max_message_size=1 << 27)
        visit, scheme = Visit(None), {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
        for number, (method, parameters) in enumerate(
            (
                ("Network.enable", {}),
                ("Runtime.enable", {}),
                ("Page.enable", {}),
                ("Emulation.setEmulatedMedia", {"features": [scheme]}),
                ("Emulation.setDeviceMetricsOverride", size),
                ("Page.navigate", {"url": address}),
            )
        ):
            await _call(socket, visit, number, method, parameters)
        await _until(socket, visit, lambda message: message.get("method") == "Page.loadEventFired")
        evaluate = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        answer = await _call(socket, visit, 99, "Runtime.evaluate", evaluate)
        assert "exceptionDetails" not in answer["result"], answer["result"]["exceptionDetails"]
        visit.value = answer["result"]["result"].get("value")
        connection.request("PUT", f"/json/close/{tab['id']}")
        connection.getresponse().read()
        return visit


async def _call(
    socket: WebSocketClientConnection, visit: Visit, number: int, method: str, parameters: dict[str, Any]
) -> dict[str, Any]:
    await socket.write_message(json.dumps({"id": number, "method": method, "params": parameters}))
    return await _until(socket, visit, lambda message: message.get("id") == number)


async def _until(socket: WebSocketClientConnection, visit: Visit, wanted: Any) -> dict[str, Any]:
    """Take messages until the wanted one, and write down the others."""
    while True:
        text = await socket.read_message()
        assert text is not None, "the browser ended"
        message: dict[str, Any] = json.loads(text)
        if message.get("method") == "Network.requestWillBeSent":
            visit.requests.append(message["params"]["request"]["url"])
        elif message.get("method") == "Runtime.exceptionThrown":
            details = message["params"]["exceptionDetails"]
            visit.errors.append(details.get("exception", {}).get("description", details["text"]))
        if wanted(message):
            return message


@contextmanager
def running() -> Iterator[Browser]:
    """Start the browser with an empty profile, and end it."""
    program = find()
    assert program is not None
    options = [*OPTIONS, *(["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else [])]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [program, *options, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            port = Path(profile, "DevToolsActivePort")
            deadline = time.monotonic() + 30
            while not (port.exists() and port.read_text().count("\n")):
                assert process.poll() is None, "the browser did not start"
                assert time.monotonic() < deadline, "the browser took too long to start"
                time.sleep(0.05)
            yield Browser(int(port.read_text().split()[0]))
        finally:
            process.terminate()
            process.wait(10)
