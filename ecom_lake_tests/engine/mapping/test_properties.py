"""What holds for any rows: no record is lost or doubled, shares add up, and the cut into deliveries changes nothing else."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from itertools import pairwise

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake_tests.builders.small_map import delivery, mapped

Row = dict[str, str | None]
SEQUENCE, RECORD = LINEAGE

texts = st.one_of(
    st.none(), st.text(max_size=8), st.sampled_from(["", " ", "a", "A", "1", "1,5", "2024-01-02", "02/01/2024", "yes", "'"])
)
ids = st.sampled_from([None, "", "A", "B", "C", " A "])
rows = st.lists(st.fixed_dictionaries({"id": ids, "a": texts, "b": texts}), min_size=1, max_size=12)
cents = st.integers(-100_000, 100_000).map(lambda number: str(Decimal(number) / 100))
weights = st.one_of(st.none(), st.integers(0, 10**6).map(lambda number: str(Decimal(number) / 1000)))

FILES = """
    [files.people]
    [lookups.person]
    from = "people"
    on = "a"
    [words.some]
    else = "null"
    a = "1"
    [files.export]
    date_formats = ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y"]
"""
ROW_BY_ROW = f"""{FILES}
    [orders]
    from = "export"
    where = "a is not null or flag(b)"
    join = {{ person = "b" }}
    order_id = "id"
    ordered_at = "day(a)"
    status = "words.some(b)"
    customer_id = "hashed(person.b)"
    note = "coalesce(num(a), num(b)) * 2"
"""
COLLAPSED = f"""{FILES}
    [orders]
    from = "export"
    per = "id"
    where = "b is not null"
    join = {{ person = "b" }}
    order_id = "id"
    ordered_at = "local(a)"
    customer_id = "person.b"
    note = "sum(num(a))"
    status = "b || count(*)"
"""


@settings(max_examples=25, deadline=None)
@given(rows, rows, st.sampled_from([ROW_BY_ROW, COLLAPSED]))
def test_every_record_is_accounted_for(given_rows: list[Row], people: list[Row], text: str) -> None:
    delivered = delivery(given_rows, 3)
    result = mapped(text, delivered, kinds={"people": delivery(people)})
    assert len(result.rows) + sum(result.collapsed.values()) + sum(result.left_out.values()) == len(given_rows)
    assert result.rows.join(delivered, on=LINEAGE, how="semi").height == len(result.rows)
    assert result.rows[RECORD].is_sorted() and result.rows[RECORD].is_unique().all()


@settings(max_examples=8, deadline=None)
@given(rows, st.lists(st.integers(1, 11), max_size=3))
def test_deliveries_are_mapped_alone_or_together(given_rows: list[Row], cuts: list[int]) -> None:
    """The rows of several deliveries in one call are those of a call for each delivery."""
    places = sorted({0, len(given_rows), *(min(cut, len(given_rows)) for cut in cuts)})
    parts = [given_rows[start:end] for start, end in pairwise(places)]
    deliveries = [delivery(part, number) for number, part in enumerate(parts, start=1)]
    people = {"people": delivery([{"a": "a", "b": "x"}])}
    together = mapped(COLLAPSED, *deliveries, kinds=people)
    alone = [mapped(COLLAPSED, one, kinds=people) for one in deliveries]
    assert together.rows.equals(pl.concat([one.rows for one in alone]))
    assert together.collapsed == sum((Counter(one.collapsed) for one in alone), Counter())
    assert together.left_out == sum((Counter(one.left_out) for one in alone), Counter())


SHARED = """
    [files.export]
    [order_items]
    from = "export"
    per = "id"
    order_id = "id"
    line = "nth()"
    discount = "share(num(amount), num(weight))"
"""


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(cents, st.lists(weights, min_size=1, max_size=6)), min_size=1, max_size=4), st.randoms())
def test_shares_are_exact_proportional_and_in_any_order(orders: list[tuple[str, list[str | None]]], random: object) -> None:
    lines: list[Row] = []
    for number, (amount, given_weights) in enumerate(orders):
        lines += [{"id": str(number), "amount": amount, "weight": weight} for weight in given_weights]
    random.shuffle(lines)  # type: ignore[attr-defined]
    parts = mapped(SHARED, delivery(lines)).rows
    for number, (amount, given_weights) in enumerate(orders):
        mine = [
            (Decimal(part), line["weight"])
            for part, line in zip(parts["discount"], lines, strict=True)
            if line["id"] == str(number)
        ]
        assert sum(part for part, _ in mine) == Decimal(amount)
        total = sum((Decimal(weight) for weight in given_weights if weight), Decimal(0))
        for part, weight in mine:
            exact = Decimal(amount) * (Decimal(weight or 0) / total if total else Decimal(1) / len(mine))
            assert abs(part - exact) < Decimal("0.01")
