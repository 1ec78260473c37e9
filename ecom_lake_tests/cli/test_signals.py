"""Real processes ended by a real signal: while DuckDB runs a query of a build, and while the rows of a query are written.

Several seconds a test: a child imports Dagster and builds a shop up to the step that is interrupted.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ecom_lake.engine.build.build import build
from ecom_lake_tests.builders.built_lake import BuiltLake

LONGEST = 120
"""Seconds after which a child that does not end is killed, and its test has failed."""

_BUILD = """
import sys
from ecom_lake.cli import command
from ecom_lake.engine.build.silver import make_silver as silver

def endless(site, table, months):
    with site.workspace() as (con, _):
        print("works on", table, flush=True)
        con.execute("select sum(a.range * b.range % 7) from range(1000000) a, range(10000000) b")

silver.make_silver = endless
sys.argv = ["ecom-lake", "build", "--full"]
command()
"""
_COMMAND = "from ecom_lake.cli import command; command()"
SIGNALS = [(signal.SIGINT, 130, "Interrupted.\n"), (signal.SIGTERM, 143, "Terminated.\n")]


def started(lake: BuiltLake, temporary: Path, *program: str) -> subprocess.Popen[str]:
    env = {**os.environ, "ECOM_LAKE_CONFIG": str(lake.config), "ECOM_LAKE_ROOT": str(lake.root), "TMPDIR": str(temporary)}
    return subprocess.Popen(
        [sys.executable, "-c", *program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
        cwd=lake.folder,
    )


def ended(child: subprocess.Popen[str], number: signal.Signals) -> tuple[int, str, str]:
    """The exit code, the standard output and the standard error."""
    child.send_signal(number)
    try:
        out, err = child.communicate(timeout=LONGEST)
    finally:
        child.kill()
    return child.returncode, out, err


def hashes(lake: BuiltLake) -> dict[str, str]:
    head = lake.site().lake.log.head()
    return {f"{table}/{part}": file.hash for table, parts in head.tables.items() for part, file in parts.items()}


@pytest.mark.parametrize(("number", "code", "sentence"), SIGNALS)
def test_a_build_ends_at_the_step_that_receives_the_signal(
    fresh_lake: BuiltLake, tmp_path: Path, number: signal.Signals, code: int, sentence: str
) -> None:
    (temporary := tmp_path / "temporary").mkdir()
    undisturbed, before = hashes(fresh_lake), fresh_lake.site().lake.log.head().release
    child = started(fresh_lake, temporary, _BUILD)
    assert child.stdout is not None
    assert child.stdout.readline().startswith("works on ")
    assert ended(child, number) == (code, "", sentence)
    assert fresh_lake.site().lake.log.head().release == before
    assert list((fresh_lake.root / "olist" / "_store" / "scratch").glob("step-*")) == []
    assert list(temporary.iterdir()) == []
    build(fresh_lake.site())
    assert hashes(fresh_lake) == undisturbed


@pytest.mark.parametrize(("number", "code", "sentence"), SIGNALS)
def test_a_query_ends_and_leaves_no_temporary_files(
    built_lake: BuiltLake, tmp_path: Path, number: signal.Signals, code: int, sentence: str
) -> None:
    child = started(built_lake, tmp_path, _COMMAND, "sql", "from range(1000000000000)", "--format", "csv")
    assert child.stdout is not None
    assert child.stdout.readline() == "range\n"
    ended_code, _, err = ended(child, number)
    assert (ended_code, err) == (code, sentence)
    assert list(tmp_path.iterdir()) == []
