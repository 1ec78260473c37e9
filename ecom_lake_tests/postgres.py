"""A PostgreSQL server for the tests, started by tools/postgres.sh."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ecom_lake_tests.project import PROJECT

TOOL = PROJECT / "tools" / "postgres.sh"


def why_not() -> str:
    """The reason why the server cannot run on this machine; empty if it can."""
    if not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        return "PostgreSQL is not installed: run tools/postgres.sh"
    return ""


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty database. The server ends when its standard input is closed, also if the tests are killed."""
    server = subprocess.Popen([str(TOOL), "run"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        if not url:
            raise RuntimeError(f"PostgreSQL ended before it answered, with code {server.wait()}.")
        yield url
    finally:
        server.communicate()
