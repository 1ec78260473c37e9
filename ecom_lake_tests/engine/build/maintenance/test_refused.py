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


def test_every_planted_invalid_record_is_listed(built_lake: BuiltLake) -> None:
    counted: Counter[tuple[str, bool]] = Counter()
    for table, rule, rows in found(built_lake).counts:
        counted[table, rule == MALFORMED] += rows
    planted: Counter[tuple[str, bool]] = Counter()
    for file, fate in built_lake.truths.files.items():
        table = file.removesuffix("_dataset.csv").removeprefix("olist_")
        planted += Counter({(table, True): fate.rejected, (table, False): fate.quarantined})
    assert counted == planted


def test_a_record_has_its_origin_the_failed_rule_and_its_raw_values(built_lake: BuiltLake) -> None:
    (record, *_) = found(built_lake, "payments", "amount_out_of_range").examples
    lines = (built_lake.landing / "olist_order_payments_dataset.csv").read_text(encoding="utf-8").splitlines()
    delivered = lines[record.record].replace('"', "").split(",")
    assert (record.table, record.file, record.column) == ("order_payments", "olist_order_payments_dataset.csv", "amount")
    assert json.loads(record.raw)["order_id"] == delivered[0]
    assert record.value == delivered[4]
    assert float(delivered[4]) < 0


def test_a_reject_is_shown_as_delivered(built_lake: BuiltLake) -> None:
    text = (built_lake.landing / "olist_customers_dataset.csv").read_text(encoding="utf-8")
    examples = found(built_lake, "customers", MALFORMED).examples
    assert examples
    assert all(record.raw in text and record.column is None for record in examples)


def test_a_table_can_be_named_by_its_delivered_or_silver_name(built_lake: BuiltLake) -> None:
    assert found(built_lake, "payments") == found(built_lake, "order_payments") == found(built_lake, "silver.payments")


def test_the_limit_applies_to_each_rule(built_lake: BuiltLake) -> None:
    few = found(built_lake, limit=1)
    assert few.counts == found(built_lake).counts
    assert len(few.examples) == len(few.counts)


def test_the_error_for_an_unknown_name_lists_the_known_ones(built_lake: BuiltLake) -> None:
    with pytest.raises(UsageError, match="There is no delivered table 'rfm'; the delivered tables are customers, orders"):
        found(built_lake, "rfm")
    with pytest.raises(UsageError, match=r"No row failed the rule 'nope'; the failed rules are .*amount_out_of_range"):
        found(built_lake, rule="nope")
