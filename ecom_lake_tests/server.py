"""A database server for the tests, started by a script of tools/."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def served(tool: Path) -> Iterator[str]:
    """The URL of an empty database. The server ends when its standard input is closed, also if the tests are killed."""
    server = subprocess.Popen([str(tool), "run"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        if not url:
            raise RuntimeError(f"{tool.name} ended before it answered, with code {server.wait()}.")
        yield url
    finally:
        server.communicate()
