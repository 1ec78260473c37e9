"""The second lock: even an expression that slipped through the check of the cells reads no file and changes no setting."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from ecom_lake.engine.mapping.locked_engine import limited, locked_engine
from ecom_lake.errors import UserError


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_csv('{file}')",
        "select * from read_text('{file}')",
        "select * from '{file}'",
        "select * from glob('{folder}/*')",
        "copy (select 1) to '{folder}/out.csv'",
        "attach '{folder}/other.db'",
        "export database '{folder}/out'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "set memory_limit = '100GB'",
        "set global timezone = 'Asia/Tokyo'",
        "reset lock_configuration",
        "pragma threads = 64",
        "set disabled_filesystems = ''",
    ],
)
def test_files_and_settings_are_out_of_reach(query: str, tmp_path: Path) -> None:
    file = tmp_path / "secret.csv"
    file.write_text("a\nsecret\n")
    with locked_engine() as con, pytest.raises(duckdb.Error) as refused:
        con.execute(query.format(file=file, folder=tmp_path)).fetchall()
    assert "secret\n" not in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


def test_a_variable_of_python_is_no_table() -> None:
    secret = [("secret",)]
    with locked_engine() as con, pytest.raises(duckdb.CatalogException):
        con.execute("select * from secret")
    assert secret


def test_connections_share_nothing_but_the_helpers() -> None:
    with locked_engine("Asia/Tokyo", b"one") as one, locked_engine("Europe/Paris", b"two") as other:
        query = "select hashed('a'), local('2024-01-01T00:00:00Z')::varchar"
        ((first, tokyo),), ((second, paris),) = one.execute(query).fetchall(), other.execute(query).fetchall()
        assert (tokyo, paris) == ("2024-01-01 09:00:00", "2024-01-01 01:00:00")
        assert first != second
        one.execute("create temp table mine as select 1")
        with pytest.raises(duckdb.CatalogException):
            other.execute("select * from mine")


def test_a_query_has_a_time_limit() -> None:
    endless = "select count(*) from range(1000000000) a, range(1000000000) b where a.range * b.range % 7 = 3"
    too_long = r"\[orders\] took longer than 0.2 seconds: make its cells or lookups simpler\."
    with locked_engine() as con, pytest.raises(UserError, match=too_long), limited(con, "[orders]", seconds=0.2):
        con.execute(endless).fetchall()


def test_a_query_has_a_memory_limit() -> None:
    """In a process of its own: the limit is one of the engine, and the process must survive."""
    script = """
from ecom_lake.engine.mapping import locked_engine
from ecom_lake.errors import UserError
locked_engine.MEMORY, locked_engine.SPILL = "50MB", "1MB"
locked_engine._SETTINGS = tuple(one.replace("10GB", "1MB") for one in locked_engine._SETTINGS)
with locked_engine.locked_engine() as con:
    try:
        with locked_engine.limited(con, "[orders]"):
            con.execute("select range, repeat(range::varchar, 20) from range(10000000) order by 2").fetchall()
    except UserError as error:
        print(error)
"""
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=dict(os.environ))
    assert ran.stdout.startswith("[orders] needs more than 50MB of memory: make its cells or lookups simpler.")
