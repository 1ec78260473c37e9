"""Escapes from a SQL session: writing the lake's files or new ones, reading other files, changing the session's settings.

Each escape is tried through the session, and again on its raw connection, where only the file system and DuckDB's locks remain.
Without one of the locks, at least one escape must succeed: so the lock is needed, and these tests detect its absence.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import local
from typing import Any

import duckdb
import pytest

from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.serve import query
from ecom_lake.engine.serve.query import Session, session
from ecom_lake.engine.serve.released import released
from ecom_lake.engine.store.integrity import hash_file
from ecom_lake.engine.store.read_only_files import OpenFile, read_only_files
from ecom_lake.errors import UserError
from ecom_lake_tests.builders.built_lake import BuiltLake

Run = Callable[[str], object]

ESCAPES = (
    # COPY, alone and within other statements
    "copy (select 1) to '{url}' (use_tmp_file false)",
    "copy (select 1) to '{file}' (format csv, use_tmp_file false)",
    "copy (select 1) to '{new}'",
    "copy (pivot kpi_monthly on is_complete using sum(orders)) to '{file}' (format csv, use_tmp_file false)",
    "copy (pivot kpi_monthly on is_complete using sum(orders)) to '{url}' (format csv, use_tmp_file false)",
    "copy (pivot kpi_monthly on is_complete using sum(orders)) to '{new}'",
    "with a as (copy kpi_monthly to '{url}' (use_tmp_file false)) from a",
    "with a as (copy kpi_monthly to '{file}' (use_tmp_file false)) from a",
    "with a as (copy kpi_monthly to '{new}') from a",
    "with a as (copy kpi_monthly to '{new}'), p as (pivot kpi_monthly on is_complete using sum(orders)) from a, p",
    "explain analyze with a as (copy kpi_monthly to '{new}') from a",
    "explain analyze copy (select 1) to '{file}' (use_tmp_file false)",
    "explain (analyze) copy (select 1) to '{url}' (use_tmp_file false)",
    "explain /* so to speak */ analyze -- and\n copy (pivot kpi_monthly on is_complete using sum(orders)) to '{new}'",
    "prepare p as copy (select 1) to '{url}' (use_tmp_file false); execute p",
    "prepare p as pivot kpi_monthly on is_complete using sum(orders)",
    "execute p",
    "select 1; copy (select 1) to '{url}' (use_tmp_file false); select 2",
    "select 1) t; copy (select 1) to '{new}'; select * from (select 2",
    "select 1 /* ) */; copy (select 1) to '{new}' --",
    "select $$;$$; copy (select ';') to '{new}'",
    "from query('copy (select 1) to ''{new}''')",
    "from query('with a as (copy kpi_monthly to ''{new}'') from a')",
    "from query('select 1; copy (select 1) to ''{new}''')",
    "from query_table('{secret}')",
    "select * from json_execute_serialized_sql(json_serialize_sql('with a as (copy kpi_monthly to ''{new}'') from a'))",
    "call query('pivot kpi_monthly on is_complete using sum(orders)')",
    # other statements that write
    "create table t as pivot kpi_monthly on is_complete using sum(orders)",
    "create or replace view gold.rfm as select 1",
    "create macro gold.f(x) as x",
    "create type mood as enum ('good', 'bad')",
    "create sequence s",
    "create persistent secret s (type http, bearer_token 'x')",
    "insert into kpi_monthly select * from kpi_monthly",
    "with a as (insert into kpi_monthly select * from kpi_monthly returning *) from a",
    "with a as (delete from kpi_monthly returning *) from a",
    "copy kpi_monthly from '{secret}'",
    "export database '{new}'",
    "attach '{new}.duckdb' as other",
    "attach '{file}' as other",
    "checkpoint",
    "vacuum",
    # reading other files
    "from read_text('{secret}')",
    "from read_blob('{secret}')",
    "from read_csv('{secret}')",
    "from read_csv('{url}/../../../lake.toml')",
    "from '{secret}'",
    "from glob('{lake}/*')",
    "from sniff_csv('{secret}')",
    "from read_parquet('{lake}/data/olist/gold/ledger.parquet')",
    "from parquet_metadata('{lake}/data/olist/gold/ledger.parquet')",
    "from read_text('/proc/self/environ')",
    "from read_duckdb('{lake}/data/olist/catalog.duckdb')",
    "from a_variable_of_python",
    # settings and extensions
    "set lock_configuration = false",
    "set enable_external_access = true; copy (select 1) to '{new}'",
    "set memory_limit = '7GB'",
    "set variable x = 1",
    "reset memory_limit",
    "pragma enable_profiling = 'json'",
    "call enable_logging(level = 'trace')",
    "from enable_profiling(format = 'json')",
    "from enable_profiling(format = 'json', save_location = '{new}.json')",
    "install httpfs",
    "load '{new}'",
    "load httpfs",
)
SECRET = "not for the session"


@dataclass(frozen=True)
class Ground:
    """A lake, a file outside of it, and an unused file name."""

    lake: BuiltLake
    outside: Path

    def spelt(self, way: str) -> str:
        [file] = released(self.lake.site()).parts(TableId("bronze", "orders")).values()
        names = {"url": f"release://{file.path}", "file": self.lake.site().lake.local(file), "lake": self.lake.folder}
        return way.format(**names, secret=self.outside / "secret.csv", new=self.outside / "new")

    def files(self) -> dict[Path, str]:
        folders = (self.lake.folder, self.outside)
        return {path: hash_file(path) for folder in folders for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def ground(built_lake: BuiltLake, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    lake = BuiltLake(tmp_path_factory.mktemp("ways") / "lake", built_lake.truths)
    shutil.copytree(built_lake.folder, lake.folder)
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.csv").write_text(f"{SECRET}\n", encoding="utf-8")
    return Ground(lake, outside)


@pytest.fixture(scope="module")
def opened(ground: Ground) -> Iterator[Session]:
    site = ground.lake.site()
    with session(site, released(site)) as opened:
        yield opened


@pytest.fixture(scope="module")
def other(ground: Ground) -> Iterator[Session]:
    """Another session, because statements on the raw connection may drop its tables."""
    site = ground.lake.site()
    with session(site, released(site)) as opened:
        yield opened


def asked(opened: Session) -> Run:
    return lambda way: list(opened.ask(way).rows())


def bare(opened: Session) -> Run:
    return lambda way: opened._con.execute(way).fetchall()


def escapes(ground: Ground, opened: Session, run: Run, way: str) -> bool:
    """Whether a statement changed or created a file, read a forbidden one, or changed a setting."""
    a_variable_of_python = duckdb.connect().sql(f"select '{SECRET}' as secret").to_arrow_table()  # noqa: F841 - a query may find it
    settings = "select name, value from duckdb_settings() order by name"
    before = ground.files(), opened._con.execute(settings).fetchall()
    rows: object = None
    with suppress(UserError, duckdb.Error):
        rows = run(ground.spelt(way))
    read = str(rows)
    is_private = SECRET in read or str(ground.lake.folder) in read or "ECOM_LAKE_TESTS_SECRET" in read
    return is_private or (ground.files(), opened._con.execute(settings).fetchall()) != before


@pytest.mark.parametrize("way", ESCAPES)
def test_no_statement_escapes_from_a_session(ground: Ground, opened: Session, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ECOM_LAKE_TESTS_SECRET", "x")
    assert not escapes(ground, opened, asked(opened), way)


@pytest.mark.parametrize("way", ESCAPES)
def test_no_statement_escapes_from_the_raw_connection(ground: Ground, other: Session, way: str) -> None:
    assert not escapes(ground, other, bare(other), way)


@pytest.mark.parametrize(
    ("lock", "way"),
    [
        ("enable_external_access", "from read_text('{secret}')"),
        ("lock_configuration", "from enable_profiling(format = 'json')"),
    ],
)
def test_without_one_of_its_locks_a_statement_escapes(
    ground: Ground, lock: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = tuple(setting for setting in query.LOCKS if lock not in setting)
    assert way in ESCAPES
    assert len(left) == len(query.LOCKS) - 1
    monkeypatch.setattr(query, "LOCKS", left)
    site = ground.lake.site()
    with session(site, released(site)) as opened:
        assert escapes(ground, opened, asked(opened), way)


def test_with_writable_files_a_statement_escapes(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query, "read_only_files", writable_files)
    [file] = released(ground.lake.site()).parts(TableId("bronze", "orders")).values()
    path = ground.lake.site().lake.local(file)
    whole = path.read_bytes()
    site = ground.lake.site()
    with session(site, released(site)) as opened:
        assert escapes(ground, opened, bare(opened), ESCAPES[0])
    path.write_bytes(whole)


def writable_files(scheme: str, files: Mapping[str, Callable[[], Path]]) -> Any:
    """The same file system with writable files."""
    kind: Any = type(read_only_files(scheme, files))

    class WritableFile(OpenFile):
        def __init__(self, path: Path) -> None:
            self._descriptor = os.open(path, os.O_RDWR)
            self._own = local()

        def write(self, data: bytes) -> int:
            return os.write(self._descriptor, data)

    class WritableFiles(kind):  # type: ignore[misc]
        def _open(self, path: str, **_: Any) -> Any:
            return WritableFile(self._local(path))

    return WritableFiles()


def test_settings_do_not_state_where_the_lake_is_or_what_the_environment_holds(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://user:password@proxy:1")
    site = ground.lake.site()
    with session(site, released(site)) as opened:
        shown = str(list(opened.ask("select value from duckdb_settings()").rows()))
        shown += str(list(opened.ask("select sql from duckdb_views()").rows()))
        shown += str(list(opened.ask("explain analyze from rfm").rows()))
    assert "release://_store/gold/rfm/" in shown
    assert all(secret not in shown for secret in (str(ground.lake.folder), str(Path.home() / ".duckdb"), "password"))
