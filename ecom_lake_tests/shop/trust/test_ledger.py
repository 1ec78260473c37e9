"""The ledger, from hand-written deliveries and fates."""

from __future__ import annotations

import polars as pl
import pytest

from ecom_lake_tests.builders.hand_shop import HandShop

DELIVERIES = pl.DataFrame(
    [
        ("orders", "orders", 1, "2018-01-01T08:00:00", "a.csv", "aa", 14, 1, 4),
        ("orders", "orders", 2, "2018-01-02T08:00:00", "b.csv", "bb", 3, 3, 0),
    ],
    ["table_name", "read_as", "sequence", "delivered_at", "file", "content_hash", "rows_delivered", "rejected", "erased"],
    orient="row",
)
FATES = ("rejected", "quarantined", "pending", "superseded", "collapsed", "left_out", "published", "erased")


def ledger_of(*fates: tuple[str, int, str, int]) -> HandShop:
    shop = HandShop()
    shop.con.register("lake_deliveries", DELIVERIES.to_arrow())
    shop.con.register("lake_fates", pl.DataFrame(fates, ["read_as", "sequence", "fate", "rows"], orient="row").to_arrow())
    return shop


def test_every_fate_has_a_column_and_a_delivery_without_fates_has_zeros() -> None:
    shop = ledger_of(
        *(("orders", 1, fate, rows) for fate, rows in (("quarantined", 1), ("pending", 2), ("superseded", 1), ("left_out", 2))),
        *(("orders", 1, "published", rows) for rows in (2, 1)),
        ("customers", 1, "published", 50),
    )
    assert shop.rows("ledger", "sequence", "rows_delivered", *FATES) == [
        (1, 14, 1, 1, 2, 1, 0, 2, 3, 4),
        (2, 3, 3, 0, 0, 0, 0, 0, 0, 0),
    ]


def test_a_delivery_that_is_read_as_two_tables_has_a_row_for_each() -> None:
    shop = HandShop()
    both = DELIVERIES.head(1).with_columns(table_name=pl.lit("sheet"), rejected=0, rows_delivered=2, erased=0)
    both = pl.concat([both, both.with_columns(read_as=pl.lit("payments"))])
    fates = [("orders", 1, "collapsed", 1), ("orders", 1, "published", 1), ("payments", 1, "left_out", 2)]
    shop.con.register("lake_deliveries", both.to_arrow())
    shop.con.register("lake_fates", pl.DataFrame(fates, ["read_as", "sequence", "fate", "rows"], orient="row").to_arrow())
    assert shop.rows("ledger", "table_name", "read_as", "collapsed", "left_out", "published") == [
        ("sheet", "orders", 1, 0, 1),
        ("sheet", "payments", 0, 2, 0),
    ]


def test_a_row_without_a_fate_fails_the_audit() -> None:
    shop = ledger_of(("orders", 1, "published", 8))
    with pytest.raises(AssertionError, match="every_row_accounted"):
        shop.table("ledger")
