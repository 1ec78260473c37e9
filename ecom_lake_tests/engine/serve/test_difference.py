from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import WHOLE, TableId
from ecom_lake.engine.serve.difference import difference, last_two_releases
from ecom_lake.engine.serve.released import released
from ecom_lake.errors import UsageError
from ecom_lake_tests.builders.built_lake import BuiltLake

KPIS, MONTHLY = TableId("gold", "kpi_summary"), TableId("gold", "kpi_monthly")


def test_a_state_does_not_differ_from_itself(built_lake: BuiltLake) -> None:
    number = released(built_lake.site()).number
    same = difference(built_lake.site(), number, number)
    assert (same.tables, same.kpis) == ((), ())


KPIS, MONTHLY = TableId("gold", "kpi_summary"), TableId("gold", "kpi_monthly")


def test_one_more_order_changes_only_the_tables_and_kpis_that_depend_on_it(built_lake: BuiltLake, grown_lake: BuiltLake) -> None:
    site, before = grown_lake.site(), released(built_lake.site())
    found = difference(site, *last_two_releases(site))
    assert (found.before, found.after) == (before.number, released(site).number)
    changed = {one.table: one for one in found.tables}
    orders = changed["silver/orders"]
    known = grown_lake.truths.totals.orders
    assert (orders.rows_before, orders.rows_after, orders.parts) == (known, known + 1, 1)
    assert not {"silver/payments", "silver/products", "silver/sellers", "gold/dim_product"} & set(changed)
    kpis = pl.read_parquet(site.lake.paths(before, TableId("gold", "kpi_summary")), glob=False)
    old = dict(kpis.select("metric", pl.col("value").cast(pl.Float64)).iter_rows())
    moved = {kpi.metric: kpi for kpi in found.kpis}
    assert all(kpi.before == old[metric] and kpi.before != kpi.after for metric, kpi in moved.items())
    assert moved["orders"].difference == 1
    assert "net_sales" not in moved
    by_month = {(month, kpi.metric): kpi.difference for month, kpi in found.months}
    assert by_month == {("2017-02", "orders"): 1, ("2017-02", "customers"): 1}


KPIS, MONTHLY = TableId("gold", "kpi_summary"), TableId("gold", "kpi_monthly")


def test_added_and_removed_tables_and_kpis_have_no_number_on_one_side(built_lake: BuiltLake) -> None:
    found = difference(built_lake.site(), 1, released(built_lake.site()).number)
    assert {one.rows_before for one in found.tables} == {None}
    assert {kpi.before for kpi in found.kpis} == {None} == {kpi.difference for kpi in found.kpis}
    back = difference(built_lake.site(), found.after, 1)
    assert {one.rows_after for one in back.tables} == {None}


KPIS, MONTHLY = TableId("gold", "kpi_summary"), TableId("gold", "kpi_monthly")


def test_a_kpi_or_month_in_only_one_state_is_a_difference_in_both_directions(fresh_lake: BuiltLake) -> None:
    site = fresh_lake.site()
    full = released(site).number
    known = pl.read_parquet(site.lake.paths(site.lake.log.entry(full), KPIS), glob=False)
    [(unit, value)] = known.filter(metric="orders").select("unit", pl.col("value").cast(pl.Float64)).iter_rows()
    monthly = pl.read_parquet(site.lake.paths(site.lake.log.entry(full), MONTHLY), glob=False)
    [february] = monthly.filter(_MONTH == "2017-02")["orders"]
    _without(site, KPIS, pl.col("metric") == "orders")
    less = _without(site, MONTHLY, _MONTH == "2017-02")
    for old, new in ((full, less), (less, full)):
        found = difference(site, old, new)
        sides = (value, None) if old == full else (None, value)
        [gone] = found.kpis
        assert (gone.metric, gone.unit, (gone.before, gone.after), gone.difference) == ("orders", unit, sides, None)
        by_kpi = {kpi.metric: kpi for month, kpi in found.months if month == "2017-02"}
        assert {month for month, _ in found.months} == {"2017-02"}
        assert by_kpi.keys() == {"orders", "customers", "net_sales"}
        orders = by_kpi["orders"]
        assert (orders.before, orders.after) == ((february, None) if old == full else (None, february))
        assert (orders.unit, by_kpi["net_sales"].unit) == ("count", "money")


KPIS, MONTHLY = TableId("gold", "kpi_summary"), TableId("gold", "kpi_monthly")


_MONTH = pl.col("month").dt.strftime("%Y-%m")

KPIS, MONTHLY = TableId("gold", "kpi_summary"), TableId("gold", "kpi_monthly")


def _without(site: Site, table: TableId, rows: pl.Expr) -> int:
    """Commits a state in which a gold table has fewer rows; returns its number."""
    file = site.lake.log.head().parts(table)[WHOLE]
    with site.lake.scratch() as scratch:
        made = scratch / "made.parquet"
        pl.read_parquet(site.lake.local(file), glob=False).filter(~rows).write_parquet(made)
        less = site.lake.publish(made, table, WHOLE, replace(file, run=site.run), None)
    return site.lake.log.commit(lambda head: head.with_parts(table, {WHOLE: less}), site.run, "fewer rows").number


KPIS, MONTHLY = TableId("gold", "kpi_summary"), TableId("gold", "kpi_monthly")


def test_the_last_two_of_three_releases_are_compared(fresh_grown_lake: BuiltLake) -> None:
    site = fresh_grown_lake.site()
    _, second = last_two_releases(site)
    third = site.lake.log.commit(replace, site.run, "release", release=True)
    assert last_two_releases(site) == (second, third.number)


KPIS, MONTHLY = TableId("gold", "kpi_summary"), TableId("gold", "kpi_monthly")


def test_without_two_releases_the_message_states_that_there_is_nothing_to_compare(built_lake: BuiltLake) -> None:
    with pytest.raises(UsageError, match="There are not two releases to compare; `ecom-lake log`"):
        last_two_releases(built_lake.site())
    with pytest.raises(UsageError, match="There is no state 999; `ecom-lake log`"):
        difference(built_lake.site(), 1, 999)
