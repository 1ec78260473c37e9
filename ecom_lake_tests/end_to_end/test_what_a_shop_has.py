"""Shops with few canonical files: the tables that they can fill are built, and the reason is stated for the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from ecom_lake.cli import main
from ecom_lake.definitions import build_definitions
from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.release.offer import gold_tables, left_out
from ecom_lake.engine.build.shop_context import alternatives
from ecom_lake.engine.build.step.outcome import Outcome
from ecom_lake.engine.contracts import registry
from ecom_lake.engine.contracts.registry import Definition
from ecom_lake.engine.dagster.run import run_job
from ecom_lake.engine.serve.answering import unanswerable
from ecom_lake.engine.serve.doctor import Finding, examine
from ecom_lake.engine.serve.released import released
from ecom_lake.errors import UserError
from ecom_lake.settings import load
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.canonical_shop import CanonicalShop

ORDERS = """order_id,customer_id,ordered_at,status
1,ana,2024-01-02 10:00:00,Delivered
2,ana,2024-02-10 10:00:00,CANCELLED
3,bob,2024-02-20 10:00:00,delivered
4,ana,2024-03-30 10:00:00,shipped
"""
ITEMS = """order_id,line,product_id,unit_price,quantity,discount
1,1,ball,10.00,2,1.50
2,1,ball,10.00,1,
3,1,doll,0.125,1,
4,1,doll,0.125,3,
4,2,ball,9.99,1,0.99
"""
COSTS = "product_id,category,unit_cost\nball,toys,4\ndoll,toys,0.05\n"
NO_COST = "Shop 'mine' does not state the cost of one unit to the shop: lake.toml lists products.unit_cost in `without`."


@pytest.fixture
def shop(tmp_path: Path) -> CanonicalShop:
    shop = CanonicalShop(tmp_path)
    shop.say()
    shop.land("orders.csv", ORDERS)
    shop.land("order_items.csv", ITEMS)
    return shop


@pytest.fixture
def needing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Sets the needs of a gold table; all other tables need nothing in this test."""
    native = registry._of_package

    def need(table: str, *needs: str) -> None:
        def needing(found: Definition) -> Definition:
            return replace(found, table=replace(found.table, needs=needs if found.table.name == table else ()))

        monkeypatch.setattr(registry, "_of_package", lambda domain, layer: tuple(map(needing, native(domain, layer))))

    return need


def test_orders_and_lines_alone_make_a_shop(shop: CanonicalShop) -> None:
    shop.build()
    found = shop.ask(
        "select order_id, status, is_valid, gross_sales, discounts, net_sales, payments, review_score from fct_orders"
    )
    money = {
        "1": ("20.00", "1.50", "18.50"),
        "2": ("10.00", "0.00", "10.00"),
        "3": ("0.13", "0.00", "0.13"),
        "4": ("10.37", "0.99", "9.38"),
    }
    statuses = {"1": "delivered", "2": "canceled", "3": "delivered", "4": "shipped"}
    expected = {(o, statuses[o], o != "2", *map(Decimal, money[o]), None, None) for o in money}
    assert set(found) == expected
    assert shop.ask("select customer_id, orders, net_sales from customer_metrics order by 1") == [
        ("ana", 2, Decimal("27.88")),
        ("bob", 1, Decimal("0.13")),
    ]
    assert shop.ask("select product_id, category from dim_product order by 1") == [("ball", "unknown"), ("doll", "unknown")]
    assert shop.ask("select count(cogs), count(gross_profit), count(return_rate), count(avg_review) from kpi_monthly") == [
        (0,) * 4
    ]


def test_orders_alone_are_orders_without_money(shop: CanonicalShop) -> None:
    (shop.landing / "order_items.csv").unlink()
    replace(shop, tables=("kpi_monthly",)).build()
    assert shop.ask("select sum(orders), sum(net_sales), sum(units) from kpi_monthly") == [(3, 0, 0)]


def test_every_need_names_a_silver_table_or_column() -> None:
    silver = {name: set(table.columns) for name, table in catalog.silver().items()}
    for table in catalog.gold().values():
        for need in table.needs:
            for name in alternatives(need):
                of, _, column = name.partition(".")
                assert of in silver and (not column or column in silver[of]), f"{table.name} needs {name}"


