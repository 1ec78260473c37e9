"""A hand-written shop: a few orders in Olist's files, landed by the tests."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.config import Shop
from ecom_lake.engine.store.lake import Lake
from ecom_lake.shop.connectors.olist import OLIST
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.catalog import registry

FILES = {delivered.name: delivered for delivered in OLIST.delivered}
Row = Mapping[str, str]


def a_site(root: Path, first: str = "2017-01-01", last: str = "2017-03-01", **settings: object) -> Site:
    shop = Shop("olist", "olist", date.fromisoformat(first), date.fromisoformat(last), ShopSettings(), MiningSettings())
    return Site(registry(), Lake(str(root), "olist"), shop, OLIST, **settings)  # type: ignore[arg-type]


def land(site: Site, name: str, table: str, rows: Iterable[Row]) -> Path:
    """Lands a file of one table; columns that are not in a row are empty."""
    path = site.lake.store.local(f"olist/landing/{name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FILES[table].columns, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def order(number: int, ordered_at: str = "2017-01-10 10:00:00", **more: str) -> Row:
    return {
        "order_id": f"o{number}",
        "customer_id": f"c{number}",
        "order_status": "delivered",
        "order_purchase_timestamp": ordered_at,
        **more,
    }


def item(number: int, price: str = "10.00", line: int = 1, **more: str) -> Row:
    return {
        "order_id": f"o{number}",
        "order_item_id": str(line),
        "product_id": "p1",
        "seller_id": "s1",
        "price": price,
        "freight_value": "1.00",
        **more,
    }


def payment(number: int, amount: str = "11.00", sequence: int = 1, **more: str) -> Row:
    return {
        "order_id": f"o{number}",
        "payment_sequential": str(sequence),
        "payment_type": "boleto",
        "payment_installments": "1",
        "payment_value": amount,
        **more,
    }


def customer(number: int, person: str | None = None, **more: str) -> Row:
    return {
        "customer_id": f"c{number}",
        "customer_unique_id": person or f"u{number}",
        "customer_zip_code_prefix": "01000",
        "customer_city": "sao paulo",
        "customer_state": "SP",
        **more,
    }
