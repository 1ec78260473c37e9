"""A generated shop for tests: its folder, its truths, and its files by short names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ecom_lake.synth.truths import Truths

FILES = {
    "customers": "olist_customers_dataset.csv",
    "orders": "olist_orders_dataset.csv",
    "items": "olist_order_items_dataset.csv",
    "payments": "olist_order_payments_dataset.csv",
    "reviews": "olist_order_reviews_dataset.csv",
    "products": "olist_products_dataset.csv",
    "sellers": "olist_sellers_dataset.csv",
    "geolocation": "olist_geolocation_dataset.csv",
    "translation": "product_category_name_translation.csv",
}


@dataclass(frozen=True)
class Made:
    folder: Path
    truths: Truths

    def files(self, table: str) -> list[Path]:
        """The files of a table in the order of their deliveries."""
        return sorted(self.folder.rglob(FILES[table]))


Make = Callable[..., Made]
"""Generates a shop with the given options."""
Query = Callable[[Made, str], list[tuple[Any, ...]]]
"""Runs SQL on the files of a clean shop."""
