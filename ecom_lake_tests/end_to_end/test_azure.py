"""A complete lake on the Azure Blob emulator: the same bytes as a local lake, and every command on it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from ecom_lake.cli import main
from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.release.plain_view import expected_sizes
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.dagster.jobs import landing_sensor
from ecom_lake.engine.dagster.run import run_job
from ecom_lake.engine.store.access import Access, Secret
from ecom_lake.engine.store.integrity import hash_file
from ecom_lake.engine.store.lake import Lake
from ecom_lake.engine.store.landing_zone import land
from ecom_lake.engine.store.open_store import open_store
from ecom_lake.engine.store.remote import RemoteStore
from ecom_lake.engine.store.store import Store
from ecom_lake_tests.azurite import ACCOUNT, KEY, Azurite
from ecom_lake_tests.builders.built_lake import ONE_MORE_ORDER, BuiltLake, hash_in
from ecom_lake_tests.builders.few_tables import with_few_tables
from ecom_lake_tests.builders.olist_files import a_site, item, order
from ecom_lake_tests.builders.olist_files import land as land_rows

WRONG_KEY = KEY.replace("Eby8", "Eby9")
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a command with only this lake's environment; returns exit code, output and errors, also of libraries."""
    monkeypatch.chdir(tmp_path)

    def run(lake: BuiltLake, *arguments: str, **other: str) -> tuple[int, str, str]:
        ours = {"ECOM_LAKE_CONFIG": str(lake.config), "ECOM_LAKE_ROOT": lake.url, "DAGSTER_HOME": str(lake.folder)}
        for name, value in {**ours, **lake.environment, **other}.items():
            monkeypatch.setenv(name, value)
        capfd.readouterr()
        code = main(arguments)
        captured = capfd.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture
