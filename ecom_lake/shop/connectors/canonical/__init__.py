"""The canonical kind of export: files that already have silver's columns, for a shop without its own connector.

The files and columns are in `shop/exports/canonical.py` and in `docs/canonical.md`. A shop declares the columns that it does not
have in lake.toml (`without`); this connector itself has every column.
"""

from __future__ import annotations

from dataclasses import replace

from ecom_lake.engine.contracts.connector import Connector, Lookup, ManyToOne, RowByRow
from ecom_lake.engine.contracts.settings_model import SettingsModel
from ecom_lake.engine.contracts.table import with_nullable
from ecom_lake.shop.connectors.canonical import rows
from ecom_lake.shop.connectors.canonical.people import merge_customers
from ecom_lake.shop.exports import canonical as files
from ecom_lake.shop.settings.numbers import ShopSettings


def in_the_shops_currency(connector: Connector, numbers: SettingsModel) -> Connector:
    """The connector for a shop that states its currency: orders in another currency are refused."""
    assert isinstance(numbers, ShopSettings)
    if numbers.currency_code is None:
        return connector
    orders = connector.orders.contract
    currency = orders.columns["currency"].replace(one_of=(numbers.currency_code,))
    stated = replace(orders, columns={**orders.columns, "currency": currency})
    return replace(connector, orders=replace(connector.orders, contract=stated))


_DATED = Connector(
    name="canonical",
    meaning="Files with the columns of the canonical shop: orders, and any of the other tables.",
    delivered=files.DELIVERED,
    orders=RowByRow(
        files.ORDERS.contract, "orders", rows.shape_orders, (Lookup("customers", "customer_id"),), times=files.ORDERS.times
    ),
    customer_key="customer_id",
    lines=(
        RowByRow(files.ORDER_ITEMS.contract, "order_items", rows.shape_order_items, times=files.ORDER_ITEMS.times),
        RowByRow(files.PAYMENTS.contract, "payments", rows.shape_payments, times=files.PAYMENTS.times),
        RowByRow(files.REFUNDS.contract, "refunds", rows.shape_refunds, times=files.REFUNDS.times),
        RowByRow(files.REVIEWS.contract, "reviews", rows.shape_reviews, times=files.REVIEWS.times),
    ),
    dimensions=(
        ManyToOne(files.CUSTOMERS.contract, "customers", merge_customers, times=files.CUSTOMERS.times, reads_orders=False),
        RowByRow(files.PRODUCTS.contract, "products", rows.shape_products, times=files.PRODUCTS.times),
        RowByRow(files.SELLERS.contract, "sellers", rows.shape_sellers, times=files.SELLERS.times),
        RowByRow(files.PLACES.contract, "places", rows.shape_places, times=files.PLACES.times),
        RowByRow(files.TARGETS.contract, "targets", rows.shape_targets),
        RowByRow(files.EVENTS.contract, "events", rows.shape_events),
    ),
    of_shop=in_the_shops_currency,
)


def _undated(line: RowByRow) -> RowByRow:
    contract = files.UNDATED_REFUNDS.contract if line.source == "refunds" else line.contract
    return replace(line, contract=with_nullable(contract, "month"))


CANONICAL = replace(
    _DATED,
    undated=replace(
        _DATED,
        delivered=files.UNDATED_DELIVERED,
        orders=replace(
            _DATED.orders,
            contract=files.UNDATED_ORDERS.contract,
            shape=rows.shape_undated_orders,
            times=files.UNDATED_ORDERS.times,
        ),
        lines=tuple(map(_undated, _DATED.lines)),
    ),
)
