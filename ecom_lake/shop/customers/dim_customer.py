from __future__ import annotations

from ecom_lake.engine.contracts.columns import Text
from ecom_lake.engine.contracts.table import Gold, Rule
from ecom_lake.shop import vocabulary


class DimCustomer(Gold):
    """One row per customer, including those that only orders refer to."""

    customer_id = vocabulary.customer_id.replace(key=True)
    has_record = vocabulary.has_record
    city = vocabulary.city
    state = vocabulary.state
    region = vocabulary.region
    country = vocabulary.country
    zip = vocabulary.zip
    registered_at = vocabulary.registered_at
    age = vocabulary.age
    age_group = Text("Age group: a quantile bin of customers' ages, with its bounds as the label.", nullable=True)
    gender = vocabulary.gender
    source_segment = vocabulary.source_segment
    is_subscriber = vocabulary.is_subscriber
    prior_purchases = vocabulary.prior_purchases
    purchase_frequency_days = vocabulary.purchase_frequency_days

    rules = (
        Rule(
            "age_group_of_an_age",
            "(age_group IS NULL) = (age IS NULL)",
            "A customer has an age group if and only if the age is known.",
        ),
    )
