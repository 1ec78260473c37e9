"""The built tables equal the known truths of a synthetic shop: totals, late orders, bundles and invalid rows."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shop import generate
from ecom_lake.synth.truths import Truths
from ecom_lake_tests.builders.olist_files import a_site


@pytest.fixture(scope="module", params=[False, True], ids=["one dump", "a delivery per month"])
def shop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, Truths]:
    site = a_site(tmp_path_factory.mktemp("lake"), "2016-09-01", "2018-10-01")
    landing: Path = site.lake.store.local("olist/landing")
    landing.parent.mkdir(parents=True)
    truths = generate(landing, SynthOptions(orders=12_000, seed=3, by_month=request.param, broken=4))
    refused = [check.says for outcome in build(site) for check in outcome.checks if check.blocks]
    assert not refused
    return site, truths


def ask(site: Site, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(site.lake.store.local("olist/catalog.duckdb")), read_only=True) as con:
        return con.execute(query).fetchall()


def test_totals_to_the_cent(shop: tuple[Site, Truths]) -> None:
    site, truths = shop
    t = truths.totals
    asked = "select count(*), count(*) filter (where is_valid), sum(net_sales) filter (where is_valid) from fct_orders"
    assert ask(site, asked) == [(t.orders, t.valid_orders, Decimal(t.net_sales))]
    money = ask(site, "select sum(net_sales), sum(freight), sum(payments) from kpi_monthly")
    assert money == [(Decimal(t.net_sales), Decimal(t.freight), Decimal(t.payments))]
    counted = ask(
        site, "select (select count(*) from fct_sales), (select count(*) from dim_product), (select count(*) from dim_seller)"
    )
    assert counted == [(t.lines, t.products, t.sellers)]
    assert ask(site, "select count(*) from dim_customer where customer_id in (select customer_id from fct_orders)") == [
        (t.people,)
    ]


def test_every_month(shop: tuple[Site, Truths]) -> None:
    site, truths = shop
    found = ask(site, "select strftime(month, '%Y-%m'), placed_orders, orders, net_sales from kpi_monthly order by month")
    assert found == [(m.month, m.orders, m.valid_orders, Decimal(m.net_sales)) for m in truths.months]


def test_late_orders(shop: tuple[Site, Truths]) -> None:
    site, truths = shop
    found = ask(site, "select count(*) filter (where is_late), count(is_late) from fct_orders where is_valid")
    assert found == [(truths.totals.late_orders, truths.totals.delivered_orders)]


def test_the_waterfall_has_each_cause_of_a_payment_difference(shop: tuple[Site, Truths]) -> None:
    site, truths = shop
    found: dict[Any, Any] = dict(
        ask(site, "select step, sum(amount) from revenue_waterfall where step_order between 15 and 21 group by step")
    )
    planted = {cause: Decimal(difference.amount) for cause, difference in truths.payment_differences.items()}
    assert {step: amount for step, amount in found.items() if amount} == {c: a for c, a in planted.items() if a}


def test_planted_bundles_are_found_as_rules(shop: tuple[Site, Truths]) -> None:
    site, truths = shop
    itemsets = {str(items) for (items,) in ask(site, "select items from basket_itemsets where level = 'product' and size >= 2")}
    for bundle in truths.bundles:
        assert " + ".join(sorted(bundle.products)) in itemsets
        rules = ask(site, "select count(*) from basket_rules where level = 'product' and is_significant and lift > 1"
                          f" and consequent = '{bundle.products[0]}'")  # fmt: skip
        assert rules[0][0], bundle


def test_invalid_rows_are_rejected_quarantined_or_pending(shop: tuple[Site, Truths]) -> None:
    site, truths = shop
    asked = (
        "select file, rows_delivered, rejected, quarantined, pending, superseded from"
        " (select regexp_extract(file, '[^/]+$') as file, sum(rows_delivered) as rows_delivered, sum(rejected) as rejected,"
        " sum(quarantined) as quarantined, sum(pending) as pending, sum(superseded) as superseded from ledger group by 1)"
    )
    found = {str(name): tuple(map(int, counts)) for name, *counts in ask(site, asked)}
    for name, file in truths.files.items():
        assert found[name] == (file.records, file.rejected, file.quarantined, file.pending, file.superseded), name


def test_repeat_customers(shop: tuple[Site, Truths]) -> None:
    site, truths = shop
    asked = "select count(*), count(*) filter (where days >= 2) from (select customer_id, count(distinct order_date) as days"
    found = ask(site, f"{asked} from fct_orders where is_valid group by customer_id)")
    assert found == [(truths.totals.buyers, truths.totals.buyers_on_several_days)]
