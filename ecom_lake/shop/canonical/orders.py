from __future__ import annotations

from ecom_lake.engine.contracts.columns import Text, Timestamp
from ecom_lake.engine.contracts.relations import same_month
from ecom_lake.engine.contracts.table import Rule, Silver
from ecom_lake.shop import vocabulary

STATUSES = (
    "created",
    "approved",
    "processing",
    "invoiced",
    "shipped",
    "in_transit",
    "delivered",
    "returned",
    "canceled",
    "unavailable",
    "unknown",
)
NO_SALE = ("canceled", "unavailable")
"""The statuses of orders that are no sale."""

CANCELED_IS_NO_SALE = Rule(
    "canceled_is_no_sale",
    f"NOT is_valid OR status NOT IN {NO_SALE}",
    "An order that was canceled or is unavailable is no sale.",
)


class Orders(Silver, monthly=True):
    """One row per order."""

    order_id = vocabulary.order_id.replace(key=True)
    customer_id = vocabulary.customer_id.replace(nullable=True)
    ordered_at = vocabulary.ordered_at
    month = vocabulary.month
    approved_at = Timestamp("Time when the payment was approved.", nullable=True)
    shipped_at = Timestamp("Time when the order was handed to the carrier.", nullable=True)
    delivered_at = vocabulary.delivered_at.replace(nullable=True)
    promised_at = Timestamp("Delivery time that the customer was promised.", nullable=True)
    status = vocabulary.status.replace(one_of=STATUSES)
    source_status = vocabulary.source_status
    is_valid = vocabulary.is_valid
    is_timeline_sound = vocabulary.is_timeline_sound
    city = vocabulary.city
    state = vocabulary.state
    region = vocabulary.region
    country = vocabulary.country
    zip = vocabulary.zip
    channel = vocabulary.channel
    shipping_method = vocabulary.shipping_method
    coupon_code = vocabulary.coupon_code
    currency = Text(
        "Currency of the order's amounts, as an ISO 4217 three-letter code; NULL where the source states none. A shop has one"
        " currency.",
        nullable=True,
    )

    rules = (
        CANCELED_IS_NO_SALE,
        Rule(
            "month_is_of_ordered_at", same_month("month", "ordered_at"), "month is the month of ordered_at, where that is known."
        ),
        Rule(
            "timeline_sound_if_in_order",
            "is_timeline_sound <> coalesce(approved_at < ordered_at OR shipped_at < ordered_at OR shipped_at < approved_at"
            " OR delivered_at < ordered_at OR delivered_at < approved_at OR delivered_at < shipped_at, false)",
            "The timeline is sound unless a stage (ordered, approved, shipped, delivered) is dated before an earlier one.",
        ),
    )
