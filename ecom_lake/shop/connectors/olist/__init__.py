"""The Olist kind of export: the nine CSVs that the Brazilian marketplace published, and every shop that exports the same
files.

Here: the function that makes each silver table. The irregularities of the real data and their treatment are in
`docs/decisions/0003-olist-silver.md`. Not here: the delivered files (`shop/exports/olist.py`).
"""

from __future__ import annotations

from ecom_lake.engine.contracts.connector import Connector, Lookup, ManyToOne, RowByRow
from ecom_lake.engine.contracts.table import with_required
from ecom_lake.shop.canonical.customers import Customers
from ecom_lake.shop.canonical.order_items import OrderItems
from ecom_lake.shop.canonical.orders import Orders
from ecom_lake.shop.canonical.payments import Payments
from ecom_lake.shop.canonical.places import Places
from ecom_lake.shop.canonical.products import Products
from ecom_lake.shop.canonical.reviews import Reviews
from ecom_lake.shop.canonical.sellers import Sellers
from ecom_lake.shop.connectors.olist.market import shape_products, shape_sellers
from ecom_lake.shop.connectors.olist.orders import STAGES, shape_order_items, shape_orders, shape_payments, shape_reviews
from ecom_lake.shop.connectors.olist.people import merge_customers
from ecom_lake.shop.connectors.olist.places import merge_places
from ecom_lake.shop.exports import olist as files

OLIST = Connector(
    name="olist",
    meaning="Olist, a Brazilian marketplace: nine CSVs of orders, lines, payments, reviews, products, sellers and people.",
    delivered=files.DELIVERED,
    orders=RowByRow(
        with_required(Orders.table, "customer_id"),
        "orders",
        shape_orders,
        (Lookup("customers", "customer_id", needs=("customer_unique_id",)),),
        times=(*STAGES, "order_estimated_delivery_date"),
    ),
    customer_key="customer_id",
    lines=(
        RowByRow(OrderItems.table, "order_items", shape_order_items),
        RowByRow(Payments.table, "order_payments", shape_payments),
        RowByRow(Reviews.table, "order_reviews", shape_reviews, times=("review_creation_date", "review_answer_timestamp")),
    ),
    dimensions=(
        ManyToOne(Customers.table, "customers", merge_customers),
        RowByRow(
            Products.table,
            "products",
            shape_products,
            (Lookup("product_category_name_translation", "product_category_name", needs=("product_category_name_english",)),),
        ),
        RowByRow(Sellers.table, "sellers", shape_sellers),
        ManyToOne(Places.table, "geolocation", merge_places, reads_orders=False),
    ),
    absent={
        "customers.registered_at": "Olist does not export registration dates.",
        "customers.age": "Olist does not export ages.",
        "customers.gender": "Olist does not export genders.",
        "customers.source_segment": "Olist does not export customer segments.",
        "customers.is_subscriber": "Olist has no subscriptions.",
        "customers.prior_purchases": "Olist does not export purchases from before the first order of the export.",
        "customers.purchase_frequency_days": "Olist does not ask customers how often they buy.",
        "orders.channel": "Olist does not export the channel of an order.",
        "orders.shipping_method": "Olist does not export shipping methods.",
        "orders.coupon_code": "Olist does not export coupon codes.",
        "orders.currency": "Olist does not export currencies; all of its amounts are Brazilian reais.",
        "order_items.discount": "Olist exports the price that was paid, without discounts; every discount is 0.",
        "order_items.unit_cost": "Olist does not export unit costs.",
        "order_items.is_returned": "Olist does not export returns.",
        "returns_leakage": "Olist does not export returns.",
        "order_items.tax": "Olist does not export taxes.",
        "order_items.is_discounted": "Olist exports the price that was paid, without discounts.",
        "order_items.size": "Olist does not export sizes.",
        "order_items.colour": "Olist does not export colours.",
        "payments.paid_at": "Olist exports the approval time of an order, not the times of its payments.",
        "payments.status": "Olist does not export the status of a payment; it is unknown, so that every payment counts.",
        "refunds": "Olist does not export refunds.",
        "targets": "Olist does not export targets.",
        "events": "Olist does not export events.",
        "products.name": "Olist removed product names from its export.",
        "products.brand": "Olist removed brands from its export.",
        "products.unit_cost": "Olist does not export unit costs.",
        "products.list_price": "Olist has no list prices: it exports the price of each order line.",
    },
)
