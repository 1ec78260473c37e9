"""The plain view: the next build completes an interrupted one, and only one process publishes it at a time."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.due import due
from ecom_lake.engine.build.release import plain_view, release
from ecom_lake.engine.build.release.duckdb_catalog import write_catalog
from ecom_lake.engine.build.release.plain_view import damaged_files, is_up_to_date, update_plain_view
from ecom_lake.engine.build.release.release import roll_back
from ecom_lake.engine.serve.difference import last_two_releases
from ecom_lake_tests.builders.built_lake import ONE_MORE_ORDER, BuiltLake
from ecom_lake_tests.builders.monthly_facts import FACTS


def test_an_interrupted_rollback_is_completed_by_the_next_build(
    fresh_grown_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = fresh_grown_lake.site()
    old, _ = last_two_releases(site)

    def die(_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(release, "update_plain_view", die)
        with pytest.raises(KeyboardInterrupt):
            roll_back(site, old)
    assert due(site) == ["gold/release"]
    build(site)
    assert is_up_to_date(site, site.lake.log.entry(old))
    assert damaged_files(site, site.lake.log.entry(old)) == []


def test_a_view_that_is_interrupted_while_it_is_written_does_not_look_complete(
    fresh_grown_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = fresh_grown_lake.site()
    old, _ = last_two_releases(site)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(plain_view, "write_catalog", die)
        with pytest.raises(KeyboardInterrupt):
            roll_back(site, old)
    recorded = json.loads(site.lake.store.read("olist/release.json"))
    assert (recorded["release"], recorded["whole"]) == (old, False)
    update_plain_view(site)
    assert is_up_to_date(site, site.lake.log.entry(old))


def test_a_truncated_plain_file_is_copied_again(fresh_grown_lake: BuiltLake) -> None:
    site = fresh_grown_lake.site()
    released = site.lake.log.released()
    assert released
    file = fresh_grown_lake.root / "olist/gold/rfm.parquet"
    file.write_bytes(file.read_bytes()[:-9])
    update_plain_view(site)
    assert damaged_files(site, released) == []


def test_concurrent_rollbacks_end_with_the_plain_view_of_the_current_release(
    fresh_grown_lake: BuiltLake, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process publishes a release while another rolls back: the second one waits for the first."""
    site = fresh_grown_lake.site()
    old, new = last_two_releases(site)
    roll_back(site, old)
    release.unpin(site)
    build(site)
    real, other = write_catalog, threading.Thread(target=roll_back, args=(fresh_grown_lake.site(), old))

    def slow(*given: Any) -> None:
        if not other.ident:
            other.start()
        real(*given)

    with monkeypatch.context() as during:
        during.setattr(plain_view, "write_catalog", slow)
        plain_view.invalidate(site)
        update_plain_view(site)
        other.join()
    shown = site.lake.log.released()
    assert shown is not None and shown.number == old != new
    assert is_up_to_date(site, shown)
    assert damaged_files(site, shown) == []


def facts_on_disk(lake: BuiltLake) -> set[str]:
    gold = lake.root / "olist/gold"
    return {
        path.relative_to(gold).as_posix() for path in gold.rglob("*.parquet") if path.relative_to(gold).parts[0][:4] == "fct_"
    }


MONTHS = {f"{table}/month=2017-0{n}.parquet" for table in FACTS for n in range(1, 5)}
OTHERS = {"fct_payments.parquet", "fct_refunds.parquet"}


def test_the_setting_decides_whether_monthly_facts_are_also_single_files(
    fresh_grown_lake: BuiltLake, caplog: pytest.LogCaptureFixture
) -> None:
    site = fresh_grown_lake.site()
    singles = {f"{table}.parquet" for table in FACTS}
    assert facts_on_disk(fresh_grown_lake) == MONTHS | OTHERS | singles
    assert due(site) == []
    without = replace(site, plain_fact_files=False)
    assert due(without) == ["gold/release"]
    build(without)
    assert facts_on_disk(fresh_grown_lake) == MONTHS | OTHERS
    assert due(without) == []
    assert due(site) == ["gold/release"]
    caplog.clear()
    build(site)
    assert facts_on_disk(fresh_grown_lake) == MONTHS | OTHERS | singles
    [line] = [record.getMessage() for record in caplog.records if "single files written" in record.getMessage()]
    assert line.startswith("olist gold/release single files written") and "files=2 seconds=" in line and "cpu_seconds=" in line


@pytest.mark.parametrize("table", FACTS)
def test_a_single_file_has_the_rows_of_the_months_sorted_by_key(built_lake: BuiltLake, table: str) -> None:
    gold = built_lake.root / "olist/gold"
    single = pl.read_parquet(gold / f"{table}.parquet")
    months = pl.read_parquet(gold / table / "*.parquet", hive_partitioning=False)
    key = built_lake.site().registry.table(table).key
    assert single.equals(months.sort(key))
    assert single.height == sum(pl.read_parquet(path).height for path in (gold / table).iterdir()) > 0


def test_a_single_file_is_written_again_only_if_its_table_changed(fresh_grown_lake: BuiltLake) -> None:
    site = fresh_grown_lake.site()
    sales, orders = (fresh_grown_lake.root / f"olist/gold/fct_{name}.parquet" for name in ("sales", "orders"))
    before = {path: path.stat().st_mtime_ns for path in (sales, orders)}
    (fresh_grown_lake.landing / "one_more.csv").write_text(ONE_MORE_ORDER.replace("new", "newer"), encoding="utf-8")
    build(site)
    assert sales.stat().st_mtime_ns == before[sales], "the new order has no lines"
    assert orders.stat().st_mtime_ns != before[orders]
    assert "newer" in pl.read_parquet(orders)["order_id"].to_list()


def test_a_changed_single_file_is_damage_and_is_replaced(fresh_grown_lake: BuiltLake) -> None:
    site = fresh_grown_lake.site()
    released = site.lake.log.released()
    assert released is not None and damaged_files(site, released) == []
    single = fresh_grown_lake.root / "olist/gold/fct_sales.parquet"
    content = single.read_bytes()
    single.write_bytes(content[:-9] + bytes(9))
    assert damaged_files(site, released) == ["gold/fct_sales.parquet"]
    single.write_bytes(b"a careless writer")
    assert due(site) == ["gold/release"]
    build(site)
    assert single.read_bytes() == content
