"""The marts of the real Olist shop, held against what plain Polars makes of the files themselves."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from ecom_lake_tests.marts.hand_shop import MARTS
from ecom_lake_tests.marts.shop import Shop, Silver, olist_folder, olist_silver

pytestmark = pytest.mark.olist
AS_OF = date(2018, 8, 31)


@pytest.fixture(scope="module")
def folder() -> Path:
    found = olist_folder()
    if found is None:
        pytest.skip("the real Olist files are not here: set ECOM_LAKE_OLIST to the folder that holds them")
    return found


@pytest.fixture(scope="module")
def silver(folder: Path) -> Silver:
    return olist_silver(folder)


@pytest.fixture(scope="module")
def shop(silver: Silver) -> Shop:
    return Shop(silver)


@pytest.fixture(scope="module")
def orders(folder: Path) -> pl.DataFrame:
    """Every order with its person, straight from the files."""
    raw = pl.read_csv(folder / "olist_orders_dataset.csv", infer_schema=False)
    people = pl.read_csv(folder / "olist_customers_dataset.csv", infer_schema=False)
    return raw.join(people, on="customer_id").select(
        "order_id",
        "customer_unique_id",
        "order_status",
        is_valid=~pl.col("order_status").is_in(["canceled", "unavailable"]),
        day=pl.col("order_purchase_timestamp").str.head(10).str.to_date(),
        delivered=pl.col("order_delivered_customer_date").str.head(10).str.to_date(),
        promised=pl.col("order_estimated_delivery_date").str.head(10).str.to_date(),
    )


@pytest.fixture(scope="module")
def items(folder: Path) -> pl.DataFrame:
    money = pl.col("price", "freight_value").cast(pl.Decimal(18, 2))
    return pl.read_csv(folder / "olist_order_items_dataset.csv", infer_schema=False).with_columns(money)


@pytest.fixture(scope="module")
def payments(folder: Path) -> pl.DataFrame:
    paid = pl.read_csv(folder / "olist_order_payments_dataset.csv", infer_schema=False)
    return paid.with_columns(pl.col("payment_value").cast(pl.Decimal(18, 2)))


def test_every_promise_and_identity_holds(shop: Shop) -> None:
    assert shop.broken_promises() == []
    assert shop.broken_identities() == set()


def test_no_row_is_lost_or_made(shop: Shop) -> None:
    counts = "select (select count(*) from fct_orders), (select count(*) from fct_sales), (select count(*) from dim_customer)"
    assert shop.ask(counts) == [(99_441, 112_650, 96_096)]
    assert shop.ask("select count(*) from fct_orders where items = 0") == [(775,)]
    assert shop.ask("select count(*) from fct_orders where payment_count = 0") == [(1,)]


def test_the_complete_months_are_known(shop: Shop) -> None:
    complete = "select min(month), max(month), count(*) from kpi_monthly where is_complete"
    assert shop.ask(complete) == [(date(2017, 1, 1), date(2018, 8, 1), 20)]
    assert shop.ask("select min(month), max(month), count(*) from kpi_monthly") == [(date(2016, 9, 1), date(2018, 10, 1), 26)]
    assert shop.ask("select date from dim_date where is_as_of") == [(AS_OF,)]
    grown = "select min(month) filter (where net_sales_mom is not null), min(month) filter (where net_sales_yoy is not null),"
    assert shop.ask(f"{grown} max(month) filter (where net_sales_mom is not null) from kpi_monthly") == [
        (date(2017, 2, 1), date(2018, 1, 1), date(2018, 8, 1))
    ]


def test_money_is_that_of_the_files(shop: Shop, orders: pl.DataFrame, items: pl.DataFrame) -> None:
    sold = items.join(orders.filter("is_valid"), on="order_id").with_columns(month=pl.col("day").dt.truncate("1mo"))
    by_month = sold.group_by("month").agg(pl.col("price").sum(), pl.col("freight_value").sum()).sort("month")
    made = shop.ask("select month, net_sales, freight from kpi_monthly where units > 0 order by month")
    assert made == by_month.rows()
    assert shop.ask("select sum(net_sales) from kpi_monthly") == [(Decimal("13494400.74"),)]


def test_payments_are_not_multiplied_by_items(shop: Shop, items: pl.DataFrame, payments: pl.DataFrame) -> None:
    trap = items.join(payments, on="order_id")["payment_value"].sum()
    assert int(trap) // 100_000 == 203  # 20.3 million
    assert shop.ask("select sum(payments) from fct_orders") == [(payments["payment_value"].sum(),)]


def test_who_is_new_and_who_comes_back(shop: Shop, orders: pl.DataFrame) -> None:
    valid = orders.filter("is_valid").with_columns(month=pl.col("day").dt.truncate("1mo"))
    first = valid.group_by("customer_unique_id").agg(pl.col("month").min().alias("first"))
    people = valid.join(first, on="customer_unique_id").group_by("month")
    expected = people.agg(
        pl.col("customer_unique_id").n_unique().alias("customers"),
        pl.col("customer_unique_id").filter(pl.col("month") == pl.col("first")).n_unique().alias("new_customers"),
    ).sort("month")
    made = shop.ask("select month, customers, new_customers from kpi_monthly where orders > 0 order by month")
    assert made == expected.rows()


def test_split_orders_are_one_purchase(shop: Shop, orders: pl.DataFrame) -> None:
    valid = orders.filter("is_valid")
    assert shop.ask("select count(previous_order_date), count(gap_days) from fct_orders") == [(3_217, 3_217 - 930)]
    purchases = valid.unique(["customer_unique_id", "day"]).group_by("customer_unique_id").len()
    twice = purchases.filter(pl.col("len") >= 2).height
    counted = shop.ask("select count(*) from fct_orders where purchase_number = 2 and opens_purchase")
    assert counted == [(twice,)]
    days = valid.unique(["customer_unique_id", "day"]).filter(pl.col("day") <= AS_OF).group_by("customer_unique_id").len()
    rate = days.filter(pl.col("len") >= 2).height / days.height
    assert shop.ask("select value from kpi_summary where metric = 'repeat_purchase_rate'") == [(rate,)]


def test_lateness_is_a_matter_of_days(shop: Shop, orders: pl.DataFrame) -> None:
    delivered = orders.filter((pl.col("order_status") == "delivered") & pl.col("delivered").is_not_null())
    late = delivered.filter(pl.col("delivered") > pl.col("promised")).height
    assert shop.ask("select count(*) filter (where is_late), count(is_late) from fct_orders") == [(late, delivered.height)]


def test_the_latest_review_of_an_order_counts_once(shop: Shop, silver: Silver) -> None:
    order = ["answered_at", "created_at", "review_id"]
    latest = silver["reviews"].sort(order, descending=True, nulls_last=True).unique("order_id", keep="first", maintain_order=True)
    made = shop.table("fct_orders").filter(pl.col("review_score").is_not_null()).select("order_id", "review_score")
    assert made.rows() == latest.sort("order_id").select("order_id", "score").rows()


def test_people_are_scored_as_defined(shop: Shop, orders: pl.DataFrame, items: pl.DataFrame) -> None:
    until = orders.filter(pl.col("is_valid") & (pl.col("day") <= AS_OF))
    spent = items.group_by("order_id").agg(pl.col("price").sum())
    people = (
        until.join(spent, on="order_id", how="left")
        .group_by("customer_unique_id")
        .agg(pl.col("day").max(), pl.col("day").n_unique().alias("f"), pl.col("price").sum())
    )

    def score(column: str) -> pl.Expr:
        return (1 + 5 * (pl.col(column).rank("min").cast(pl.Int64) - 1) // pl.len()).cast(pl.Int64)

    expected = people.select(
        "customer_unique_id", score("day").alias("r"), pl.col("f").clip(1, 5).cast(pl.Int64), m=score("price")
    )
    made = shop.table("rfm").select("customer_id", "r", "f", "m")
    assert made.rows() == expected.sort("customer_unique_id").rows()
    assert shop.ask("select sum(customers) from rfm_segments") == [(people.height,)]


def test_the_waterfall_accounts_for_every_difference(shop: Shop) -> None:
    steps = dict(shop.ask("select step, sum(amount) from revenue_waterfall group by step"))
    assert steps["no_payment"] == Decimal("-143.46")  # one delivered order
    assert steps["no_lines"] == Decimal("915.06")  # eight valid orders
    assert steps["payments"] - steps["gmv"] == sum(
        steps[cause] for cause in ("no_lines", "no_payment", "rounding", "instalment_interest", "overpaid", "underpaid")
    )
    assert shop.ask("select count(*) from revenue_waterfall where closes is not true") == [(0,)]


def test_what_olist_cannot_know_is_null(shop: Shop) -> None:
    unknown = "returned_orders", "returned_sales", "return_rate", "return_share", "cogs", "gross_profit", "margin"
    counted = ", ".join(f"count({column})" for column in unknown)
    assert shop.ask(f"select {counted} from kpi_monthly") == [(0,) * len(unknown)]


@pytest.mark.parametrize("threads", [1, 4])
def test_neither_threads_nor_the_order_of_rows_matter(shop: Shop, silver: Silver, threads: int) -> None:
    shuffled = {name: frame.sample(fraction=1, shuffle=True, seed=threads) for name, frame in silver.items()}
    other = Shop(shuffled, threads)
    assert [name for name in MARTS if not other.table(name).equals(shop.table(name))] == []
