"""The evidence of an audit for failed rules: it is stored and shown, so it contains no personal data."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from ecom_lake.engine.build.release.identities import evidence
from ecom_lake.engine.build.sql.on_duckdb import OnDuckDB
from ecom_lake.engine.build.step.audit import KEY_UNIQUE, audit
from ecom_lake.engine.build.step.outcome import Check
from ecom_lake.engine.contracts.columns import Integer, Key, Text
from ecom_lake.engine.contracts.personal import with_decisions
from ecom_lake.engine.contracts.table import Gold, Identity, Listing, Rule
from ecom_lake.shop.domain import SHOP


class Spending(Gold):
    """One row per person."""

    customer_id = Key("The person.")
    comment = Text("What they wrote.")
    segment = Text("Their segment.")
    orders = Integer("Their orders.")

    key = ("customer_id",)
    rules = (
        Rule("has_ordered", "orders > 0", "Everybody has ordered."),
        Rule("few_orders", "orders < 10", "Few orders.", severity="warn", listing=Listing("segment", "orders", "person")),
    )


def audited(tmp_path: Path, *rows: tuple[str, str, int]) -> tuple[dict[str, int], list[Check]]:
    """The audit of these customers, segments and numbers of orders."""
    names = ("customer_id", "segment", "orders")
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(comment=pl.lit("I live in Rua A"))
    frame.select(*Spending.table.columns).write_parquet(tmp_path / "spending.parquet")
    with duckdb.connect() as con:
        return audit(OnDuckDB(con), with_decisions(Spending.table, SHOP), tmp_path / "spending.parquet")


def test_the_example_of_a_failed_rule_contains_no_personal_data(tmp_path: Path) -> None:
    failed, checks = audited(tmp_path, ("maria-7", "lost", 0))
    assert failed == {"has_ordered": 1}
    assert [fact["example"] for fact in checks[0].evidence] == ["[{'segment': 'lost', 'orders': 0}]"]


def test_rows_that_share_a_key_block(tmp_path: Path) -> None:
    failed, (contract, few) = audited(tmp_path, ("a", "lost", 1), ("a", "lost", 2), ("b", "lost", 3))
    assert failed == {KEY_UNIQUE: 1}
    assert contract.blocks and contract.says == "Failed rules: key_unique."
    assert few.passed


def test_a_warning_does_not_block_and_lists_the_largest_values(tmp_path: Path) -> None:
    failed, (contract, few) = audited(tmp_path, *((f"c{n}", f"s{n:02d}", 10 + n) for n in range(12)))
    assert failed == {"few_orders": 12}
    assert contract.passed and not few.passed and not few.blocks
    listed = "; ".join(f"'s{n:02d}' (1 person, orders {10 + n})" for n in range(11, 1, -1))
    assert few.says == (
        f"12 persons failed the rule few_orders: Few orders. By segment: {listed}; 2 more values (2 persons, orders 21)."
    )


def test_the_example_of_a_failed_identity_shows_no_text_of_an_unknown_column() -> None:
    identity = Identity("sums_agree", "select 1", "Sums agree.")
    rows = pl.DataFrame({"order_id": ["o1"], "who": ["maria"], "segment": ["lost"], "n": [3], "age": [44]})
    assert evidence(SHOP, "spending", identity, rows)["example"] == "[{'segment': 'lost', 'n': 3}]"
    assert evidence(SHOP, "spending", identity, rows.select("order_id"))["example"] == ""
