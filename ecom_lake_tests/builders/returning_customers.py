"""Synthetic shops with known reasons for repeat purchases and bad reviews, for the models of churn and review risk.

`python -m ecom_lake_tests.builders.returning_customers` counts how often those models publish a list if no reason exists.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import numpy as np
import polars as pl

Shop = dict[str, pl.DataFrame]

FIRST = date(2020, 1, 1)
STATES, SELLERS, CATEGORIES = ("SP", "RJ", "MG", "RS"), 40, 12


@dataclass(frozen=True)
class Truth:
    """Effects per standard deviation on the log of the repeat purchase rate, and on the log-odds of a bad review."""

    payment: float = 0.0
    discount: float = 0.0
    freight: float = 0.0
    promise: float = 0.0
    seller: float = 0.0


DRIVEN = Truth(payment=-1.0, discount=0.6, freight=-0.3, promise=-1.2, seller=0.8)


def shop(
    customers: int, seed: int, truth: Truth = DRIVEN, days: int = 720, yearly_rate: float = 0.4, price: float | None = None
) -> Shop:
    rng = np.random.default_rng(seed)
    people = _people(rng, customers)
    pull = truth.payment * _z(people["instalments"]) + truth.discount * _z(people["off"])
    pull += truth.freight * _z(people["freight_share"])
    first = rng.integers(0, days, customers)
    again = rng.poisson(yearly_rate * np.exp(pull - pull.var() / 2) * (days - first) / 365)
    who = np.repeat(np.arange(customers), again + 1)
    is_first = np.diff(who, prepend=-1) > 0
    day = np.where(is_first, first[who], first[who] + rng.random(len(who)) * (days - first[who])).astype(int)
    return _tables(rng, people, who, day, truth, days, price)


def _people(rng: np.random.Generator, n: int) -> Mapping[str, np.ndarray]:
    return {
        "instalments": rng.integers(1, 11, n),
        "off": rng.integers(0, 41, n) / 100,
        "freight_share": rng.integers(5, 41, n) / 100,
        "state": rng.choice(len(STATES), n, p=(0.5, 0.25, 0.15, 0.1)),
    }


def _z(values: np.ndarray) -> np.ndarray:
    return np.asarray((values - values.mean()) / values.std())


def _tables(
    rng: np.random.Generator,
    people: Mapping[str, np.ndarray],
    who: np.ndarray,
    day: np.ndarray,
    truth: Truth,
    days: int,
    price: float | None,
) -> Shop:
    n = len(who)
    gross = np.full(n, price) if price is not None else rng.lognormal(4, 0.7, n).round(2)
    wait, slack = rng.integers(0, 9, n), rng.integers(-2, 25, n)
    seller, quality = rng.integers(0, SELLERS, n), rng.normal(size=SELLERS)
    odds = -1.8 + truth.promise * _z(slack) + truth.seller * quality[seller]
    is_bad = rng.random(n) < 1 / (1 + np.exp(-odds))
    on_the_way, answer = rng.integers(1, 20, n), rng.integers(0, 8, n)
    frame = pl.DataFrame(
        {
            "order_id": [f"o{i:07}" for i in range(n)],
            "customer_id": [f"c{i:07}" for i in who],
            "day": day,
            "items": 1 + (rng.random(n) < 0.1),
            "gross_sales": gross,
            "off": 0.0 if price is not None else people["off"][who],
            "freight_share": people["freight_share"][who],
            "instalments": people["instalments"][who],
            "state": [STATES[i] for i in people["state"][who]],
            "seller_id": [f"s{i:02}" for i in seller],
            "product_id": [f"p{i:02}" for i in rng.integers(0, CATEGORIES, n)],
            "shipped": day + wait,
            "promised": day + wait + slack,
            "delivered": day + wait + on_the_way,
            "answered": np.where(rng.random(n) < 0.8, (day + wait + on_the_way + answer).astype(float), np.nan),
            "score": np.where(is_bad, 1.0, 5.0),
        }
    ).with_columns(pl.col("answered").fill_nan(None))
    return _named(frame, days)


def _on(column: str) -> pl.Expr:
    return pl.lit(FIRST) + pl.duration(days=pl.col(column))


def _at(column: str, hour: int) -> pl.Expr:
    return _on(column).cast(pl.Datetime("us")) + pl.duration(hours=hour)


def _money(of: pl.Expr) -> pl.Expr:
    return of.round(2).cast(pl.Decimal(18, 2))


def _named(rows: pl.DataFrame, days: int) -> Shop:
    """The columns that the models read from each table, with dates also after the as-of date."""
    rows = rows.with_columns(
        order_date=_on("day"),
        discounts=(pl.col("gross_sales") * pl.col("off")).round(2),
        is_valid=pl.lit(True),
        units=pl.col("items"),
    ).with_columns(net=pl.col("gross_sales") - pl.col("discounts"))
    visits = rows.select("customer_id", "order_date").unique().sort("customer_id", "order_date")
    visits = visits.with_columns(gap_days=pl.col("order_date").diff().over("customer_id").dt.total_days())
    rows = rows.sort("customer_id", "day", "order_id").join(
        visits, on=["customer_id", "order_date"], how="left", maintain_order="left"
    )
    rows = rows.with_columns(
        order_number=pl.int_range(1, pl.len() + 1).over("customer_id"),
        opens_purchase=pl.int_range(pl.len()).over("customer_id", "day") == 0,
    )
    orders = rows.select(
        "order_id", "customer_id", "order_date", "is_valid", "items", "units", "instalments", "state", "gap_days",
        "order_number", "opens_purchase",
        pl.lit("z").alias("zip"),
        _at("day", 9).alias("ordered_at"),
        _on("promised").alias("promised_date"),
        _money(pl.col("gross_sales")).alias("gross_sales"),
        _money(pl.col("discounts")).alias("discounts"),
        _money(pl.col("net")).alias("net_sales"),
        _money(pl.col("gross_sales") * pl.col("freight_share")).alias("freight"),
    )  # fmt: skip
    sellers = [f"s{i:02}" for i in range(SELLERS)]
    return {
        "fct_orders": orders,
        "fct_sales": rows.select(
            "order_id", "customer_id", "order_date", "is_valid", "product_id", "seller_id",
            pl.lit(1, pl.Int64).alias("line"), pl.col("product_id").alias("category"), _money(pl.col("net")).alias("net_sales"),
        ),
        "orders": rows.select("order_id", _at("shipped", 15).alias("shipped_at"), _at("delivered", 12).alias("delivered_at")),
        "reviews": rows.filter(pl.col("answered").is_not_null()).select(
            pl.concat_str(pl.lit("r"), "order_id").alias("review_id"), "order_id", "score",
            pl.lit(False).alias("is_score_imputed"), _at("delivered", 20).alias("created_at"),
            _at("answered", 21).alias("answered_at"),
        ),
        "reporting_period": reporting_period(FIRST + timedelta(days=days - 1)),
        "dim_product": pl.DataFrame(
            {"product_id": [f"p{i:02}" for i in range(CATEGORIES)], "weight_g": [100.0 * i for i in range(CATEGORIES)]}
        ),
        "dim_seller": pl.DataFrame(
            {"seller_id": sellers, "state": [STATES[i % 4] for i in range(SELLERS)], "zip": ["z"] * SELLERS}
        ),
        "places": pl.DataFrame({"zip": ["z"], "lat": [-23.5], "lng": [-46.6]}),
    }  # fmt: skip


def reporting_period(as_of: date | None) -> pl.DataFrame:
    return pl.DataFrame({"as_of": [as_of]}, {"as_of": pl.Date})


def as_known_on(made: Shop, day: date) -> Shop:
    """The shop as of the end of a day: no later order, shipment, delivery or review answer."""
    orders = made["fct_orders"].filter(pl.col("order_date") <= day)
    dated = [pl.when(pl.col(name).dt.date() <= day).then(pl.col(name)).alias(name) for name in ("shipped_at", "delivered_at")]
    return made | {
        "fct_orders": orders,
        "fct_sales": made["fct_sales"].filter(pl.col("order_date") <= day),
        "orders": made["orders"].join(orders.select("order_id"), on="order_id", how="semi").with_columns(dated),
        "reviews": made["reviews"].filter(pl.col("answered_at").dt.date() <= day),
    }


@contextmanager
def opened(made: Shop, threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as con:
        con.execute(f"set threads = {threads}; set preserve_insertion_order = false")
        for name, rows in made.items():
            con.register(name, rows.to_arrow())
        yield con


def nothing() -> Shop:
    """The empty tables of a shop without orders."""
    return {name: rows.clear() for name, rows in shop(5, 0).items()} | {"reporting_period": reporting_period(None)}


def shuffled(made: Shop, seed: int = 0) -> Shop:
    """The same shop with shuffled review scores."""
    reviews = made["reviews"]
    return made | {"reviews": reviews.with_columns(pl.col("score").shuffle(seed=seed))}


def measure(write: Callable[[str], object], shops: int) -> None:
    from ecom_lake.engine.contracts.fitted import Past
    from ecom_lake.shop.churn import churn_scores_model as churn_scores
    from ecom_lake.shop.review_risk import review_risk_model as review_risk
    from ecom_lake.shop.settings.mining import MiningSettings

    for model in (churn_scores, review_risk):
        lists = 0
        for seed in range(shops):
            with opened(shop(8_000, seed, Truth())) as con:
                lists += model.fit(con, MiningSettings(), Past()).card.status == "published"
        write(f"{model.__name__}: {lists} lists published in {shops} shops without any effect\n")


if __name__ == "__main__":
    measure(sys.stdout.write, 20)
