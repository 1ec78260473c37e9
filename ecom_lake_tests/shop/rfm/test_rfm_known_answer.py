"""R's package rfm publishes how many customers of its data are in each segment; our own values give the same counts.

Recency, frequency and monetary value come from our marts; the scores and the segments are computed here
by R's rules, which are not ours (METRICS.md): quantiles plus one as cuts, overlapping ranges, the first match wins.
So this test checks the values of the marts and shows where R's rules differ; it does not check our own scores.

The data may not be shipped: ECOM_LAKE_RFM_DATA is the path of its orders as CSV, with customer_id, order_date and revenue.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import product
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest

from ecom_lake.engine.build.gold.table_file import settings_row
from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.catalog import recipe

TODAY = date(2006, 12, 31)
CUTS = {"recency": (115, 181, 297.4, 482), "frequency": (4, 5, 6, 8), "monetary": (255.8, 382, 506.4, 666)}


@dataclass(frozen=True)
class Range:
    """A segment by R's rules: the lowest and highest scores of recency, frequency and monetary value."""

    name: str
    recency: tuple[int, int]
    frequency: tuple[int, int]
    monetary: tuple[int, int]

    def holds(self, *scores: int) -> bool:
        reaches = (self.recency, self.frequency, self.monetary)
        return all(low <= score <= high for score, (low, high) in zip(scores, reaches, strict=True))


AS_DOCUMENTED = (
    Range("Champions", (5, 5), (5, 5), (5, 5)),
    Range("Potential Loyalist", (3, 5), (3, 5), (2, 5)),
    Range("Loyal", (2, 4), (2, 4), (2, 4)),
    Range("Promising", (3, 4), (1, 3), (3, 5)),
    Range("New", (4, 5), (1, 3), (1, 5)),
    Range("Can't Lose", (1, 2), (3, 4), (4, 5)),
    Range("At Risk", (1, 2), (2, 5), (4, 5)),
    Range("Need Attention", (1, 3), (3, 5), (3, 5)),
    Range("About To Sleep", (2, 3), (1, 3), (1, 4)),
    Range("Lost", (1, 1), (1, 5), (1, 5)),
)
CUSTOMERS = {
    "About To Sleep": 102,
    "At Risk": 28,
    "Can't Lose": 47,
    "Champions": 35,
    "Lost": 148,
    "Loyal": 170,
    "Need Attention": 10,
    "New": 104,
    "Potential Loyalist": 342,
    "Promising": 9,
}

AS_TESTED = (
    Range("Champions", (4, 5), (4, 5), (4, 5)),
    Range("Loyal", (2, 5), (3, 5), (3, 5)),
    Range("Potential Loyalist", (3, 5), (1, 3), (1, 3)),
    Range("New", (4, 5), (1, 1), (1, 1)),
    Range("Promising", (3, 4), (1, 1), (1, 1)),
    Range("Need Attention", (2, 3), (2, 3), (2, 3)),
    Range("About To Sleep", (2, 3), (1, 2), (1, 2)),
    Range("At Risk", (1, 2), (2, 5), (2, 5)),
    Range("Can't Lose", (1, 1), (4, 5), (4, 5)),
    Range("Lost", (1, 2), (1, 2), (1, 2)),
)

CELLS = list(product(range(1, 6), range(1, 6), range(1, 6)))


def segment(ranges: tuple[Range, ...], scores: tuple[int, int, int]) -> str:
    return next((of.name for of in ranges if of.holds(*scores)), "Others")


def score(value: float, cuts: tuple[float, ...]) -> int:
    """From 1, the lowest; a value on a cut belongs to the higher score."""
    return 1 + int(np.searchsorted(cuts, value, side="right"))


def scores_of(recency: float, frequency: float, monetary: float, cuts: Mapping[str, tuple[float, ...]]) -> tuple[int, int, int]:
    of_recency = 6 - score(recency, cuts["recency"])
    return of_recency, score(frequency, cuts["frequency"]), score(monetary, cuts["monetary"])


def test_the_ranges_of_r_are_not_a_partition() -> None:
    """Why ours is a table of 125 codes: some codes are in none of R's ranges, and many are in two."""
    fitting = [sum(of.holds(*cell) for of in AS_DOCUMENTED) for cell in CELLS]
    assert fitting.count(0) == 10
    assert [segment(AS_TESTED, cell) for cell in CELLS].count("Others") == 36


@pytest.mark.parametrize(
    ("recency", "frequency", "monetary", "code"),
    [
        (205, 6, 472, 343),
        (140, 3, 340, 412),
        (194, 4, 405, 323),
        (132, 5, 448, 433),
        (90, 9, 843, 555),
        (281, 8, 699, 355),
        (246, 4, 157, 321),
        (349, 3, 363, 212),
        (619, 4, 196, 121),
    ],
)
def test_the_first_customers_have_the_published_scores(recency: int, frequency: int, monetary: int, code: int) -> None:
    r, f, m = scores_of(recency, frequency, monetary, CUTS)
    assert 100 * r + 10 * f + m == code


def values() -> pl.DataFrame:
    """The values of each customer from our marts."""
    path = os.environ.get("ECOM_LAKE_RFM_DATA", "")
    if not path or not Path(path).exists():
        pytest.skip("ECOM_LAKE_RFM_DATA names no file with R's rfm_data_orders")
    with duckdb.connect() as con:
        con.execute("create table delivered as select * from read_csv(?, all_varchar = true)", [path])
        con.execute(f"""
            create view fct_orders as
            select
                *,
                row_number() over (partition by customer_id, order_date) = 1 as opens_purchase,
                true as is_valid, 1 as items, 1 as units, null::decimal(18, 2) as cogs, 0::decimal(18, 2) as costed_sales,
                null::boolean as is_late, null::double as review_score, null::bigint as gap_days
            from (select customer_id, order_date::date as order_date, revenue::decimal(18, 2) as net_sales from delivered);
            create view fct_sales as
            select customer_id, order_date, null::varchar as category, true as is_valid from fct_orders;
            create view reporting_period as select date '{TODAY}' as as_of;
            create view dim_customer as
            select distinct customer_id, null::timestamp as registered_at, null::bigint as prior_purchases from fct_orders;
        """)
        con.register("settings", settings_row(ShopSettings()).to_arrow())
        sql = recipe("customer_metrics").sql
        assert sql is not None
        values = con.sql(f"select recency_days, orders, net_sales::double as net_sales from ({sql})").pl()
    assert isinstance(values, pl.DataFrame)
    return values


def cuts_of(values: pl.Series) -> tuple[float, ...]:
    return tuple(round(float(cut) + 1, 6) for cut in np.quantile(values.to_numpy(), [0.2, 0.4, 0.6, 0.8]))


def test_each_segment_has_the_published_number_of_customers() -> None:
    people = values()
    assert people.height == 995
    cuts = {
        "recency": cuts_of(people["recency_days"]),
        "frequency": cuts_of(people["orders"]),
        "monetary": cuts_of(people["net_sales"]),
    }
    assert cuts == CUTS
    scores = [scores_of(recency, frequency, monetary, cuts) for recency, frequency, monetary in people.rows()]
    assert Counter(segment(AS_DOCUMENTED, cell) for cell in scores) == CUSTOMERS
    champions = [row for row, cell in zip(people.rows(), scores, strict=True) if segment(AS_TESTED, cell) == "Champions"]
    assert (len(champions), sum(row[1] for row in champions), sum(row[2] for row in champions)) == (158, 1_234, 120_178)
