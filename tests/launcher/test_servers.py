"""Ports are stepped over, both servers listen on loopback only, and nothing outlives the launcher."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest

from scripts.servers import HOST, BookServer, JupyterLab, free_port, stop

ROOT = Path(__file__).resolve().parents[2]
posix = pytest.mark.skipif(os.name == "nt", reason="process groups are a POSIX idea")


def get(address: str) -> http.client.HTTPResponse:
    """Fetch an address without any proxy."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
    connection.request("GET", f"{parts.path}?{parts.query}")
    return connection.getresponse()


def test_a_taken_port_is_stepped_over():
    """The next free one is used."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert port < free_port(port) <= port + 100


def test_the_book_is_served_and_then_no_more(tmp_path):
    """After the block its port answers nobody."""
    (tmp_path / "index.html").write_text("the book", encoding="utf-8")
    with BookServer(tmp_path, first_port=18000) as book:
        assert get(book.address).read() == b"the book"
    with pytest.raises(OSError, match="refused"):
        get(book.address)


def test_two_books_get_two_ports(tmp_path):
    """Two clones can run at once."""
    with BookServer(tmp_path, 18100) as first, BookServer(tmp_path, 18100) as second:
        assert first.address != second.address


def test_the_book_server_shows_nothing_outside_its_folder(tmp_path):
    """A path with dots doesn't leave the folder."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    with BookServer(tmp_path / "pages", 18200) as book:
        assert get(f"{book.address}../secret.txt").status == 404
        assert get(f"{book.address}%2e%2e/secret.txt").status == 404


@posix
def test_stopping_ends_the_whole_group():
    """Also a child of the child, and one that ignores the polite request."""
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    )
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {stubborn!r}])"
    process = subprocess.Popen([sys.executable, "-c", parent], start_new_session=True, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    (child,) = psutil.Process(process.pid).children()
    stop(process, patience=1)
    child.wait(5)
    assert process.poll() is not None


def test_a_jupyterlab_that_ends_at_once_is_told_with_its_last_words(tmp_path):
    """The launcher doesn't wait for a process that is gone."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\necho no such module\nexit 1\n", encoding="utf-8")
    python.chmod(0o755)
    lab = JupyterLab(python, tmp_path, "a.ipynb", tmp_path / "log", dict(os.environ), 18300)
    with lab, pytest.raises(OSError, match="no such module"):
        lab.wait_until_ready(10)


@posix
@pytest.mark.slow
def test_make_course_starts_everything_and_ctrl_c_stops_it(tmp_path):
    """Book and notebooks answer on loopback, the notebooks only with the token; then nothing is left."""
    program = (
        "import sys; from pathlib import Path; from scripts import course, environment, servers\n"
        "environment.set_up = lambda root: None\n"
        "environment.python_of = lambda root: Path(sys.executable)\n"
        f"course.BUILT = Path({str(tmp_path)!r}); course.PAGES = course.BUILT / 'html'\n"
        "real = course.module\n"
        "course.module = lambda *arguments: 0 if arguments[0] == 'scripts.book' else real(*arguments)\n"
        "sys.exit(course.main(['course', '--no-browser']))\n"
    )
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "index.html").write_text("the book", encoding="utf-8")
    launcher = subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert launcher.stdout is not None
    lines: dict[str, str] = {}
    for line in launcher.stdout:
        if "http://" in line:
            lines[line.partition("http://")[0].strip()] = line[line.index("http://") :].strip()
        if "Ctrl-C" in line:
            break
    lab, book = lines["JupyterLab"], lines["The book"]
    assert get(book).read() == b"the book"
    parts = urlsplit(lab)
    assert (parts.hostname, parts.path) == (HOST, "/lab/tree/labs/00_warm_up.ipynb")
    token = parse_qs(parts.query)["token"][0]
    base = f"http://{parts.netloc}"
    assert get(f"{base}/api/contents?token={token}").status == 200
    assert get(f"{base}/api/contents").status == 403
    family = psutil.Process(launcher.pid).children(recursive=True)
    assert all(token not in " ".join(process.cmdline()) for process in family)
    listening = {c.laddr.ip for process in family for c in process.net_connections("inet") if c.status == "LISTEN"}
    assert listening <= {HOST, "::1"}

    kernel = http.client.HTTPConnection(parts.hostname, parts.port, timeout=30)
    kernel.request("POST", f"/api/kernels?token={token}", body='{"name": "python3"}')
    assert kernel.getresponse().status == 201
    family = psutil.Process(launcher.pid).children(recursive=True)

    launcher.send_signal(signal.SIGINT)
    assert launcher.wait(30) == 0
    deadline = time.monotonic() + 10
    while (left := [process for process in family if process.is_running()]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []
    with pytest.raises(OSError, match="refused"):
        get(book)
