"""Names of columns as English words, and how well they fit."""

from __future__ import annotations

import pytest

from ecom_lake.engine.mapping.draft import names
from ecom_lake.engine.mapping.draft.names import Context, Words

WORDS = Words.of(
    {
        "order": ["orders", "bestell", "pedido"],
        "id": ["no", "nr", "nummer", "number"],
        "customer": ["cliente", "kunde", "kunden"],
        "date": ["datum", "at", "am"],
        "price": ["preis", "preço"],
        "unit": ["einzel"],
        "city": ["stadt", "cidade"],
        "seller": [],
        "name": ["namn"],
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
        ("Kundenamn", {"customer", "name"}),
        ("unheard of", {"unheard"}),
    ],
)
def test_words(name: str, words: set[str]) -> None:
    assert WORDS.of_name(name) == words


def _fit(name: str, other: str = "city", is_own_file: bool = False, may_be_coded: bool = True) -> float:
    context = Context({"customer"}, {"seller", "customer"}, is_own_file, may_be_coded)
    return names.fit(WORDS.of_name(name), [WORDS.of_name(other)], context)


def test_a_word_that_names_the_table_does_not_count_and_that_of_another_table_excludes() -> None:
    assert _fit("Stadt") == names.EXACT
    assert _fit("customer city") == names.QUALIFIED
    assert _fit("seller city") == 0
    assert 0 < _fit("old city") < names.QUALIFIED


def test_a_bare_id_is_an_id_only_in_a_file_of_its_table() -> None:
    assert _fit("id", "customer id", is_own_file=True) > 0.8
    assert _fit("id", "customer id") <= names.SHORTER


def test_the_name_of_a_thing_with_other_words_is_not_the_thing() -> None:
    assert _fit("customer price", "customer") == 0


def test_a_code_counts_except_for_ids() -> None:
    assert _fit("city no") > 0.8
    assert _fit("city no", may_be_coded=False) < 0.6


def test_an_earlier_name_fits_better_than_a_later_one() -> None:
    first, second = WORDS.of_name("order date"), WORDS.of_name("date")
    assert names.fit(first, [first, second], Context(())) > names.fit(second, [first, second], Context(()))


@pytest.mark.parametrize(
    ("abbreviation", "word"), [("PRC", "price"), ("cty", "city"), ("ORD_NBR", "ord nbr"), ("CSTMR", "customer")]
)
def test_words_without_vowels(abbreviation: str, word: str) -> None:
    assert WORDS.of_name(abbreviation) == set(word.split())


LANGUAGES = Words.of(
    {
        "order": ["注文", "zamówienie", "sipariş"],
        "id": ["番号", "numer", "no"],
        "date": ["日"],
        "product": ["商品"],
        "name": ["名", "nazwa"],
    }
)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("注文番号", {"order", "id"}),
        ("商品の名", {"product", "name"}),
        ("注文日", {"order", "date"}),
        ("Zamówienie (numer)", {"order", "id"}),
        ("ZAMOWIENIE_NUMER", {"order", "id"}),
        ("Sipariş No", {"order", "id"}),
    ],
)
def test_words_of_other_scripts(name: str, words: set[str]) -> None:
    """Japanese has no blanks between words, and a letter such as ł is written l where accents are left out."""
    assert LANGUAGES.of_name(name) == words
