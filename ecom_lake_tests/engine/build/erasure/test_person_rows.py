"""From a person to the rows that hold the person, by hand: ids, owned ids, unlinked rows, malformed records."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from ecom_lake.engine.build.erasure.person_rows import (
    NewIds,
    Tables,
    id_columns,
    is_hit,
    linking_kinds,
    malformed_hits,
    mentions_of,
    unlinked,
    with_owned,
)
from ecom_lake.engine.contracts.delivered import Delivered
from ecom_lake.engine.landing.csv_grammar import AFTER_BROKEN, NEVER_CLOSED
from ecom_lake.engine.landing.record_editing import NamedRecords
from ecom_lake.engine.store.erasure_list import ErasureList
from ecom_lake.engine.store.local import LocalStore

PEOPLE = Delivered(
    "people", "", ("alias", "person"), ("city", "state"), ids={"person": "person", "alias": "alias"}, personal=("city",)
)
ORDERS = Delivered("orders", "", ("order", "alias"), ids={"alias": "alias", "order": "order"})
LINES = Delivered("lines", "", ("order", "price"), ids={"order": "order"})
REVIEWS = Delivered("reviews", "", ("review", "order"), ("text",), ids={"order": "order", "review": "review"}, personal=("text",))
TABLES = (PEOPLE, ORDERS, LINES, REVIEWS)
LINKING = linking_kinds(TABLES)

ROWS: dict[str, dict[str, list[str | None]]] = {
    "people": {
        "alias": ["a1", " a2", "b1"],
        "person": ["ann", "ann ", "bob"],
        "city": ["rome", "", "oslo"],
        "state": ["I", "", "N"],
    },
    "orders": {"order": ["o1", "o2", "o3", "o1", "o4"], "alias": ["a1", "a2", "b1", "a1", "ghost"]},
    "lines": {"order": ["o1", "o1", "o3", "o5"], "price": ["1", "2", "3", "4"]},
    "reviews": {
        "review": ["r1", "r1", "r1", "r2"],
        "order": ["o1", "o3", None, "o2"],
        "text": ["good", "of bob", "nobody's order", "fine"],
    },
}


def frame(table: Delivered) -> pl.DataFrame:
    return pl.DataFrame(ROWS[table.name])


def tables() -> Tables:
    return [(table, [id_columns(frame(table).lazy(), table)]) for table in TABLES]


def hits(table: Delivered, ids: dict[str, set[str]]) -> list[bool]:
    return id_columns(frame(table).lazy(), table).select(is_hit(table, ids, LINKING).alias("hit")).collect()["hit"].to_list()


def test_a_person_leads_to_aliases_orders_and_reviews_of_every_version() -> None:
    ids = with_owned({"person": {"ann"}}, tables(), LINKING)
    assert ids == {"person": {"ann"}, "alias": {"a1", "a2"}, "order": {"o1", "o2"}, "review": {"r1", "r2"}}
    assert {table.name: hits(table, ids) for table in TABLES} == {
        "people": [True, True, False],
        "orders": [True, True, False, True, False],
        "lines": [True, True, False, False],
        "reviews": [True, False, True, True],  # the one of bob's order is bob's; the one without an order is found by its id
    }


def test_an_order_leads_to_its_rows_and_not_back_to_its_owner() -> None:
    ids = with_owned({"order": {"o1"}}, tables(), LINKING)
    assert ids == {"order": {"o1"}, "review": {"r1"}}
    assert hits(PEOPLE, ids) == [False, False, False]


def test_an_unlinked_row_has_random_ids_and_keeps_what_is_not_personal() -> None:
    ids, new = with_owned({"person": {"ann"}}, tables(), LINKING), NewIds()
    ann = frame(PEOPLE).head(2).with_columns(extra=pl.lit("an undeclared column"), source_record=pl.Series([1, 2]))
    rows = unlinked(ann, PEOPLE, ids, new)
    assert rows.select("city", "state", "extra", "source_record").rows() == [(None, "I", None, 1), (None, "", None, 2)]
    one, other = rows["person"].to_list()
    assert one == other == new.of("person", "ann")
    assert rows["alias"].to_list() == [new.of("alias", "a1"), new.of("alias", "a2")]
    assert NewIds().of("person", "ann") != one


def test_an_id_of_somebody_else_in_a_hit_row_stays() -> None:
    moved = pl.DataFrame({"alias": ["a1"], "person": ["eve"], "city": ["bonn"], "state": [None]})
    rows = unlinked(moved, PEOPLE, {"alias": {"a1"}}, NewIds())
    assert rows["person"].to_list() == ["eve"]
    assert rows["city"].to_list() == [None]


def test_a_malformed_record_is_found_by_a_word_and_with_the_rest_of_its_broken_text(tmp_path: Path) -> None:
    listed = ErasureList(LocalStore(tmp_path), "shop", b"a secret that is long enough")
    listed.add("unlink", {"person": {"ann", "C 1001"}})
    rejects = pl.DataFrame(
        [
            (1, 1, 'x;"ann";y', "too few fields: 3 of 7"),
            (2, 2, "the rest of a text;after a line break", "too few fields: 2 of 7"),
            (3, 3, "and of it;1;2;3", "too few fields: 4 of 7"),
            (4, 4, "annabel;y", "too few fields: 2 of 7"),
            (5, 5, 'ann,"an open quote', NEVER_CLOSED),
            (6, 6, "and the rest of it", AFTER_BROKEN),
            (8, 8, "another record", AFTER_BROKEN),
            (9, 9, None, "too few fields: 1 of 7"),
            (11, 11, "x;C 1001 ;y", "too many fields: 3 of 2"),
            (12, 12, "x;C 1002", "too few fields: 2 of 7"),
        ],
        schema={"source_record": pl.Int64, "line": pl.Int64, "raw": pl.String, "reason": pl.String},
        orient="row",
    )
    assert malformed_hits(rejects, mentions_of(listed)) == {1, 2, 3, 5, 6, 11}


def test_the_rest_of_one_record_with_too_few_fields_does_not_hide_the_rest_of_the_next() -> None:
    named = NamedRecords(lambda text: "ann" in text)
    texts = [("ann", 6), ("ann again", 5), ("her text", 2), ("bob", 6)]
    found = [named.includes(at, raw, f"too few fields: {has} of 7") for at, (raw, has) in enumerate(texts, 1)]
    assert found == [True, True, True, True]
    assert not named.includes(5, "bob again", "too few fields: 6 of 7")
