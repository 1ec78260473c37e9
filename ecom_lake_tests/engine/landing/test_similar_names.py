"""Suggestions of similar column names."""

from __future__ import annotations

import pytest

from ecom_lake.engine.landing.similar_names import nearest, similar_pairs

PRODUCTS = ("name", "category", "brand", "unit_cost", "list_price", "weight_g")


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("product_name", "name"),
        ("ProductName", "name"),
        ("cost", "unit_cost"),
        ("price", "list_price"),
        ("Unit Cost", "unit_cost"),
        ("brandName", "brand"),
        ("product_category_name", "category"),
        ("catgory", "category"),
        ("weight", "weight_g"),
        ("id", None),
        ("unit", None),
        ("colour", None),
        ("rename", None),
        ("", None),
    ],
)
def test_the_most_similar_name_by_words_then_by_letters(name: str, column: str | None) -> None:
    assert nearest(name, PRODUCTS) == column


def test_two_names_are_never_suggested_for_one_column() -> None:
    assert similar_pairs(["product_brand_name", "product_name", "colour"], PRODUCTS) == [
        ("product_brand_name", "brand"),
        ("product_name", "name"),
    ]
    assert similar_pairs(["total_price", "price"], ["unit_price"]) == [("price", "unit_price")]
