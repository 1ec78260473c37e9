"""The same tables without the lake: Polars and DuckDB calls in one script, optimized for speed.

No orchestration, audit, ledger, log or quarantine: it trusts its input, and what it leaves behind when it fails is anybody's
guess. What a number means it takes from where that is defined (the gold SELECTs, the spelling of cities, the itemsets and
segments), so that it differs from the lake in everything but its answers.

    python benchmarks/bare.py INPUT_DIR OUTPUT_DIR

Prints one line of JSON: seconds of start-up and of work, in all and stage by stage, and the rows of every table.
"""

from __future__ import annotations

import time

STARTED = time.perf_counter()

import json  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable, Mapping, Sequence  # noqa: E402
from pathlib import Path  # noqa: E402

import duckdb  # noqa: E402
import polars as pl  # noqa: E402

from benchmarks.agree import WITHOUT_COUNTERPART  # noqa: E402
from ecom_lake.engine.build.gold.python_table import Made, build, fit  # noqa: E402
from ecom_lake.engine.build.gold.table_file import all_fits, conformed, settings_row  # noqa: E402
from ecom_lake.engine.build.shop_context import alternatives  # noqa: E402
from ecom_lake.engine.contracts.fitted import Past  # noqa: E402
from ecom_lake.engine.contracts.recipe import MODEL_FITS, MODEL_SNAPSHOTS, SETTINGS, Recipe  # noqa: E402
from ecom_lake.engine.contracts.table import Table  # noqa: E402
from ecom_lake.settings import load  # noqa: E402
from ecom_lake.shop.connectors.olist import OLIST  # noqa: E402
from ecom_lake.shop.connectors.olist.names import STATE_REGIONS, clean_city  # noqa: E402
from ecom_lake_tests.catalog import gold, in_order, recipe, registry, silver  # noqa: E402

SECOND = "%Y-%m-%d %H:%M:%S"
SETTINGS_OF_SHOP = load(environment={"ECOM_LAKE_CONFIG": str(Path(__file__).parents[1] / "lake.toml")}).shop("olist")
NO_SALE = ("canceled", "unavailable")
STATUSES = ("created", "approved", "processing", "invoiced", "shipped", "delivered", *NO_SALE)


class Shop:
    """The nine files, one DuckDB session, and a folder each for silver and gold."""

    def __init__(self, source: Path, target: Path) -> None:
        self.source, self.silver, self.gold = source, target / "silver", target
        self.silver.mkdir(parents=True, exist_ok=True)
        self.con = duckdb.connect()
        self.con.execute("set preserve_insertion_order = false")
        self.seconds: dict[str, float] = {}
        self.cpu: dict[str, float] = {}
        self.rows: dict[str, int] = {}

    def csv(self, name: str) -> pl.LazyFrame:
        return pl.scan_csv(self.source / f"{name}.csv", infer_schema=False)

    def sink(self, frame: pl.LazyFrame, table: str) -> None:
        file = self.silver / f"{table}.parquet"
        frame.with_columns(*unknown(table, frame.collect_schema().names())).sink_parquet(file, compression="snappy")
        self.view(table, file)

    def copy(self, query: str, table: str, folder: Path) -> None:
        file = folder / f"{table}.parquet"
        [(self.rows[table],)] = self.con.execute(f"copy ({query}) to '{file}' (format parquet, compression snappy)").fetchall()
        self.view(table, file)

    def view(self, table: str, file: Path) -> None:
        self.con.execute(f"create or replace view {table} as select * from '{file}'")

    def without_rows(self, table: Table) -> None:
        columns = ", ".join(f"null::{column.kind.duckdb} as {column.name}" for column in table.columns.values())
        self.con.execute(f"create or replace view {table.name} as select {columns} where false")

    def timed(self, stage: str, work: Callable[[Shop], None]) -> None:
        started, cpu = time.perf_counter(), time.process_time()
        work(self)
        self.seconds[stage] = round(time.perf_counter() - started, 3)
        self.cpu[stage] = round(time.process_time() - cpu, 3)


# Silver: the nine files, typed and cleaned.


def unknown(table: str, known: Sequence[str]) -> list[pl.Expr]:
    """The columns of a silver table that Olist does not export."""
    return [pl.lit(None, column.kind.polars).alias(name) for name, column in silver()[table].columns.items() if name not in known]


def text(column: str) -> pl.Expr:
    trimmed = pl.col(column).str.strip_chars()
    return pl.when(trimmed != "").then(trimmed)


def moment(column: str) -> pl.Expr:
    return pl.col(column).str.to_datetime(SECOND, time_unit="us")


def money(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.Decimal(18, 2))


def spellings(frame: pl.LazyFrame) -> pl.LazyFrame:
    """The one spelling of each city; there are few, however many rows name them."""
    found = frame.select("city", "state").unique().collect()
    return found.with_columns(
        clean=pl.Series([clean_city(*pair) for pair in found.iter_rows()], dtype=pl.String),
        region=pl.col("state").replace_strict(STATE_REGIONS, default=None, return_dtype=pl.String),
    ).lazy()


