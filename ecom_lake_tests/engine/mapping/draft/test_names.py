"""Names of columns as English words, and how well they fit."""

from __future__ import annotations

import pytest

from ecom_lake.engine.mapping.draft import names
from ecom_lake.engine.mapping.draft.names import Words

WORDS = Words.of(
    {
        "order": ["orders", "bestell", "pedido"],
        "id": ["no", "nr", "nummer", "number"],
        "customer": ["cliente", "kunde", "kunden"],
        "date": ["datum", "at"],
        "price": ["preis", "preço"],
        "unit": ["einzel"],
        "city": ["stadt", "cidade"],
        "seller": [],
    }
)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("order_id", {"order", "id"}),
        ("OrderNo", {"order", "id"}),
        ("ORDER NUMBER", {"order", "id"}),
        ("Bestell-Nr.", {"order", "id"}),
        ("Bestellnummer", {"order", "id"}),
        ("Order #", {"order", "id"}),
        ("id_do_pedido", {"order", "id"}),
        ("orderdate", {"order", "date"}),
        ("Preço", {"price"}),
        ("Einzelpreis", {"unit", "price"}),
        ("Kunden-Stadt", {"customer", "city"}),
        ("unheard of", {"unheard"}),
    ],
)
def test_words(name: str, words: set[str]) -> None:
    assert WORDS.of_name(name) == words


def _fit(name: str, own: set[str], foreign: set[str], is_own_file: bool = False) -> float:
    return names.fit(WORDS.of_name(name), [WORDS.of_name("city")], own, foreign, is_own_file)


def test_a_word_that_names_the_table_does_not_count_and_that_of_another_table_excludes() -> None:
    assert _fit("Stadt", {"customer"}, {"seller"}) == names.EXACT
    assert _fit("customer city", {"customer"}, {"seller"}) == names.QUALIFIED
    assert _fit("seller city", {"customer"}, {"seller"}) == 0
    assert 0 < _fit("old city", {"customer"}, {"seller"}) < names.QUALIFIED


def test_a_bare_id_is_an_id_only_in_a_file_of_its_table() -> None:
    order_id = [WORDS.of_name("order id")]
    assert names.fit(WORDS.of_name("id"), order_id, {"order"}, (), is_own_file=True) > 0.8
    assert names.fit(WORDS.of_name("id"), order_id, {"order"}, (), is_own_file=False) <= names.SHORTER


def test_an_earlier_name_fits_better_than_a_later_one() -> None:
    first, second = WORDS.of_name("order date"), WORDS.of_name("date")
    assert names.fit(first, [first, second], (), ()) > names.fit(second, [first, second], (), ())
