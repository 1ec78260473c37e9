from __future__ import annotations

from ecom_lake.engine.contracts.table import Gold
from ecom_lake.shop import vocabulary


class DimSeller(Gold):
    """One row per seller, including those that only order lines refer to."""

    seller_id = vocabulary.seller_id.replace(key=True)
    has_record = vocabulary.has_record
    city = vocabulary.city
    state = vocabulary.state
    zip = vocabulary.zip