def with_clean_city(frame: pl.LazyFrame) -> pl.LazyFrame:
    return frame.join(spellings(frame), on=["city", "state"], how="left", nulls_equal=True).drop("city").rename({"clean": "city"})


def address(frame: pl.LazyFrame, of: str) -> pl.LazyFrame:
    return with_clean_city(frame.rename({f"{of}_zip_code_prefix": "zip", f"{of}_city": "city", f"{of}_state": "state"}))


def orders(shop: Shop) -> None:
    aliases = address(shop.csv("olist_customers_dataset"), "customer")
    ordered, *later = stages = ("ordered_at", "approved_at", "shipped_at", "delivered_at")
    in_turn = (pl.col(stage) >= pl.max_horizontal(stages[:n]) for n, stage in enumerate(later, 1))
    placed = (
        shop.csv("olist_orders_dataset")
        .join(aliases, on="customer_id", how="left")
        .select(
            "order_id",
            pl.col("customer_unique_id").alias("customer_id"),
            moment("order_purchase_timestamp").alias("ordered_at"),
            moment("order_approved_at").alias("approved_at"),
            moment("order_delivered_carrier_date").alias("shipped_at"),
            moment("order_delivered_customer_date").alias("delivered_at"),
            moment("order_estimated_delivery_date").alias("promised_at"),
            pl.when(pl.col("order_status").is_in(STATUSES)).then("order_status").otherwise(pl.lit("unknown")).alias("status"),
            text("order_status").alias("source_status"),
            "city",
            "state",
            "region",
            pl.lit("BR").alias("country"),
            "zip",
            pl.lit(None, pl.String).alias("channel"),
        )
        .with_columns(
            month=pl.col(ordered).dt.date().dt.truncate("1mo"),
            is_valid=~pl.col("status").is_in(NO_SALE),
            is_timeline_sound=pl.all_horizontal(step.fill_null(True) for step in in_turn),
        )
    )
    shop.sink(placed, "orders")


def customers(shop: Shop) -> None:
    """A customer has the address of the latest order, which is searched for customers with several orders only."""
    shop.copy(
        """
        with several as (select customer_id from orders group by customer_id having count(*) > 1),
        latest as (
            select * from orders semi join several using (customer_id)
            qualify row_number() over (partition by customer_id order by ordered_at desc, order_id desc) = 1
        )
        select
            customer_id, null::timestamp as registered_at, null::bigint as age, null::text as gender, city, state, region,
            country, zip, null::text as source_segment, null::boolean as is_subscriber, null::bigint as prior_purchases,
            null::bigint as purchase_frequency_days
        from (select * from orders anti join several using (customer_id) union all by name select * from latest)
        """,
        "customers",
        shop.silver,
    )


def order_items(shop: Shop) -> None:
    lines = shop.csv("olist_order_items_dataset").select(
        "order_id",
        pl.col("order_item_id").cast(pl.Int64).alias("line"),
        "product_id",
        "seller_id",
        pl.lit(1, pl.Int64).alias("quantity"),
        pl.col("price").cast(pl.Decimal(18, 4)).alias("unit_price"),
        money("price").alias("gross_sales"),
        pl.lit("0").cast(pl.Decimal(18, 2)).alias("discount"),
        money("freight_value").alias("freight"),
        pl.lit(None, pl.Decimal(18, 4)).alias("unit_cost"),
        pl.lit(True).alias("is_valid"),
        pl.lit(None, pl.Boolean).alias("is_returned"),
    )
    shop.sink(lines, "order_items")


def payments(shop: Shop) -> None:
    paid = shop.csv("olist_order_payments_dataset").select(
        "order_id",
        pl.col("payment_sequential").cast(pl.Int64).alias("sequence"),
        pl.col("payment_type").replace("not_defined", "unknown").alias("method"),
        pl.col("payment_installments").cast(pl.Int64).clip(lower_bound=1).alias("instalments"),
        money("payment_value").alias("amount"),
        pl.lit("unknown").alias("status"),
    )
    shop.sink(paid, "payments")


def reviews(shop: Shop) -> None:
    said = shop.csv("olist_order_reviews_dataset").select(
        "review_id",
        "order_id",
        pl.col("review_score").cast(pl.Float64).alias("score"),
        pl.lit(False).alias("is_score_imputed"),
        text("review_comment_title").alias("title"),
        text("review_comment_message").str.replace_all("\r\n", "\n", literal=True).alias("comment"),
        moment("review_creation_date").alias("created_at"),
        moment("review_answer_timestamp").alias("answered_at"),
    )
    shop.sink(said, "reviews")


def products(shop: Shop) -> None:
    english = shop.csv("product_category_name_translation")
    number = {"weight_g": "product_weight_g", **{f"{side}_cm": f"product_{side}_cm" for side in ("length", "height", "width")}}
    sold = (
        shop.csv("olist_products_dataset")
        .join(english, on="product_category_name", how="left")
        .select(
            "product_id",
            pl.lit(None, pl.String).alias("name"),
            pl.coalesce("product_category_name_english", "product_category_name", pl.lit("unknown")).alias("category"),
            pl.lit(None, pl.String).alias("brand"),
            pl.lit(None, pl.Decimal(18, 4)).alias("unit_cost"),
            pl.lit(None, pl.Decimal(18, 4)).alias("list_price"),
            *(pl.col(given).cast(pl.Float64).replace(0, None).alias(name) for name, given in number.items()),
            pl.col("product_photos_qty").cast(pl.Int64).alias("photos"),
        )
    )
    shop.sink(sold, "products")


