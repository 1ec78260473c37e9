"""Valid rows are separated from invalid rows: which rule an invalid row failed, and that no row is lost."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecom_lake.engine.contracts.columns import Count, Flag, Key, Money, Month, Number, Price, Text, Timestamp
from ecom_lake.engine.contracts.conform import BAD, EVIDENCE, conform
from ecom_lake.engine.contracts.table import Rule, Silver
from ecom_lake.shop.canonical.order_items import OrderItems
from ecom_lake.shop.canonical.orders import Orders


class Tickets(Silver):
    """One row per ticket."""

    ticket = Key("The ticket.", personal=False)
    month = Month("Its month.")
    sold_at = Timestamp("When it was sold.", nullable=True)
    seats = Count("Seats.", at_most=10)
    price = Money("Price.", at_least=0)
    fee = Price("Fee.", nullable=True)
    weight = Number("Weight.", nullable=True)
    kind = Text("Kind.", nullable=True, one_of=("adult", "child"), personal=False)
    is_used = Flag("Whether it was used.", nullable=True)

    rules = (
        Rule("fee_within_price", "fee <= price", "The fee is at most the price."),
        Rule("child_alone", "kind <> 'child' OR seats > 1", "Children do not come alone.", severity="warn"),
    )


GOOD = {
    "ticket": "t1",
    "month": "2017-10-01",
    "sold_at": "2017-10-02 10:56:33",
    "seats": "2",
    "price": "29.90",
    "fee": "1.5",
    "weight": "0.25",
    "kind": "adult",
    "is_used": "yes",
}


def tickets(*changes: dict[str, Any]) -> pl.DataFrame:
    """Valid tickets of delivery 7, each with the given changes."""
    rows = [{**GOOD, **change, "source_sequence": 7, "source_record": n} for n, change in enumerate(changes, 1)]
    return pl.DataFrame(rows, infer_schema_length=None)


def test_a_valid_row_has_the_order_and_types_of_the_contract() -> None:
    shuffled = tickets({}).select(pl.lit("?").alias("stranger"), *sorted([*GOOD, "source_sequence", "source_record"]))
    conformed = conform(shuffled, Tickets.table)
    assert conformed.bad.is_empty()
    assert conformed.bad.schema == BAD
    assert conformed.good.schema == Tickets.table.schema
    assert conformed.good.row(0) == (
        "t1",
        date(2017, 10, 1),
        datetime(2017, 10, 2, 10, 56, 33),
        2,
        Decimal("29.90"),
        Decimal("1.5000"),
        0.25,
        "adult",
        True,
        7,
        1,
    )


@pytest.mark.parametrize(
    ("change", "rule", "column", "value"),
    [
        ({"ticket": "  "}, "ticket_missing", "ticket", "  "),
        ({"ticket": None}, "ticket_missing", "ticket", None),
        ({"month": "2017-10-02"}, "month_not_first_of_month", "month", "2017-10-02"),
        ({"sold_at": "yesterday"}, "sold_at_unreadable", "sold_at", "yesterday"),
        ({"seats": "2.5"}, "seats_unreadable", "seats", "2.5"),
        ({"seats": "11"}, "seats_out_of_range", "seats", "11"),
        ({"seats": "-1"}, "seats_out_of_range", "seats", "-1"),
        ({"price": ""}, "price_missing", "price", ""),
        ({"price": "1,234"}, "price_unreadable", "price", "1,234"),
        ({"price": "-0.01"}, "price_out_of_range", "price", "-0.01"),
        ({"kind": "dog"}, "kind_not_one_of", "kind", "dog"),
        ({"is_used": "perhaps"}, "is_used_unreadable", "is_used", "perhaps"),
        ({"fee": "29.91"}, "fee_within_price", "fee, price", "29.91, 29.90"),
        ({"kind": "x" * 300}, "kind_not_one_of", "kind", "x" * EVIDENCE),
        ({"seats": "many", "ticket": None}, "ticket_missing", "ticket", None),
        ({"price": "free", "fee": "99"}, "price_unreadable", "price", "free"),
    ],
)
def test_an_invalid_row_names_the_first_rule_that_it_failed(
    change: dict[str, Any], rule: str, column: str, value: str | None
) -> None:
    conformed = conform(tickets({}, change, {}), Tickets.table)
    assert conformed.good["source_record"].to_list() == [1, 3]
    assert conformed.bad.rows() == [(7, 2, rule, column, value)]


def test_invalid_rows_keep_their_order_whichever_rule_they_failed() -> None:
    bad = conform(tickets({"kind": "dog"}, {"ticket": ""}, {"kind": "cat"}, {}, {"seats": "x"}), Tickets.table).bad
    assert bad.schema == BAD
    assert bad["source_record"].to_list() == [1, 2, 3, 5]
    assert bad["rule"].to_list() == ["kind_not_one_of", "ticket_missing", "kind_not_one_of", "seats_unreadable"]


def test_null_fails_no_rule_and_a_warning_refuses_no_row() -> None:
    conformed = conform(tickets({"fee": None, "kind": None}, {"kind": "child", "seats": "1"}), Tickets.table)
    assert conformed.good.height == 2


def test_a_missing_column_is_null() -> None:
    without = tickets({}, {}).drop("fee", "seats")
    bad = conform(without, Tickets.table).bad
    assert bad.rows() == [(7, n, "seats_missing", "seats", None) for n in (1, 2)]
    assert conform(tickets({}).drop("fee"), Tickets.table).good["fee"].to_list() == [None]


def test_typed_values_pass_and_are_only_rounded_to_the_column_type() -> None:
    typed = tickets(
        {"month": date(2017, 10, 1), "sold_at": datetime(2017, 10, 2), "seats": 2, "price": Decimal("29.905"), "is_used": True}
    ).with_columns(pl.lit(1.005).alias("fee"), pl.lit(3).alias("weight"))
    good = conform(typed, Tickets.table).good.row(0, named=True)
    assert (good["price"], good["fee"], good["weight"], good["seats"]) == (Decimal("29.91"), Decimal("1.0050"), 3.0, 2)
    seats = conform(tickets({}, {}, {}).with_columns(pl.Series("seats", [2.0, 2.5, 3.0])), Tickets.table)
    assert seats.good["seats"].to_list() == [2, 3]
    tiny = conform(tickets({}).with_columns(pl.lit(1e-7).alias("fee")), Tickets.table).good
    assert tiny["fee"].to_list() == [Decimal(0)]


def test_typed_values_that_do_not_fit_are_refused() -> None:
    refused = conform(tickets({}).with_columns(pl.lit(2.5).alias("seats")), Tickets.table).bad
    assert refused.rows() == [(7, 1, "seats_unreadable", "seats", "2.5")]
    refused = conform(tickets({}).with_columns(pl.lit(float("nan")).alias("weight")), Tickets.table).bad
    assert refused.rows() == [(7, 1, "weight_not_finite", "weight", "NaN")]
    refused = conform(tickets({}).with_columns(pl.lit(10**17).alias("price")), Tickets.table).bad
    assert refused.rows() == [(7, 1, "price_unreadable", "price", str(10**17))]


def test_an_empty_frame_conforms_to_empty_frames() -> None:
    conformed = conform(tickets({}).clear(), Tickets.table)
    assert conformed.good.is_empty()
    assert conformed.bad.is_empty()


ANYTHING = st.one_of(st.none(), st.text(max_size=12), st.text("0123456789.,-+eE: T", max_size=20))
PLAUSIBLE = st.sampled_from(["1", "2.50", "29,90", "2017-10-01", "2017-10-01 10:00:00", "true", "delivered", "canceled", " 7 "])


@pytest.mark.parametrize("table", [OrderItems.table, Orders.table, Tickets.table], ids=lambda table: table.name)
@settings(deadline=None)
@given(data=st.data())
def test_every_row_is_either_valid_or_invalid(table: Any, data: st.DataObject) -> None:
    fields = [name for name in table.columns if not name.startswith("source_")]
    cells = st.one_of(ANYTHING, PLAUSIBLE)
    rows = data.draw(st.lists(st.lists(cells, min_size=len(fields), max_size=len(fields)), max_size=8))
    frame = pl.DataFrame(rows, schema=dict.fromkeys(fields, pl.String), orient="row").with_row_index("source_record", offset=1)
    conformed = conform(frame.with_columns(pl.lit(1).alias("source_sequence")), table)
    records = [*conformed.good["source_record"], *conformed.bad["source_record"]]
    assert sorted(records) == list(range(1, len(rows) + 1))
    assert conformed.bad["rule"].null_count() == 0
    again = conform(conformed.good, table)
    assert again.bad.is_empty()
    assert again.good.equals(conformed.good)
