from __future__ import annotations

from ecom_lake.engine.contracts.table import Silver
from ecom_lake.shop import vocabulary


class Customers(Silver):
    """One row per customer: a person, whatever the number of accounts."""

    customer_id = vocabulary.customer_id.replace(key=True)
    registered_at = vocabulary.registered_at
    age = vocabulary.age
    gender = vocabulary.gender
    city = vocabulary.city
    state = vocabulary.state
    region = vocabulary.region
    country = vocabulary.country
    zip = vocabulary.zip
    source_segment = vocabulary.source_segment
    is_subscriber = vocabulary.is_subscriber
    prior_purchases = vocabulary.prior_purchases
    purchase_frequency_days = vocabulary.purchase_frequency_days