def sellers(shop: Shop) -> None:
    shop.sink(address(shop.csv("olist_sellers_dataset"), "seller").select("seller_id", "city", "state", "zip"), "sellers")


def places(shop: Shop) -> None:
    points = shop.csv("olist_geolocation_dataset").select(
        pl.col("geolocation_zip_code_prefix").alias("zip"),
        pl.col("geolocation_lat").cast(pl.Float64).alias("lat"),
        pl.col("geolocation_lng").cast(pl.Float64).alias("lng"),
        pl.col("geolocation_city").alias("city"),
        pl.col("geolocation_state").alias("state"),
    )
    in_brazil = pl.col("lat").is_between(-34, 6) & pl.col("lng").is_between(-74, -32)
    centre = points.group_by("zip").agg(pl.col("lat", "lng").filter(in_brazil).median(), points=pl.len().cast(pl.Int64))
    centres, votes = pl.collect_all([centre, points.group_by("zip", "city", "state").agg(votes=pl.len())])
    cast = with_clean_city(votes.lazy())
    named = centres.lazy().join(majority(cast, "city"), on="zip", how="left").join(majority(cast, "state"), on="zip", how="left")
    shop.sink(named.select("zip", "lat", "lng", "city", "state", "points"), "places")


def majority(votes: pl.LazyFrame, name: str) -> pl.LazyFrame:
    counted = votes.drop_nulls(name).group_by("zip", name).agg(pl.col("votes").sum())
    best = counted.sort("zip", "votes", name, descending=[False, True, False])
    return best.unique("zip", keep="first", maintain_order=True).select("zip", name)


# Gold: the SELECTs and functions that define the tables, each over the Parquet of those that it reads.


def recipes() -> dict[str, Callable[[Shop], None]]:
    """How each gold table is built, after the tables that it reads; tables built together are in one entry."""
    found = {how.table: how for how in map(recipe, in_order())}
    lacking = {table for table, contract in gold().items() if any(map(is_lacking, contract.needs))}
    left_out = lacking | WITHOUT_COUNTERPART
    return {table: empty(table) if table in left_out else mart(how) if how.sql else model(how) for table, how in found.items()}


def is_lacking(need: str) -> bool:
    return all(column in OLIST.absent for column in alternatives(need))


def empty(table: str) -> Callable[[Shop], None]:
    return lambda shop: shop.without_rows(gold()[table])


def mart(how: Recipe) -> Callable[[Shop], None]:
    def work(shop: Shop) -> None:
        if MODEL_FITS in how.names:
            shop.con.execute(f"create or replace view {MODEL_FITS} as {all_fits(registry())}")
        shop.copy(str(how.sql), how.table, shop.gold)

    return work


def model(how: Recipe) -> Callable[[Shop], None]:
    def work(shop: Shop) -> None:
        for table, rows in made(how, shop.con).items():
            shop.copy(conformed(shop.con, rows, gold()[table]), table, shop.gold)

    return work


def made(how: Recipe, con: duckdb.DuckDBPyConnection) -> Mapping[str, Made]:
    if how.fit is None:
        return {how.table: build(str(how.module), con, SETTINGS_OF_SHOP.mining)}
    return fit(str(how.module), how.fit, con, SETTINGS_OF_SHOP.mining, Past())


SILVER: dict[str, Callable[[Shop], None]] = {
    "orders": orders,
    "customers": customers,
    "order_items": order_items,
    "payments": payments,
    "reviews": reviews,
    "products": products,
    "sellers": sellers,
    "places": places,
}


def unchanged_models() -> pl.DataFrame:
    """The view of what changed since the models ran: they have just run."""
    models = list(registry().fits)
    return pl.DataFrame(
        {"model": models, "customers_changed": 0, "net_sales_changed": pl.Series(["0"] * len(models)).cast(pl.Decimal(18, 2))}
    )


def main() -> None:
    source, target = map(Path, sys.argv[1:3])
    made_by = {**SILVER, **recipes()}
    begun = time.perf_counter()
    shop = Shop(source, target)
    shop.con.register(SETTINGS, settings_row(SETTINGS_OF_SHOP.numbers).to_arrow())
    shop.con.register(MODEL_SNAPSHOTS, unchanged_models().to_arrow())
    for table in silver().keys() - SILVER.keys():
        shop.without_rows(silver()[table])
    for stage, work in made_by.items():
        shop.timed(stage, work)
    print(
        json.dumps(
            {
                "startup": round(begun - STARTED, 3),
                "work": round(time.perf_counter() - begun, 3),
                "stages": shop.seconds,
                "cpu": shop.cpu,
                "rows": shop.rows,
            }
        )
    )


if __name__ == "__main__":
    main()
