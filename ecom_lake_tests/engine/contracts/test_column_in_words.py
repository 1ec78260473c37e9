"""Silver columns in words, from their contracts."""

from __future__ import annotations

import pytest

from ecom_lake.engine.build.shop_context import alternatives
from ecom_lake.engine.contracts.column_in_words import column_in_words
from ecom_lake_tests import catalog


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("orders.ordered_at", "the time when the order was placed"),
        ("orders.delivered_at", "the time of delivery"),
        ("customers.is_subscriber", "whether the customer subscribes"),
        ("targets.kpi", "the KPI that the target is for"),
        ("reviews", None),
        ("reviews.stars", None),
        ("stars.score", None),
    ],
)
def test_the_words_are_the_first_clause_of_the_meaning(name: str, words: str | None) -> None:
    assert column_in_words(name, catalog.silver()) == words


def test_no_word_about_a_needed_column_is_the_name_of_a_column() -> None:
    needed = {name for table in catalog.gold().values() for need in table.needs for name in alternatives(need) if "." in name}
    for name in needed:
        words = column_in_words(name, catalog.silver())
        assert words is not None and "_" not in words, name
