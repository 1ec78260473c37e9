from __future__ import annotations

from ecom_lake.engine.contracts.table import Silver
from ecom_lake.shop import vocabulary


class Sellers(Silver):
    """One row per seller."""

    seller_id = vocabulary.seller_id.replace(key=True)
    city = vocabulary.city
    state = vocabulary.state
    zip = vocabulary.zip
