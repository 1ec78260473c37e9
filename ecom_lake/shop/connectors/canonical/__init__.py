"""The canonical kind of export: files that already have silver's columns, for a shop without its own connector.

The files and columns are in files.py and in `docs/canonical.md`. A shop declares the columns that it does not have in lake.toml
(`without`); this connector itself has every column.
"""

from __future__ import annotations

from dataclasses import replace

from ecom_lake.engine.contracts.connector import Connector, Lookup, ManyToOne, RowByRow
from ecom_lake.engine.contracts.table import with_nullable
from ecom_lake.shop.connectors.canonical import files, rows
from ecom_lake.shop.connectors.canonical.people import merge_customers

_DATED = Connector(
    name="canonical",
    meaning="Files with the columns of the canonical shop: orders, and any of the other tables.",
    delivered=tuple(file.delivered for file in files.FILES),
    orders=RowByRow(
        files.ORDERS.contract, "orders", rows.shape_orders, (Lookup("customers", "customer_id"),), times=files.ORDERS.times
    ),
    customer_key="customer_id",
    lines=(
        RowByRow(files.ORDER_ITEMS.contract, "order_items", rows.shape_order_items, times=files.ORDER_ITEMS.times),
        RowByRow(files.PAYMENTS.contract, "payments", rows.shape_payments, times=files.PAYMENTS.times),
        RowByRow(files.REVIEWS.contract, "reviews", rows.shape_reviews, times=files.REVIEWS.times),
    ),
    dimensions=(
        ManyToOne(files.CUSTOMERS.contract, "customers", merge_customers, times=files.CUSTOMERS.times, reads_orders=False),
        RowByRow(files.PRODUCTS.contract, "products", rows.shape_products, times=files.PRODUCTS.times),
        RowByRow(files.SELLERS.contract, "sellers", rows.shape_sellers, times=files.SELLERS.times),
        RowByRow(files.PLACES.contract, "places", rows.shape_places, times=files.PLACES.times),
    ),
)


def _undated(line: RowByRow) -> RowByRow:
    return replace(line, contract=with_nullable(line.contract, "month"))


CANONICAL = replace(
    _DATED,
    undated=replace(
        _DATED,
        delivered=(files.UNDATED_ORDERS.delivered, *_DATED.delivered[1:]),
        orders=replace(
            _DATED.orders,
            contract=files.UNDATED_ORDERS.contract,
            shape=rows.shape_undated_orders,
            times=files.UNDATED_ORDERS.times,
        ),
        lines=tuple(map(_undated, _DATED.lines)),
    ),
)
