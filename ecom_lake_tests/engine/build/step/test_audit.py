"""The evidence of an audit for failed rules: it is stored and shown, so it contains no personal data."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from ecom_lake.engine.build.release.identities import evidence
from ecom_lake.engine.build.sql.on_duckdb import OnDuckDB
from ecom_lake.engine.build.step.audit import audit
from ecom_lake.engine.contracts.columns import Integer, Key, Text
from ecom_lake.engine.contracts.personal import with_decisions
from ecom_lake.engine.contracts.table import Gold, Identity, Rule
from ecom_lake.shop.domain import SHOP


class Spending(Gold):
    """One row per person."""

    customer_id = Key("The person.")
    comment = Text("What they wrote.")
    segment = Text("Their segment.")
    orders = Integer("Their orders.")

    rules = (Rule("has_ordered", "orders > 0", "Everybody has ordered."),)


def test_the_example_of_a_failed_rule_contains_no_personal_data(tmp_path: Path) -> None:
    row = {"customer_id": ["maria-7"], "comment": ["I live in Rua A"], "segment": ["lost"], "orders": [0]}
    pl.DataFrame(row).write_parquet(tmp_path / "spending.parquet")
    with duckdb.connect() as con:
        failed, checks = audit(OnDuckDB(con), with_decisions(Spending.table, SHOP), tmp_path / "spending.parquet")
    assert failed == {"has_ordered": 1}
    assert [fact["example"] for fact in checks[0].evidence] == ["[{'segment': 'lost', 'orders': 0}]"]


def test_the_example_of_a_failed_identity_shows_no_text_of_an_unknown_column() -> None:
    identity = Identity("sums_agree", "select 1", "Sums agree.")
    rows = pl.DataFrame({"order_id": ["o1"], "who": ["maria"], "segment": ["lost"], "n": [3], "age": [44]})
    assert evidence(SHOP, "spending", identity, rows)["example"] == "[{'segment': 'lost', 'n': 3}]"
    assert evidence(SHOP, "spending", identity, rows.select("order_id"))["example"] == ""
