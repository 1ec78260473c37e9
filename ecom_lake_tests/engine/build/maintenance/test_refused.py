from __future__ import annotations

import json
from collections import Counter

import pytest

from ecom_lake.engine.build.maintenance.refused import MALFORMED, Refusals, refusals
from ecom_lake.engine.serve.released import built
from ecom_lake.errors import UsageError
from ecom_lake_tests.builders.built_lake import BuiltLake


def found(lake: BuiltLake, table: str | None = None, rule: str | None = None, limit: int = 10) -> Refusals:
    site = lake.site()
    return refusals(site, built(site), table, rule, limit)


def test_every_planted_broken_record_is_there(built_lake: BuiltLake) -> None:
    counted: Counter[tuple[str, bool]] = Counter()
    for table, rule, rows in found(built_lake).counts:
        counted[table, rule == MALFORMED] += rows
    planted: Counter[tuple[str, bool]] = Counter()
    for file, fate in built_lake.truths.files.items():
        table = file.removesuffix("_dataset.csv").removeprefix("olist_")
        planted += Counter({(table, True): fate.rejected, (table, False): fate.quarantined})
    assert counted == planted


def test_a_record_says_where_it_came_from_what_it_broke_and_what_it_was(built_lake: BuiltLake) -> None:
    (record, *_) = found(built_lake, "payments", "amount_out_of_range").examples
    lines = (built_lake.landing / "olist_order_payments_dataset.csv").read_text(encoding="utf-8").splitlines()
    delivered = lines[record.record].replace('"', "").split(",")
    assert (record.table, record.file, record.column) == ("order_payments", "olist_order_payments_dataset.csv", "amount")
    assert json.loads(record.raw)["order_id"] == delivered[0]
    assert record.value == delivered[4]
    assert float(delivered[4]) < 0


def test_a_malformed_record_is_shown_as_it_was_delivered(built_lake: BuiltLake) -> None:
    text = (built_lake.landing / "olist_customers_dataset.csv").read_text(encoding="utf-8")
    examples = found(built_lake, "customers", MALFORMED).examples
    assert examples
    assert all(record.raw in text and record.column is None for record in examples)


def test_a_table_goes_by_its_delivered_and_by_its_silver_name(built_lake: BuiltLake) -> None:
    assert found(built_lake, "payments") == found(built_lake, "order_payments") == found(built_lake, "silver.payments")


def test_the_limit_is_for_each_rule(built_lake: BuiltLake) -> None:
    few = found(built_lake, limit=1)
    assert few.counts == found(built_lake).counts
    assert len(few.examples) == len(few.counts)


def test_what_is_not_there_is_said_with_what_is(built_lake: BuiltLake) -> None:
    with pytest.raises(UsageError, match="There is no delivered table 'rfm'; the delivered tables are customers, orders"):
        found(built_lake, "rfm")
    with pytest.raises(UsageError, match=r"No row failed the rule 'nope'; the failed rules are .*amount_out_of_range"):
        found(built_lake, rule="nope")
