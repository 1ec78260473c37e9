from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Flag, Integer, Key, Text, Timestamp
from ecom_lake.engine.contracts.table import Silver


class Customers(Silver):
    """One row per person."""

    customer_id = Key("The person: stable over all of their orders.")
    registered_at = Timestamp("When the person registered with the shop.", nullable=True)
    age = Integer("Age in years, as the shop last knew it.", nullable=True, at_least=0, at_most=130)
    gender = Text("Gender as the shop knows it; `unknown` where its records conflict.", nullable=True)
    city = Text("City of the person: the one on their latest order.", nullable=True)
    state = Text("State of the person: the one on their latest order.", nullable=True)
    region = Text("Region of the country that the state lies in.", nullable=True)
    country = Text("Country, as an ISO 3166 two-letter code.", nullable=True)
    zip = Text("Zip code or zip prefix, as text: leading zeros count.", nullable=True)
    source_segment = Text("Segment that the source system had put the person in.", nullable=True)
    is_subscriber = Flag("Whether the person subscribes.", nullable=True)
    prior_purchases = Count("Purchases that the source says came before its export.", nullable=True)
    purchase_frequency_days = Integer("How often the person says they buy, in days.", nullable=True, at_least=0)
