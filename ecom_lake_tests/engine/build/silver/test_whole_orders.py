"""Orders that come whole: a credit note belongs to an order that a lookup finds, and is not all that is known of that order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.mapped.make_mapped import make_mapped
from ecom_lake.engine.build.silver.make_silver import make_silver
from ecom_lake.engine.build.silver.order_index import make_order_index
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake_tests.builders.mapped_nights import MappedNights, new_nights

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
SALE = "1001,S1,Ball,5,01/05/2024 10:00,10.00,12001,Brazil\n"
FIRST_NOTE = "C1,S1,Ball,-1,01/20/2024 10:00,10.00,12001,Brazil\n"
SECOND_NOTE = "C2,S1,Ball,-2,01/21/2024 10:00,10.00,12001,Brazil\n"
CORRECTED_NOTE = "C1,S1,Ball,-3,01/20/2024 10:00,10.00,12001,Brazil\n"
SALE_OF_LESS = "1001,S1,Ball,4,01/05/2024 10:00,10.00,12001,Brazil\n"


@pytest.fixture
def shop(tmp_path: Path) -> MappedNights:
    nights = new_nights(tmp_path / "shop", "invoices")
    for night, rows in enumerate((SALE, FIRST_NOTE, SECOND_NOTE)):
        nights.shop.land(f"{night}/invoices.csv", HEADER + rows)
    return nights


def refunds(shop: MappedNights) -> list[tuple[str, str, float]]:
    return [(*ids, float(amount)) for *ids, amount in silver(shop, "refunds", "refund_id", "order_id", "amount")]


def silver(shop: MappedNights, table: str, *columns: str) -> list[tuple[Any, ...]]:
    site = shop.shop.site
    outcomes = [*ingest(site), *make_mapped(site), make_order_index(site), make_silver(site, table)]
    assert [check.says for outcome in outcomes for check in outcome.checks if check.blocks] == []
    parts = site.lake.log.head().parts(TableId("silver", table))
    return [row for file in parts.values() for row in pl.read_parquet(site.lake.local(file), glob=False).select(columns).rows()]


def test_credit_notes_of_several_deliveries_for_one_invoice_all_count(shop: MappedNights) -> None:
    assert refunds(shop) == [("C1-1", "1001", 10.0), ("C2-1", "1001", 20.0)]


def test_an_invoice_that_comes_again_keeps_its_credit_notes_and_replaces_its_lines(shop: MappedNights) -> None:
    shop.shop.land("3/invoices.csv", HEADER + SALE_OF_LESS)
    assert refunds(shop) == [("C1-1", "1001", 10.0), ("C2-1", "1001", 20.0)]
    assert silver(shop, "order_items", "order_id", "quantity") == [("1001", 4)]


def test_a_credit_note_that_comes_again_replaces_itself(shop: MappedNights) -> None:
    shop.shop.land("3/invoices.csv", HEADER + CORRECTED_NOTE)
    assert refunds(shop) == [("C1-1", "1001", 30.0), ("C2-1", "1001", 20.0)]
