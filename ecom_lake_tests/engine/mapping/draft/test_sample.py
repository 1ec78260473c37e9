"""A sample of large files has whole orders, the same in every file and every time."""

from __future__ import annotations

import polars as pl

from ecom_lake.engine.mapping.draft.sample import sample_orders

ORDERS = pl.DataFrame({"no": [f"o{n}" for n in range(1_000)]})
LINES = pl.DataFrame({"order": [f" o{n // 3} " for n in range(3_000)], "line": [str(n % 3) for n in range(3_000)]})
PRODUCTS = pl.DataFrame({"sku": [f"s{n}" for n in range(5_000)]})
ROWS = {"orders": ORDERS, "lines": LINES, "products": PRODUCTS}
COLUMNS = {"orders": "no", "lines": "order"}


def test_an_order_has_all_or_none_of_its_rows_in_every_file() -> None:
    sample = sample_orders(ROWS, COLUMNS, most_rows=600)
    assert sample.one_in == 5
    ids = set(sample.rows["orders"]["no"])
    assert 100 < len(ids) < 300
    assert sorted(sample.rows["lines"]["order"].str.strip_chars()) == sorted(order for order in ids for _ in range(3))
    assert sample.rows["products"] is PRODUCTS


def test_the_sample_is_the_same_every_time_and_in_any_order_of_the_rows() -> None:
    first, again = (sample_orders(rows, COLUMNS, 600).rows["orders"] for rows in (ROWS, ROWS | {"orders": ORDERS.reverse()}))
    assert first.sort("no").equals(again.sort("no"))


def test_rows_without_an_order_are_in_it_and_small_files_have_all_rows() -> None:
    rows = {"lines": pl.DataFrame({"order": [None] * 9 + ["a"]})}
    assert sample_orders(rows, {"lines": "order"}, 2).rows["lines"]["order"].null_count() == 9
    assert sample_orders(ROWS, COLUMNS, 3_000).one_in == 1
    assert sample_orders({}, {}).one_in == 1
