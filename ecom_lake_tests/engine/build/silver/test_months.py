"""The digest of a month's rows."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl

from ecom_lake.engine.build.silver.months import _Delivered, _digests
from ecom_lake.engine.contracts.connector import Lookup
from ecom_lake.shop.connectors.olist import OLIST

MONTH = date(2017, 1, 1)


def test_equal_rows_of_two_lookup_tables_do_not_cancel_out() -> None:
    spec = replace(OLIST.orders, lookups=(Lookup("billing", "customer_id"), Lookup("shipping", "customer_id")))
    rows = pl.DataFrame({"month": [MONTH], "customer_id": ["c1"], "source_sequence": [1], "source_record": [1]})

    def digest(city: str) -> int:
        found = pl.DataFrame({"customer_id": ["c1"], "city": [city], "source_sequence": [1], "source_record": [1]})
        return _digests(spec, _Delivered(rows, {"billing": found, "shipping": found}))[MONTH]

    assert digest("Recife") != digest("Natal")
