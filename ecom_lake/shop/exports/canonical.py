"""The eleven files of the canonical shop: silver's own columns, and the meaning of an empty field.

A file has the columns of its contract, except those that the lake computes. A row needs the required columns; every other
column may be missing from a file, and every file except orders may be missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ecom_lake.engine.contracts.columns import TIMESTAMP
from ecom_lake.engine.contracts.delivered import LINEAGE, Delivered
from ecom_lake.engine.contracts.table import Table, with_nullable
from ecom_lake.shop.canonical.customers import Customers
from ecom_lake.shop.canonical.events import Events
from ecom_lake.shop.canonical.order_items import OrderItems
from ecom_lake.shop.canonical.orders import Orders
from ecom_lake.shop.canonical.payments import Payments
from ecom_lake.shop.canonical.places import Places
from ecom_lake.shop.canonical.products import Products
from ecom_lake.shop.canonical.refunds import Refunds
from ecom_lake.shop.canonical.reviews import Reviews
from ecom_lake.shop.canonical.sellers import Sellers
from ecom_lake.shop.canonical.targets import Targets
from ecom_lake.shop.personal import IDS, PERSONAL

COMPUTED = ("month", "source_status", "is_timeline_sound", "gross_sales", *LINEAGE)
"""Columns of the contracts that files do not have, unless they require them."""


@dataclass(frozen=True)
class CanonicalFile:
    contract: Table
    meaning: str
    required: tuple[str, ...]
    defaults: Mapping[str, str] = field(default_factory=dict)
    """The value of an empty field or a missing column; for all other optional columns it is NULL."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Optional columns that are not in the contract, with their meanings; other columns are computed from them."""
    also_called: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    """Columns of the contract that files of this shop never have."""
    texts: tuple[str, ...] = ()
    """Columns with texts that customers wrote; `written_at`: those with the time at which they did."""
    written_at: tuple[str, ...] = ()

    @property
    def times(self) -> tuple[str, ...]:
        times = [name for name, column in self.contract.columns.items() if column.kind == TIMESTAMP]
        return tuple(name for name in times if name in self.delivered.columns)

    @property
    def delivered(self) -> Delivered:
        known = (*self.contract.columns, *self.more)
        optional = tuple(name for name in known if name not in (*self.required, *COMPUTED, *self.without))
        columns = (*self.required, *optional)
        ids = {name: kind for name, kind in IDS.items() if name in columns}
        return Delivered(
            self.contract.name,
            self.meaning,
            required=self.required,
            optional=optional,
            file_names=(self.contract.name, *self.also_called),
            ids=ids,
            personal=tuple(name for name in columns if name in PERSONAL and name not in ids) if ids else (),
            texts=self.texts,
            written_at=self.written_at,
        )


ORDERS = CanonicalFile(
    Orders.table,
    "Orders with their customer, times and status. The only required file.",
    required=("order_id", "customer_id", "ordered_at"),
    defaults={"status": "unknown", "is_valid": "true"},
    more={"is_returned": "Whether the whole order was sent back; its status then is `returned`."},
    also_called=("order",),
)
UNDATED_ORDERS = replace(
    ORDERS,
    contract=with_nullable(ORDERS.contract, "ordered_at", "month"),
    required=("order_id", "customer_id"),
    without=("ordered_at",),
)
ORDER_ITEMS = CanonicalFile(
    OrderItems.table,
    "Order lines. Without this file there are orders and no sales.",
    required=("order_id", "line", "product_id", "unit_price"),
    defaults={"quantity": "1", "discount": "0", "freight": "0", "is_valid": "true"},
    also_called=("items", "order_lines", "lines"),
)
PAYMENTS = CanonicalFile(
    Payments.table,
    "Payments of orders; one order may be paid in several ways.",
    required=("order_id", "sequence", "amount"),
    defaults={"method": "unknown", "status": "unknown"},
    also_called=("order_payments", "payment"),
)
REFUNDS = CanonicalFile(
    Refunds.table,
    "Refunds: money given back, in full or in part. Without this file refunds are unknown.",
    required=("refund_id", "order_id", "refunded_at", "amount"),
    also_called=("refund", "order_refunds", "credit_notes"),
)
UNDATED_REFUNDS = replace(
    REFUNDS,
    contract=with_nullable(REFUNDS.contract, "refunded_at"),
    required=("refund_id", "order_id", "amount"),
)
REVIEWS = CanonicalFile(
    Reviews.table,
    "Reviews; one review may cover several orders, and an order may have several reviews.",
    required=("review_id", "order_id", "score"),
    defaults={"is_score_imputed": "false"},
    also_called=("order_reviews", "review"),
    texts=("title", "comment"),
    written_at=("answered_at", "created_at"),
)
CUSTOMERS = CanonicalFile(
    Customers.table,
    "Customers. If a file has several rows of a customer, the last row counts; different genders become `unknown`.",
    required=("customer_id",),
    also_called=("customer", "people"),
)
PRODUCTS = CanonicalFile(
    Products.table,
    "Products. Products that occur only in order lines have no name and the category `unknown`.",
    required=("product_id",),
    defaults={"category": "unknown"},
    also_called=("product",),
)
SELLERS = CanonicalFile(
    Sellers.table, "Sellers, for a shop that is not the only seller.", required=("seller_id",), also_called=("seller",)
)
PLACES = CanonicalFile(
    Places.table,
    "Places: one row per zip.",
    required=("zip", "lat", "lng"),
    defaults={"points": "1"},
    also_called=("place", "geolocation", "zips"),
)
TARGETS = CanonicalFile(
    Targets.table,
    "Targets of the shop: a KPI of a month, such as `2024-03,net_sales,120000`.",
    required=("month", "kpi", "target"),
    also_called=("target", "kpi_targets"),
)
EVENTS = CanonicalFile(
    Events.table,
    "Events that explain a number: campaigns, price changes, outages.",
    required=("event_date", "event"),
    also_called=("event", "calendar_events"),
)

_UNRELATED_TO_DATES = (REVIEWS, CUSTOMERS, PRODUCTS, SELLERS, PLACES, TARGETS, EVENTS)
FILES = (ORDERS, ORDER_ITEMS, PAYMENTS, REFUNDS, *_UNRELATED_TO_DATES)
UNDATED_FILES = (UNDATED_ORDERS, ORDER_ITEMS, PAYMENTS, UNDATED_REFUNDS, *_UNRELATED_TO_DATES)

DELIVERED = tuple(file.delivered for file in FILES)
UNDATED_DELIVERED = tuple(file.delivered for file in UNDATED_FILES)
"""Of a shop whose orders have no dates."""
