"""Columns of delivered files that repeat another, in a shop without a map."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.serve.repeated_columns import MOST_ROWS, repeated_columns
from ecom_lake_tests.builders.canonical_shop import CanonicalShop

HEAD = "customer_id,city,state,used_promo,got_discount"
PLACES = {"Rio": "RJ", "Campinas": "SP", "Santos": "SP", "Recife": "PE"}


def rows(first: int, number: int, got: str = "yes") -> list[str]:
    """A city determines its state; the discount repeats the promotion, with a space after it."""
    names = list(PLACES)
    return [
        f"c{i},{(city := names[i % 4])},{PLACES[city]},{'yes' if i % 3 else 'no'},{got + ' ' if i % 3 else 'no'}"
        for i in range(first, first + number)
    ]


@pytest.fixture
def shop(tmp_path: Path) -> CanonicalShop:
    shop = CanonicalShop(tmp_path)
    shop.say()
    return shop


def sentences(shop: CanonicalShop, most: int = MOST_ROWS) -> dict[str, list[str]]:
    ingest(shop.site)
    found = repeated_columns(shop.site, shop.site.lake.log.head(), most)
    return {table: [one.sentence for one in columns] for table, columns in found.items()}


def test_columns_of_all_deliveries_are_compared_with_their_exceptions(shop: CanonicalShop) -> None:
    shop.land("customers-1.csv", "\n".join([HEAD, *rows(0, 120)]))
    shop.land("customers-2.csv", "\n".join([HEAD, *rows(120, 119), "c999,Rio,SP,yes,yes"]))
    shop.land("products.csv", "product_id,category\np,toys\nq,books\n")
    assert sentences(shop) == {
        "customers": [
            "state is determined by city in all but 1 of 240 rows",
            "got_discount equals used_promo in all 240 rows",
        ]
    }


def test_only_the_latest_rows_are_compared(shop: CanonicalShop) -> None:
    """In the first delivery, the two flags differ."""
    shop.land("customers-1.csv", "\n".join([HEAD, *rows(0, 120, got="no")]))
    before = sentences(shop)
    shop.land("customers-2.csv", "\n".join([HEAD, *rows(120, 120)]))
    assert before == {"customers": ["state is determined by city in all 120 rows"]}
    assert sentences(shop, most=60) == {
        "customers": ["state is determined by city in all 60 rows", "got_discount equals used_promo in all 60 rows"]
    }
    assert sentences(shop) == {"customers": ["state is determined by city in all 240 rows"]}


def test_a_file_without_rows_has_none(shop: CanonicalShop) -> None:
    shop.land("customers.csv", HEAD)
    assert sentences(shop) == {}
