"""The eight files of the canonical shop: silver's own columns, and what an empty field means.

A file's columns are its contract's, without those that the lake works out itself. Required is what a row is nothing without;
every other column may be missing from a file, and so may every file but orders.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ecom_lake.engine.contracts.columns import TIMESTAMP
from ecom_lake.engine.contracts.delivered import LINEAGE, Delivered
from ecom_lake.engine.contracts.table import Table, with_nullable
from ecom_lake.shop.canonical.customers import Customers
from ecom_lake.shop.canonical.order_items import OrderItems
from ecom_lake.shop.canonical.orders import Orders
from ecom_lake.shop.canonical.payments import Payments
from ecom_lake.shop.canonical.places import Places
from ecom_lake.shop.canonical.products import Products
from ecom_lake.shop.canonical.reviews import Reviews
from ecom_lake.shop.canonical.sellers import Sellers

WORKED_OUT = ("month", "source_status", "is_timeline_sound", "gross_sales", *LINEAGE)
"""Columns of the contracts that no file has."""


@dataclass(frozen=True)
class CanonicalFile:
    contract: Table
    meaning: str
    required: tuple[str, ...]
    defaults: Mapping[str, str] = field(default_factory=dict)
    """What an empty field, or a column that is not there, is taken for; of all other optional columns it is NULL."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Optional columns that the contract does not have, with their meanings: they become part of others."""
    also_called: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    """Columns of the contract that files of this shop never have."""

    @property
    def times(self) -> tuple[str, ...]:
        times = [name for name, column in self.contract.columns.items() if column.kind == TIMESTAMP]
        return tuple(name for name in times if name in self.delivered.columns)

    @property
    def delivered(self) -> Delivered:
        known = (*self.contract.columns, *self.more)
        return Delivered(
            self.contract.name,
            self.meaning,
            required=self.required,
            optional=tuple(name for name in known if name not in (*self.required, *WORKED_OUT, *self.without)),
            file_names=(self.contract.name, *self.also_called),
        )


ORDERS = CanonicalFile(
    Orders.table,
    "Orders: who ordered when, and what became of it. The only file that a shop cannot do without.",
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
    "What was sold, line by line. Without it there are orders and no money.",
    required=("order_id", "line", "product_id", "unit_price"),
    defaults={"quantity": "1", "discount": "0", "freight": "0", "is_valid": "true"},
    also_called=("items", "order_lines", "lines"),
)
PAYMENTS = CanonicalFile(
    Payments.table,
    "How orders were paid; one order may be paid in several ways.",
    required=("order_id", "sequence", "amount"),
    defaults={"method": "unknown", "instalments": "1"},
    also_called=("order_payments", "payment"),
)
REVIEWS = CanonicalFile(
    Reviews.table,
    "What customers thought; one review may speak of several orders, and an order may have several.",
    required=("review_id", "order_id", "score"),
    defaults={"is_score_imputed": "false"},
    also_called=("order_reviews", "review"),
)
CUSTOMERS = CanonicalFile(
    Customers.table,
    "People. Several rows of one person in one file are one person: the last row counts, and genders that differ are `unknown`.",
    required=("customer_id",),
    also_called=("customer", "people"),
)
PRODUCTS = CanonicalFile(
    Products.table,
    "What the shop sells. Products that only order lines know have no name, and the category `unknown`.",
    required=("product_id",),
    defaults={"category": "unknown"},
    also_called=("product",),
)
SELLERS = CanonicalFile(
    Sellers.table, "Who sells, where that is not always the shop.", required=("seller_id",), also_called=("seller",)
)
PLACES = CanonicalFile(
    Places.table,
    "Where zips lie, one row each.",
    required=("zip", "lat", "lng"),
    defaults={"points": "1"},
    also_called=("place", "geolocation", "zips"),
)

FILES = (ORDERS, ORDER_ITEMS, PAYMENTS, REVIEWS, CUSTOMERS, PRODUCTS, SELLERS, PLACES)
