from __future__ import annotations

from ecom_lake.contracts.columns import Flag, Key, Month, Text, Timestamp
from ecom_lake.contracts.table import Silver

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
