"""Names of products for people, and links to their pages."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.view import View

LABEL = "coalesce(p.name, p.category || ' · ' || left(p.product_id, 8))"
"""SQL of the label of the product p of dim_product: its name, or else its category and the start of its identifier."""


def product_path(product_id: str) -> str:
    """The page of a product, as a part of its address."""
    return f"product/{quote(product_id, safe='')}"


def product_url(view: View, product_id: str) -> str:
    return view.url(product_path(product_id))


def labels_of(view: View, product_ids: Iterable[str]) -> dict[str, str]:
    """The labels of these products, by identifier."""
    numbered = {f"id{number}": one for number, one in enumerate(sorted(set(product_ids)))}
    if not numbered:
        return {}
    listed = ", ".join(f"${name}" for name in numbered)
    query = Query(f"select p.product_id, {LABEL} as label from dim_product as p where p.product_id in ({listed})", numbered)
    return {row["product_id"]: row["label"] for row in view.release.rows(query)}
