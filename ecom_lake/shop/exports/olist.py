"""The nine files of an Olist export. Required columns are those that silver needs; other columns may be missing."""

from __future__ import annotations

from ecom_lake.engine.contracts.delivered import ALIAS, PERSON, Delivered

ORDER, REVIEW = "order", "review"

CUSTOMERS = Delivered(
    "customers",
    "Aliases of customers: each order has its own alias; several aliases may belong to one person (`customer_unique_id`).",
    required=("customer_id", "customer_unique_id"),
    optional=("customer_zip_code_prefix", "customer_city", "customer_state"),
    file_names=("olist_customers_dataset", "olist_customers", "customers"),
    ids={"customer_unique_id": PERSON, "customer_id": ALIAS},
    personal=("customer_zip_code_prefix", "customer_city"),
)
ORDERS = Delivered(
    "orders",
    "Orders with their status and the times of their stages.",
    required=("order_id", "customer_id", "order_status", "order_purchase_timestamp"),
    optional=(
        "order_approved_at",
        "order_delivered_carrier_date",
        "order_delivered_customer_date",
        "order_estimated_delivery_date",
    ),
    file_names=("olist_orders_dataset", "olist_orders", "orders"),
    ids={"customer_id": ALIAS, "order_id": ORDER},
)
ORDER_ITEMS = Delivered(
    "order_items",
    "Lines of orders, one unit each.",
    required=("order_id", "order_item_id", "product_id", "price", "freight_value"),
    optional=("seller_id", "shipping_limit_date"),
    file_names=("olist_order_items_dataset", "olist_order_items", "order_items"),
    ids={"order_id": ORDER},
)
ORDER_PAYMENTS = Delivered(
    "order_payments",
    "Payments of orders; one order may be paid in several ways.",
    required=("order_id", "payment_sequential", "payment_value"),
    optional=("payment_type", "payment_installments"),
    file_names=("olist_order_payments_dataset", "olist_order_payments", "order_payments"),
    ids={"order_id": ORDER},
)
ORDER_REVIEWS = Delivered(
    "order_reviews",
    "Reviews; one review may cover several orders, and an order may have several reviews.",
    required=("review_id", "order_id", "review_score"),
    optional=("review_comment_title", "review_comment_message", "review_creation_date", "review_answer_timestamp"),
    file_names=("olist_order_reviews_dataset", "olist_order_reviews", "order_reviews"),
    ids={"order_id": ORDER, "review_id": REVIEW},
    personal=("review_comment_title", "review_comment_message"),
    texts=("review_comment_title", "review_comment_message"),
    written_at=("review_answer_timestamp", "review_creation_date"),
)
PRODUCTS = Delivered(
    "products",
    "Products with category, weight and size; they have no names.",
    required=("product_id", "product_category_name"),
    optional=(
        "product_name_lenght",
        "product_description_lenght",
        "product_photos_qty",
        "product_weight_g",
        "product_length_cm",
        "product_height_cm",
        "product_width_cm",
    ),
    file_names=("olist_products_dataset", "olist_products", "products"),
)
SELLERS = Delivered(
    "sellers",
    "Sellers and their addresses.",
    required=("seller_id",),
    optional=("seller_zip_code_prefix", "seller_city", "seller_state"),
    file_names=("olist_sellers_dataset", "olist_sellers", "sellers"),
)
GEOLOCATION = Delivered(
    "geolocation",
    "Geographic points, many per zip prefix.",
    required=("geolocation_zip_code_prefix", "geolocation_lat", "geolocation_lng"),
    optional=("geolocation_city", "geolocation_state"),
    file_names=("olist_geolocation_dataset", "olist_geolocation", "geolocation"),
)
TRANSLATION = Delivered(
    "product_category_name_translation",
    "Portuguese category names in English.",
    required=("product_category_name", "product_category_name_english"),
    file_names=("product_category_name_translation",),
)

DELIVERED = (
    CUSTOMERS,
    ORDERS,
    ORDER_ITEMS,
    ORDER_PAYMENTS,
    ORDER_REVIEWS,
    PRODUCTS,
    SELLERS,
    GEOLOCATION,
    TRANSLATION,
)
