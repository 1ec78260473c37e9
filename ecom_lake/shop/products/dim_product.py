from __future__ import annotations

from ecom_lake.engine.contracts.table import Gold
from ecom_lake.shop import vocabulary


class DimProduct(Gold):
    """One row per product, including those that only order lines refer to."""

    product_id = vocabulary.product_id.replace(key=True)
    has_record = vocabulary.has_record
    name = vocabulary.product_name
    category = vocabulary.category
    brand = vocabulary.brand
    unit_cost = vocabulary.unit_cost
    list_price = vocabulary.list_price
    weight_g = vocabulary.weight_g
    photos = vocabulary.photos
