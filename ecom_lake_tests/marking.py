"""Assigns markers to tests from their fixtures and their folders.

Here: `lake`, `azure`, `postgres`, `mariadb`, `browser`, `container`, `spark`, `olist`, as pyproject.toml describes them.
Not here: what the fixtures do (conftest.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

FIXTURES = {
    "built_lake": "lake",
    "emulator": "azure",
    "database": "postgres",
    "postgres_server": "postgres",
    "mariadb_server": "mariadb",
    "chromium": "browser",
    "image": "container",
    "spark_installed": "spark",
    "olist": "olist",
}
FOLDERS_OF_LAKES = ("chaos", "end_to_end", "engine/build", "engine/dagster", "engine/forget", "fuzz", "recomputed", "tiny_shops")
TESTS = Path(__file__).parent


def markers_of(item: pytest.Item) -> Iterator[str]:
    fixtures: list[str] = getattr(item, "fixturenames", [])
    yield from (marker for fixture, marker in FIXTURES.items() if fixture in fixtures)
    if any((TESTS / folder) in item.path.parents for folder in FOLDERS_OF_LAKES):
        yield "lake"
    callspec = getattr(item, "callspec", None)
    if callspec is not None:  # `place` and `server` request the server only when they run
        yield from {"azure", "postgres", "mariadb"} & {callspec.params.get("place"), callspec.params.get("server")}
