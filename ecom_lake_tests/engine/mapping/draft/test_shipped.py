"""Files that have the whole layout of an existing map."""

from __future__ import annotations

import polars as pl

from ecom_lake.engine.mapping.draft.profile import KindProfile, profile_kind
from ecom_lake.engine.mapping.draft.read_files import own_name
from ecom_lake.engine.mapping.draft.shipped import fitting_map
from ecom_lake_tests.builders.small_map import small_map

MAP = small_map(
    """
    [files.sales]
    columns = { order_no = ["Order No", "Order Number"] }
    [files.payments]
    [orders]
    from = "sales"
    order_id = "order_no"
    status = "state"
    [payments]
    from = "payments"
    order_id = "order_no"
    amount = "amount"
    """
)


def _kind(*headers: str) -> KindProfile:
    rows = pl.DataFrame({header: ["1"] for header in headers})
    return profile_kind("any", ("any.csv",), rows, {header: own_name(header) for header in headers})


def test_every_kind_of_the_map_needs_a_file_of_its_own_with_its_columns() -> None:
    sales, payments = _kind("Order Number", "State", "More"), _kind("order_no", "Amount")
    assert fitting_map([payments, sales], [MAP]) is MAP
    assert fitting_map([sales], [MAP]) is None
    assert fitting_map([_kind("Order No", "State", "Amount")], [MAP]) is None
    assert fitting_map([_kind("Order No"), payments], [MAP]) is None


def test_the_map_that_reads_most_columns_is_proposed() -> None:
    smaller = small_map('[files.sales]\n[orders]\nfrom = "sales"\norder_id = "order_no"')
    assert fitting_map([_kind("Order No", "State"), _kind("Order No", "Amount")], [smaller, MAP]) is MAP
