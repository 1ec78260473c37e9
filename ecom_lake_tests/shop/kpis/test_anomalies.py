"""Clean shops raise no alarm, and every planted fault is found; `builders/synthetic_silver.py` measures more shops."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ecom_lake.engine.build.gold.table_file import settings_row
from ecom_lake.shop.kpis.anomalies_build import READS
from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.gold_table import make
from ecom_lake_tests.builders.synthetic_silver import (
    FAULTS,
    MONTH,
    SILVER,
    Fault,
    anomalies,
    clean_silver,
    false_alarms,
    plant,
    shop_of,
    standing_out,
)

SEEDS = (11, 12, 13)
ORDERS = 6_000
MOST_FALSE_ALARMS = 0.01
CUT_SHORT = "2018-10-01"
_SILVER = {table: catalog.silver()[table].schema for table in SILVER}


@pytest.fixture(scope="module", params=SEEDS)
def silver(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """Two years of a clean shop that grows and has a season."""
    return clean_silver(tmp_path_factory.mktemp("shop"), request.param, ORDERS)


@pytest.fixture(scope="module")
def con(silver: dict[str, pl.DataFrame]) -> Iterator[duckdb.DuckDBPyConnection]:
    with shop_of(silver) as con:
        yield con


@pytest.fixture
def faulty(con: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """A shop in which a test may plant a fault; the fixture restores it afterwards."""
    con.execute("begin")
    yield con
    con.execute("rollback")


def test_a_clean_history_raises_no_alarm(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    found = anomalies(con)
    alarms, tests = false_alarms(found)
    assert tests > 700
    assert not standing_out(found), "no fault is found where there is none"
    assert alarms <= MOST_FALSE_ALARMS * tests, found.filter("is_anomaly")["sentence"].to_list()
    assert set(found["kind"]) == {"volume", "freshness", "null_share", "category_share", "distribution"}
    written = make(con, "anomalies", tmp_path)
    assert_frame_equal(written, found.sort(written.columns[:5]), check_row_order=False)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("silver", SEEDS[:1], indirect=True)
def test_a_planted_fault_is_found(faulty: duckdb.DuckDBPyConnection, fault: Fault) -> None:
    plant(faulty, fault)
    assert fault.found_by in standing_out(anomalies(faulty))


@pytest.mark.parametrize("silver", SEEDS[:1], indirect=True)
def test_a_month_that_the_export_cuts_off_is_not_tested(faulty: duckdb.DuckDBPyConnection) -> None:
    faulty.execute(f"delete from orders where month = '{CUT_SHORT}' and day(ordered_at) > 10")
    found = anomalies(faulty)
    assert found["month"].max() == pl.Series([CUT_SHORT]).str.to_date()[0].replace(month=9)
    assert false_alarms(found)[0] == 0


@pytest.mark.parametrize("silver", SEEDS[:1], indirect=True)
def test_row_order_does_not_change_the_anomalies(faulty: duckdb.DuckDBPyConnection) -> None:
    before = anomalies(faulty)
    for table in READS:
        faulty.execute(f"create or replace table {table} as select * from {table} order by random()")
    assert_frame_equal(anomalies(faulty), before)


@pytest.mark.parametrize(("days", "is_judged"), [(59, False), (60, True)])
@pytest.mark.parametrize("silver", SEEDS[:1], indirect=True)
def test_reviews_of_a_month_are_tested_from_60_days_after_it(silver: dict[str, pl.DataFrame], days: int, is_judged: bool) -> None:
    """Before that, reviews may still arrive, so a July without reviews is not an anomaly. Afterwards it is one."""
    july = date.fromisoformat(MONTH)
    as_of = july.replace(month=8) + timedelta(days=days - 1)
    with shop_of(silver) as con:
        plant(con, next(fault for fault in FAULTS if fault.name == "no reviews came"))
        con.register("settings", settings_row(ShopSettings(as_of=as_of)).to_arrow())
        found = anomalies(con)
    of_reviews = found.filter(pl.col("month") == july, table_name="reviews", column_name="*")
    assert of_reviews["is_anomaly"].to_list() == [True] * is_judged
    assert july.replace(month=6) in found.filter(table_name="reviews")["month"]
    assert july in found.filter(table_name="orders", kind="volume")["month"], "values that no longer change are tested at once"


def test_an_empty_shop_has_no_rows() -> None:
    with shop_of({table: pl.DataFrame(schema=schema) for table, schema in _SILVER.items()}) as con:
        assert anomalies(con).is_empty()