def test_a_table_with_an_unmet_need_is_not_built_and_the_reason_is_stated(
    shop: CanonicalShop, needing: Callable[..., None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    needing("rfm", "products.unit_cost")
    shop.say(without=["products.unit_cost"])
    shop.build()
    gold = {file.stem for file in (shop.root / "mine/gold").glob("*.parquet")}
    assert gold == set(gold_tables(shop.site)) and not {"rfm", "rfm_segments"} & gold
    assert left_out(shop.site)["rfm"] == NO_COST
    assert left_out(shop.site)["rfm_segments"] == f"It reads rfm, which is not built. {NO_COST}"
    assert NO_COST in _printed("tables", shop, capsys, monkeypatch)
    release = next(spec for spec in build_definitions(shop.settings).resolve_all_asset_specs() if spec.key.path[-1] == "release")
    assert f"| rfm | {NO_COST} |" in (release.description or "")


def test_a_table_is_built_once_the_shop_declares_that_it_has_the_column(
    shop: CanonicalShop, needing: Callable[..., None]
) -> None:
    needing("rfm", "products.unit_cost")
    shop.say(without=["products.unit_cost"])
    shop.build()
    shop.say()
    shop.land("products.csv", COSTS)
    shop.build()
    assert left_out(shop.site) == {}
    assert shop.ask("select count(*) from rfm") == [(2,)]
    shop.say(without=["products.unit_cost"])
    shop.build()
    assert not (shop.root / "mine/gold/rfm.parquet").exists(), (
        "the table is removed if the shop declares that it lacks the column"
    )


@pytest.mark.parametrize(
    ("without", "is_built"),
    [
        ([], True),
        (["products.unit_cost"], True),
        (["order_items.unit_cost"], True),
        (["products"], True),
        (["products.unit_cost", "order_items.unit_cost"], False),
        (["products", "order_items.unit_cost"], False),
    ],
)
def test_either_of_two_columns_is_sufficient(
    shop: CanonicalShop, needing: Callable[..., None], without: list[str], is_built: bool
) -> None:
    needing("rfm", "order_items.unit_cost or products.unit_cost")
    shop.say(without=without)
    assert ("rfm" in gold_tables(shop.site)) is is_built


@pytest.mark.parametrize("need", ["products.unit_cost or order_items.unit_cost", "products or reviews"])
def test_a_question_is_offered_where_the_shop_has_either_of_two(shop: CanonicalShop, need: str) -> None:
    question = f"""/*
title = "What do the units cost?"
needs = ["{need}"]
*/
select count(*) as orders from fct_orders
"""
    (shop.folder / "questions").mkdir()
    (shop.folder / "questions/unit-costs.sql").write_text(question, "utf-8")
    one, other = need.split(" or ")
    shop.say(without=[one])
    shop.build()
    entry = released(shop.site)
    assert "unit-costs" not in unanswerable(shop.site, entry)
    shop.say(without=[one, other])
    reason = unanswerable(shop.site, entry)["unit-costs"]
    assert one in reason and other in reason


def test_the_doctor_reports_an_empty_column_and_states_the_setting(
    shop: CanonicalShop, needing: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    needing("rfm", "products.unit_cost", "order_items.discount")
    shop.say(without=["payments"])
    shop.build()
    found = _columns(shop, monkeypatch)
    assert (found.state, found.says) == ("warn", "No values in products.unit_cost; tables built from them: rfm.")
    assert found.todo.endswith('without = ["payments", "products.unit_cost"].')
    shop.say(without=["payments", "products.unit_cost"])
    assert _columns(shop, monkeypatch).state == "ok"


def test_the_doctor_reports_a_filled_column_that_is_declared_absent(
    shop: CanonicalShop, needing: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    needing("rfm", "products.unit_cost")
    shop.land("products.csv", COSTS)
    shop.say(without=["payments", "products.unit_cost"])
    shop.build()
    found = _columns(shop, monkeypatch)
    assert found.says == "Values in products.unit_cost, which lake.toml declares as missing; tables not built: rfm."
    assert found.todo.endswith('without = ["payments"].')


UNDATED = ["orders.ordered_at"]
SURVEY = "\n".join(",".join(line.split(",")[:2] + line.split(",")[3:]) for line in ORDERS.splitlines())


def test_a_shop_without_dates_has_all_tables_except_those_over_time(shop: CanonicalShop) -> None:
    shop.land("orders.csv", SURVEY)
    shop.say(without=UNDATED)
    shop.build()
    assert shop.ask("select order_id, order_date, month, is_valid, net_sales from fct_orders order by 1") == [
        ("1", None, None, True, Decimal("18.50")),
        ("2", None, None, False, Decimal("10.00")),
        ("3", None, None, True, Decimal("0.13")),
        ("4", None, None, True, Decimal("9.38")),
    ]
    assert shop.ask("select customer_id, orders, purchases, net_sales, recency_days from customer_metrics order by 1") == [
        ("ana", 2, 2, Decimal("27.88"), None),
        ("bob", 1, 1, Decimal("0.13"), None),
    ]
    assert {"kpi_daily", "kpi_monthly", "revenue_waterfall", "rfm", "rfm_segments"} <= set(left_out(shop.site))
    assert {"fct_sales", "dim_customer", "kpi_summary", "basket_rules", "customer_segments"} <= set(gold_tables(shop.site))
    assert {file.name for file in (shop.root / "mine/silver/orders").iterdir()} == {"month=undated.parquet"}
    month_rules = shop.ask("select table_name, rule from quality_scorecard where layer = 'silver' and rule = 'month_missing'")
    having_months = [("order_index", "month_missing"), ("targets", "month_missing")]
    assert sorted(month_rules) == having_months, "a rule that does not apply to this shop must not be listed"


def test_a_shop_can_change_between_exports_with_and_without_dates(shop: CanonicalShop) -> None:
    """A file without dates is refused unless the shop declares them absent; dates that are declared absent are not read."""
    shop = replace(shop, tables=("fct_orders",))
    shop.land("orders.csv", SURVEY)
    [refused] = [check.says for outcome in build(shop.site) for check in outcome.checks if check.blocks]
    assert "lacks what orders needs: ordered_at" in refused
    shop.say(without=UNDATED)
    _all_read(shop.build())
    assert shop.ask("select count(*), count(order_date) from fct_orders") == [(4, 0)]
    shop.land("orders.csv", ORDERS)
    shop.build()
    assert shop.ask("select count(*), count(order_date) from fct_orders") == [(4, 0)]
    shop.say()
    config = shop.config.read_text(encoding="utf-8")  # from here on every row of the delivery without dates fails
    shop.config.write_text(config.replace("without", "max_failed_share = 1\nwithout"), encoding="utf-8")
    (shop.landing / "orders.csv").unlink()
    shop.build()
    assert shop.ask("select count(order_date), count(distinct month) from fct_orders") == [(4, 3)]
    assert len(list((shop.root / "mine/silver/orders").iterdir())) == 3


def _all_read(outcomes: list[Outcome]) -> None:
    check = next(check for outcome in outcomes for check in outcome.checks if check.name == "landing_accepted")
    assert check.passed, check.says


def test_dagster_builds_a_shop_without_dates(shop: CanonicalShop) -> None:
    shop.land("orders.csv", SURVEY)
    shop.say(without=UNDATED)
    report = run_job(shop.settings, "mine")
    assert report.succeeded, report.failures
    assert shop.ask("select count(*) from fct_orders") == [(4,)]


def test_an_export_format_with_required_dates_cannot_declare_them_absent(shop: CanonicalShop) -> None:
    shop.say(without=UNDATED)
    shop.config.write_text(shop.config.read_text().replace("canonical", "olist"))
    with pytest.raises(
        UserError, match=r"is without orders\.ordered_at, but the connector 'olist' needs it; remove it from without\."
    ):
        _ = shop.site


def _columns(shop: CanonicalShop, monkeypatch: pytest.MonkeyPatch) -> Finding:
    monkeypatch.setenv("ECOM_LAKE_CONFIG", str(shop.config))
    return next(finding for finding in examine(partial(load, str(shop.root)), "mine") if finding.what == "columns")


def _printed(command: str, shop: CanonicalShop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ECOM_LAKE_CONFIG", str(shop.config))
    assert main([command, "--shop", "mine", "--root", str(shop.root)]) == 0
    return " ".join(capsys.readouterr().out.split())