def fresh_azure_lake(azure_lake: BuiltLake, emulator: Azurite, tmp_path: Path) -> Iterator[BuiltLake]:
    """A writable copy of the lake on Azure; Dagster stores its history in its folder."""
    copy = replace(azure_lake, folder=tmp_path / "mine", url=emulator.container())
    copy.folder.mkdir()
    copy.config.write_bytes(azure_lake.config.read_bytes())
    (copy.folder / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
    old, new = azure_lake.site().lake.store, copy.site().lake.store
    old.each(lambda info: _move(old, new, info.path), old.list(""))
    ingest(copy.site())  # the log does not have the copied files yet, because their times differ
    yield copy


def _move(old: Store, new: Store, path: str) -> None:
    with old.opened(path) as local:
        new.put(local, path)


def requests(lake: BuiltLake) -> int:
    """Returns the number of requests since its last call."""
    site, total = lake.site(), 0
    for store in (site.lake.store, site.lake.landing):
        assert isinstance(store, RemoteStore)
        total += store.connection.counts.total
        store.connection.counts.reset()
    return total


def hashes(lake: BuiltLake) -> dict[str, str]:
    head = lake.site().lake.log.head()
    return {f"{table} {part}": file.hash for table, parts in head.tables.items() for part, file in parts.items()}


def test_a_release_on_azure_has_the_same_bytes_as_a_local_release(
    azure_lake: BuiltLake, built_lake: BuiltLake, tmp_path: Path
) -> None:
    assert hashes(azure_lake) == hashes(built_lake)
    remote, local = azure_lake.site().lake, built_lake.site().lake
    released = remote.log.released()
    assert released is not None
    files = expected_sizes(azure_lake.site(), released)
    assert {path: hash_in(remote.store, f"olist/{path}") for path in files} == {
        path: hash_file(local.store.local(f"olist/{path}")) for path in files
    }
    plain = {info.path for layer in ("silver", "gold") for info in remote.store.list(f"olist/{layer}")}
    assert plain == {f"olist/{path}" for path in files}
    assert json.loads(remote.store.read("olist/release.json")) == json.loads(local.store.read("olist/release.json"))


@pytest.mark.parametrize("copies", ["copies", "no copies"])
def test_a_build_with_nothing_new_makes_few_requests(copies: str, azure_lake: BuiltLake, run: Run, tmp_path: Path) -> None:
    other = {"ECOM_LAKE_CACHE": str(tmp_path / "empty")} if copies == "no copies" else {}
    lake = replace(azure_lake, environment={**azure_lake.environment, **other})
    requests(lake)
    code, out, _ = run(lake, "build")
    assert code == 0
    assert out.startswith("Nothing new to build: olist is at release")
    assert 0 < requests(lake) <= 12
    assert not (tmp_path / "empty").exists()


def test_each_step_of_a_build_with_nothing_new_reads_and_writes_no_data(azure_lake: BuiltLake) -> None:
    build(azure_lake.site())
    site = azure_lake.site()
    assert isinstance(site.lake.store, RemoteStore)
    site.lake.store.connection.counts.reset()
    build(site)
    asked = site.lake.store.connection.counts.requests
    assert set(asked) == {"list", "get", "head"}
    assert (asked["get"], asked["head"]) == (2, 3)  # release.json, trouble.json; catalog.duckdb, quality.html, datapackage.json


def test_reading_the_head_needs_one_listing_and_one_read_if_it_is_new(azure_lake: BuiltLake) -> None:
    azure_lake.site().lake.log.head()
    requests(azure_lake)
    head = azure_lake.site().lake.log.head()
    assert azure_lake.site().lake.log.released() is not None
    assert requests(azure_lake) == 2
    assert head.release == head.number


@pytest.mark.parametrize(
    "command",
    [
        ("tables",),
        ("describe", "rfm"),
        ("status",),
        ("quarantine",),
        ("ledger",),
        ("log",),
        ("sql", "select count(*) from fct_orders"),
        ("sql", "select count(*) from bronze.orders"),
        ("doctor", "--deep"),
        ("gc", "--dry-run"),
    ],
    ids=" ".join,
)
def test_every_command_that_reads_works_and_shows_no_secret(command: tuple[str, ...], azure_lake: BuiltLake, run: Run) -> None:
    code, out, err = run(azure_lake, *command)
    assert code == 0, out + err
    assert out
    assert KEY not in out + err


def test_an_empty_cache_reads_the_written_bytes(azure_lake: BuiltLake, built_lake: BuiltLake, tmp_path: Path) -> None:
    cold = replace(azure_lake, environment={**azure_lake.environment, "ECOM_LAKE_CACHE": str(tmp_path / "cold")})
    lake = cold.site().lake
    entry = lake.log.head()
    assert all(hash_file(lake.local(file)) == file.hash for parts in entry.tables.values() for file in parts.values())
    silver = lake.silver(entry, "orders")
    there = built_lake.site().lake.silver(built_lake.site().lake.log.head(), "orders")
    assert silver is not None and there is not None
    assert silver.collect().equals(there.collect())


def test_the_catalogues_views_can_be_read_through_azure(azure_lake: BuiltLake, emulator: Azurite, tmp_path: Path) -> None:
    from adlfs import AzureBlobFileSystem

    opened = tmp_path / "catalog.duckdb"
    azure_lake.site().lake.store.fetch("olist/catalog.duckdb", opened)
    with duckdb.connect(str(opened), read_only=True) as con:
        con.register_filesystem(AzureBlobFileSystem(connection_string=emulator.connection_string))
        rows = con.execute("select count(*) from silver.orders").fetchall()[0][0]
        views = con.execute("select sql, comment from duckdb_views() where view_name = 'rfm'").fetchall()
    head = azure_lake.site().lake.log.head()
    assert rows == sum(file.rows for file in head.parts(TableId("silver", "orders")).values())
    assert azure_lake.url in views[0][0]
    assert views[0][1]


def test_a_new_delivery_is_detected_built_released_compared_and_rolled_back(
    fresh_azure_lake: BuiltLake, run: Run, tmp_path: Path
) -> None:
    lake = fresh_azure_lake
    more = tmp_path / "more_orders.csv"
    more.write_text(ONE_MORE_ORDER, encoding="utf-8")
    before = lake.site().lake.log.head().release
    assert run(lake, "land", str(more))[0] == 0
    with dg.DagsterInstance.ephemeral() as instance:
        sensor, cursor = landing_sensor(lake.settings, "olist"), None
        for _ in range(2):
            context = dg.build_sensor_context(instance=instance, cursor=cursor)
            asked = sensor(context)
            cursor = context.cursor
    assert isinstance(asked, dg.RunRequest)
    code, out, err = run(lake, "build")
    assert (code, err) == (0, "")
    after = lake.site().lake.log.head().release
    assert before is not None and after is not None and after > before
    assert "fct_orders" in run(lake, "diff", str(before), str(after))[1]
    assert run(lake, "rollback", str(before))[0] == 0
    assert json.loads(lake.site().lake.store.read("olist/release.json"))["release"] == before
    assert run(lake, "unpin")[0] == 0
    assert run(lake, "gc", "--yes", "--older-than", "1h")[0] == 0
    assert run(lake, "doctor")[0] == 0
    everywhere = [
        path.read_bytes() for folder in (lake.folder, tmp_path / "cache") for path in folder.rglob("*") if path.is_file()
    ]
    store = lake.site().lake.store
    blobs = store.each(lambda info: store.read(info.path), store.list(""))
    assert len(everywhere) > 3 and len(blobs) > 100
    assert not any(KEY.encode() in data for data in (*everywhere, *blobs))
    assert KEY not in out + err


def refusals(lake: BuiltLake, server: Azurite) -> dict[str, tuple[BuiltLake, str]]:
    def reached(connection_string: str) -> BuiltLake:
        return replace(lake, environment={**lake.environment, "AZURE_STORAGE_CONNECTION_STRING": connection_string})

    good = server.connection_string
    return {
        "wrong key": (reached(good.replace(KEY, WRONG_KEY)), "Azure refused the credentials"),
        "server down": (reached(good.replace(server.endpoint, f"http://127.0.0.1:9/{ACCOUNT}")), "Azure could not be reached"),
        "wrong container": (replace(lake, url="az://not-there/lake"), "there is no container 'not-there'"),
    }


@pytest.mark.parametrize("case", ["wrong key", "server down", "wrong container"])
@pytest.mark.parametrize("command", ["build", "status", "sql select", "doctor", "land lake.toml"])
def test_a_store_that_refuses_is_one_sentence_and_an_exit_code(
    command: str, case: str, azure_lake: BuiltLake, emulator: Azurite, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "lake.toml").write_text("x", encoding="utf-8")
    lake, says = refusals(azure_lake, emulator)[case]
    code, out, err = run(lake, *command.split())
    assert code == 1
    assert says in " ".join((out + err).split())
    if command != "doctor":  # which also reports its other findings
        assert err.count("\n") == 1
    for secret in (KEY, WRONG_KEY, "Traceback"):
        assert secret not in out + err


def test_a_run_against_a_store_that_refuses_fails_with_the_sentence(
    azure_lake: BuiltLake, emulator: Azurite, tmp_path: Path
) -> None:
    """The other refusals are the same error with other words; a wrong key is the one that must not be in Dagster's history."""
    lake, says = refusals(azure_lake, emulator)["wrong key"]
    (tmp_path / "dagster.yaml").write_text("telemetry:\n  enabled: false\n", encoding="utf-8")
    report = run_job(replace(lake.settings, dagster_home=tmp_path), "olist")
    assert not report.succeeded
    assert says in report.failures[0]
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert kept
    assert not any(secret.encode() in data for data in kept for secret in (KEY, WRONG_KEY))


@pytest.mark.parametrize("landing_on_azure", [True, False])
def test_landing_and_lake_can_be_on_two_stores(landing_on_azure: bool, emulator: Azurite, tmp_path: Path) -> None:
    access = emulator.access(tmp_path / "cache")
    export = a_site(tmp_path / "export")
    files = [land_rows(export, "orders.csv", "orders", [order(1)]), land_rows(export, "items.csv", "order_items", [item(1)])]
    places = [emulator.container(), str(tmp_path / "here")]
    landing, root = places if landing_on_azure else reversed(places)
    site = with_few_tables(replace(a_site(tmp_path), lake=Lake(root, "olist", access, landing)), ["fct_orders"])
    assert {arrival.fate for arrival in land(site.lake, files)} == {"landed"}
    build(site)
    assert [info.path for info in open_store(landing, access).list("")] == ["items.csv", "orders.csv"]
    ingest(export)
    there, here = site.lake.log.head(), export.lake.log.head()
    assert {t: [f.hash for f in there.parts(t).values()] for t in BRONZE} == {
        t: [f.hash for f in here.parts(t).values()] for t in BRONZE
    }
    assert not any("landing" in info.path for info in open_store(root, access).list(""))


BRONZE = (TableId("bronze", "orders"), TableId("bronze", "order_items"))


def test_an_abfss_url_names_account_and_container_and_the_catalogue_uses_duckdbs_form(emulator: Azurite, tmp_path: Path) -> None:
    container = emulator.container().removeprefix("az://")
    access = Access(account=ACCOUNT, key=Secret(KEY), endpoint=emulator.endpoint, retries=0, cache=tmp_path / "cache")
    lake = Lake(f"abfss://{container}@{ACCOUNT}.dfs.core.windows.net/a/lake", "olist", access)
    orders = land_rows(a_site(tmp_path / "export"), "orders.csv", "orders", [order(1)])
    assert [arrival.fate for arrival in land(lake, [orders])] == ["landed"]
    build(with_few_tables(replace(a_site(tmp_path), lake=lake), ["fct_orders"]))
    with lake.store.opened("olist/catalog.duckdb") as catalog, duckdb.connect(str(catalog), read_only=True) as con:
        made = con.execute("select sql from duckdb_views() where view_name = 'fct_orders'").fetchall()[0][0]
    assert f"'abfss://{ACCOUNT}.dfs.core.windows.net/{container}/a/lake/olist/_store/gold/fct_orders/" in made
