"""Every export that a map ships for, from its files to gold: the planted truths, in two deliveries and with a closed ledger."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.shop_context import open_site
from ecom_lake.settings import load
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shapes.every_shape import SHAPES
from ecom_lake.synth.shapes.shape import SHOP_ZONE
from ecom_lake.synth.shapes.shape_shop import generate_shape
from ecom_lake.synth.shapes.truths import ShapeTruths

CONFIG = """
[shops.mine]
map = "{shape}"
timezone = "{zone}"
{dates}
"""
KEY = "a key of this test, long enough"


@pytest.mark.parametrize("shape", SHAPES)
def test_the_truths_are_found_in_gold(shape: str, tmp_path: Path) -> None:
    options = SynthOptions(orders=120, seed=5, shape=shape, by_month=True, first_month="2017-11", last_month="2018-01")
    truths = generate_shape(tmp_path / "export", options)
    config = tmp_path / "lake.toml"
    dates = 'first_month = "2017-11"' if truths.months else 'without = ["orders.ordered_at"]'
    config.write_text(CONFIG.format(shape=shape, zone=SHOP_ZONE, dates=dates), "utf-8")
    settings = load(str(tmp_path / "data"), {"ECOM_LAKE_CONFIG": str(config), "ECOM_LAKE_PSEUDONYM_KEY": KEY})
    *earlier, last = sorted((tmp_path / "export").iterdir())
    for deliveries in (earlier, [last]):
        for folder in deliveries:
            shutil.copytree(folder, tmp_path / "data/mine/landing" / folder.name)
        made = build(open_site(settings, "mine"))
        assert [check.says for outcome in made for check in outcome.checks if check.blocks] == []
    with duckdb.connect(str(tmp_path / "data/mine/catalog.duckdb"), read_only=True) as con:
        assert_truths(con, truths)


def assert_truths(con: duckdb.DuckDBPyConnection, truths: ShapeTruths) -> None:
    totals = truths.totals
    found = con.execute(
        "select count(*), count(*) filter (where is_valid), sum(net_sales) filter (where is_valid),"
        " coalesce(sum(units) filter (where is_valid), 0), count(*) filter (where customer_id is null) from fct_orders"
    ).fetchone()
    assert found == (totals.orders, totals.valid_orders, Decimal(totals.net_sales), totals.units, totals.anonymous_orders)
    [(known,)] = con.execute("select count(distinct customer_id) from fct_orders").fetchall()
    assert known == truths.customers
    if truths.months:
        months = con.execute("select strftime(month, '%Y-%m'), net_sales from kpi_monthly where orders > 0").fetchall()
        expected = {name: Decimal(month.net_sales) for name, month in truths.months.items() if Decimal(month.net_sales)}
        assert {month: sales for month, sales in months if sales} == expected
    if totals.refunds:
        refunds = con.execute("select count(*), sum(amount) from fct_refunds").fetchone()
        assert refunds == (totals.refunds, Decimal(totals.refunded))
    ledger = con.execute(
        "select count(*) from ledger where rows_delivered <>"
        " rejected + quarantined + pending + superseded + collapsed + left_out + published"
    ).fetchone()
    assert ledger == (0,)
    delivered = con.execute("select sum(rows) from (select max(rows_delivered) as rows from ledger group by sequence)").fetchone()
    assert delivered == (sum(truths.records.values()),)
