"""A PostgreSQL server for the tests, started by tools/postgres.sh."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from ecom_lake_tests.project import PROJECT
from ecom_lake_tests.server import served


def why_not() -> str:
    """The reason why the server cannot run on this machine; empty if it can."""
    if not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        return "PostgreSQL is not installed: run tools/postgres.sh"
    return ""


def postgres() -> AbstractContextManager[str]:
    """The URL of an empty database."""
    return served(PROJECT / "tools" / "postgres.sh")
