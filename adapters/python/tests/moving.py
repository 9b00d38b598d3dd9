"""What the tests of moving in share: a Redis, a server with its store, and the command that imports."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which
from time import monotonic, sleep
from typing import Any

import pytest

COMMAND = json.loads(os.environ.get("REST_SESSIONS_COMMAND", "[]"))


@dataclass(frozen=True)
class Moving:
    """Where sessions move to: a server, and its store."""

    url: str
    store: str
    app: str = "moved"

    def imports(self, source: str, *options: str) -> dict[str, Any]:
        """Runs the import. Gives what it reports."""
        done = self.tries(source, "--json", *options)
        assert done.returncode == 0, done.stderr
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def tries(self, source: str, *options: str) -> subprocess.CompletedProcess[str]:
        words = ["import", f"--from={source}", f"--app={self.app}", f"--store={self.store}", "--keep-tokens", *options]
        env = {"PATH": os.environ["PATH"]}
        return subprocess.run([*COMMAND, *words], env=env, capture_output=True, text=True, timeout=300)


@contextmanager
def running(command: list[str], ready: str, env: dict[str, str] | None = None) -> Iterator[str]:
    """A program, from when it says that it is ready. Gives what it said then."""
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                if found := re.search(ready, line):
                    yield found[found.lastindex or 0]
                    return
            raise AssertionError(f"{command} has ended: {said}")
        finally:
            process.terminate()
            # What it says while it ends must not hold it up.
            process.communicate(timeout=60)


@contextmanager
def moving(folder: Path) -> Iterator[Moving]:
    store = f"lmdb:{folder / 'sessions'}"
    env = {"PATH": os.environ["PATH"], "RS_PORT": "0", "RS_STORE": store}
    with running(COMMAND, r"listens on (http://\S+)", env) as url:
        yield Moving(url, store)


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A Redis of the test's own. Gives its URL."""
    if which("redis-server") is None:
        pytest.skip("there is no redis-server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["--port", f"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", f"{folder}"]
    with running(["redis-server", *words], "Ready to accept connections"):
        yield f"redis://127.0.0.1:{port}/0"


def until(is_so: Any) -> None:
    """Waits for a state."""
    began = monotonic()
    while not is_so():
        assert monotonic() - began < 60, "not so after 60 seconds"
        sleep(0.02)
