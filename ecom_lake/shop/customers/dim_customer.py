from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Flag, Integer, Key, Text, Timestamp
from ecom_lake.engine.contracts.table import Gold, Rule


class DimCustomer(Gold, group="star"):
    """One row per person, those included whom only their orders know."""

    customer_id = Key("The person: stable over all of their orders.")
    has_record = Flag("Whether the shop delivered a record of the person; else only their orders know them.")
    city = Text("City on the person's latest order.", nullable=True)
    state = Text("State on the person's latest order.", nullable=True)
    region = Text("Region of the country that the state lies in.", nullable=True)
    country = Text("Country, as an ISO 3166 two-letter code.", nullable=True)
    zip = Text("Zip code or zip prefix, as text: leading zeros count.", nullable=True)
    registered_at = Timestamp("When the person registered with the shop.", nullable=True)
    age = Integer("Age in years, as the shop last knew it.", nullable=True, at_least=0, at_most=130)
    age_group = Text("Quantile bin of ages over persons, with its bounds as the label.", nullable=True)
    gender = Text("Gender as the shop knows it; `unknown` where its records conflict.", nullable=True)
    source_segment = Text("Segment that the source system had put the person in.", nullable=True)
    is_subscriber = Flag("Whether the person subscribes.", nullable=True)
    prior_purchases = Count("Purchases that the source says came before its export.", nullable=True)
    purchase_frequency_days = Integer("How often the person says they buy, in days.", nullable=True, at_least=0)

    rules = (
        Rule(
            "age_group_of_an_age",
            "(age_group IS NULL) = (age IS NULL)",
            "Whoever has an age is in an age group, and nobody else.",
        ),
    )
