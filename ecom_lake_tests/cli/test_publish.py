"""The command `publish`: what it prints, and its exit codes."""

from __future__ import annotations

import pytest

from ecom_lake.engine.serve.publish.figures import COMPARED
from ecom_lake_tests.builders.built_lake import ONE_MORE_ORDER, BuiltLake
from ecom_lake_tests.builders.database_shop import PostgreSQLServer
from ecom_lake_tests.builders.published_shop import VARIABLE
from ecom_lake_tests.cli.conftest import Run

TARGET = f"""
[shops.olist.publish.warehouse]
url_env = "{VARIABLE}"
schema = "from_cli"
tables = ["kpi_monthly", "rfm"]
"""


@pytest.fixture
def lake(fresh_lake: BuiltLake, postgres_server: PostgreSQLServer, monkeypatch: pytest.MonkeyPatch) -> BuiltLake:
    with postgres_server.session() as con:
        con.execute("drop schema if exists from_cli cascade")
        con.commit()
    fresh_lake.config.write_text(fresh_lake.config.read_text("utf-8") + TARGET, "utf-8")
    monkeypatch.setenv(VARIABLE, postgres_server.url)
    return fresh_lake


def test_a_publication_and_its_check(lake: BuiltLake, postgres_server: PostgreSQLServer, run: Run) -> None:
    behind = run("publish", "--check", at=lake)
    release = lake.site().lake.log.head().release
    assert (behind.code, behind.out.splitlines()[0]) == (1, "warehouse differs from the release:")
    assert f"from_cli has no release, and readers of the lake see release {release}." in behind.out
    first = run("publish", at=lake)
    assert (first.code, first.out) == (0, f"warehouse: Release {release} in from_cli: 2 tables, 2 tables written.\n")
    again = run("publish", "--json", at=lake).json
    assert again["targets"][0].items() >= {"target": "warehouse", "release": release, "tables": 2, "written": []}.items()
    same = run("publish", "--check", at=lake)
    assert (same.code, " ".join(same.out.split()) + "\n") == (
        0,
        f"warehouse: every table agrees with the release. Compared: {COMPARED}.\n",
    )
    with postgres_server.session() as con:
        con.execute("delete from from_cli.rfm")
        con.commit()
    differs = run("publish", "--check", "--json", at=lake)
    assert differs.code == 1 and "rfm: rows: 0 there" in differs.json["differences"]["warehouse"][0]
    assert run("publish", "--whole", at=lake).out.endswith("2 tables, 2 tables written.\n")
    assert run("publish", "--check", at=lake).code == 0


def test_wrong_usage(lake: BuiltLake, built_lake: BuiltLake, run: Run) -> None:
    unknown = run("publish", "--to", "nowhere", at=lake)
    assert (unknown.code, unknown.err) == (2, "[shops.olist.publish] has no target 'nowhere'; it has warehouse.\n")
    none = run("publish", at=built_lake)
    assert none.code == 2 and "Shop 'olist' has no database to publish into: add [shops.olist.publish.NAME] to" in none.err


def test_a_target_without_its_variable(lake: BuiltLake, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE)
    refused = run("publish", at=lake)
    assert (refused.code, refused.err.split(":")[0]) == (1, f"{VARIABLE} is not set")


def test_a_database_that_cannot_be_reached_does_not_stop_the_next_one(
    lake: BuiltLake, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    down = '[shops.olist.publish.a_first]\nurl_env = "FIRST_URL"\nschema = "from_cli"\n'
    lake.config.write_text(
        lake.config.read_text("utf-8").replace("[shops.olist.publish.w", f"{down}[shops.olist.publish.w"), "utf-8"
    )
    monkeypatch.setenv("FIRST_URL", "postgresql://user:hush@127.0.0.1:1/x")
    why = "The database of FIRST_URL cannot be reached: nothing answers"
    said = run("publish", at=lake)
    assert (said.code, said.err.startswith(why)) == (1, True)
    assert said.out.startswith("warehouse: Release ")
    for more in ((), ("--check",)):
        found = run("publish", "--json", *more, at=lake)
        assert found.code == 1 and found.json["failures"]["a_first"].startswith(why)
        assert [*found.json.get("differences", ()), *(one["target"] for one in found.json.get("targets", ()))] == ["warehouse"]


def test_a_database_that_cannot_be_reached_does_not_hold_back_the_release(
    lake: BuiltLake, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "postgresql://user:hush@127.0.0.1:1/x")
    (lake.landing / "more.csv").write_text(ONE_MORE_ORDER, "utf-8")
    (lake.folder / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", "utf-8")
    before = lake.site().lake.log.head().release
    failed = run("build", at=lake)
    release = lake.site().lake.log.head().release
    assert before and release and release > before
    assert failed.code == 1
    assert f"Release {release} is built; a step after it failed." in failed.err
    assert f"The database of {VARIABLE} cannot be reached: nothing answers" in failed.err
    assert "hush" not in failed.err + failed.out
    kept = b"".join(path.read_bytes() for path in lake.folder.rglob("*") if path.is_file())
    assert b"cannot be reached" in kept and b"hush" not in kept, "in Dagster's history, the lake and its logs"
