from __future__ import annotations

from ecom_lake.engine.contracts.columns import Flag, Key, Month, Text, Timestamp
from ecom_lake.engine.contracts.relations import same_month
from ecom_lake.engine.contracts.table import Rule, Silver

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

    order_id = Key("The order.")
    customer_id = Text("The person who ordered; an order whose customer record has not come is a person of its own.")
    ordered_at = Timestamp("When the order was placed, in the shop's own time.")
    month = Month("Month in which the order was placed, as its first day.")
    approved_at = Timestamp("When the payment was approved.", nullable=True)
    shipped_at = Timestamp("When the carrier took it.", nullable=True)
    delivered_at = Timestamp("When the customer got it.", nullable=True)
    promised_at = Timestamp("The delivery date that the customer was promised.", nullable=True)
    status = Text("Where the order stands, in the words that all shops share.", one_of=STATUSES)
    source_status = Text("The status in the source's own word; NULL where it states none.", nullable=True)
    is_valid = Flag("Whether it counts as a sale: neither canceled nor unavailable, nor refused by the source's own flag.")
    is_timeline_sound = Flag("False where a later stage is dated before an earlier one; its times are kept as delivered.")
    city = Text("City that the order went to.", nullable=True)
    state = Text("State that the order went to.", nullable=True)
    region = Text("Region of the country that the state lies in.", nullable=True)
    country = Text("Country that the order went to, as an ISO 3166 two-letter code.", nullable=True)
    zip = Text("Zip code or zip prefix that the order went to, as text.", nullable=True)
    channel = Text("Sales channel.", nullable=True)

    rules = (
        CANCELED_IS_NO_SALE,
        Rule("month_is_of_ordered_at", same_month("month", "ordered_at"), "An order with a date lies in the month of that date."),
        Rule(
            "timeline_sound_if_in_order",
            "is_timeline_sound <> coalesce(approved_at < ordered_at OR shipped_at < ordered_at OR shipped_at < approved_at"
            " OR delivered_at < ordered_at OR delivered_at < approved_at OR delivered_at < shipped_at, false)",
            "A timeline is sound unless a stage (ordered, approved, shipped, delivered) is dated before an earlier one.",
        ),
    )
