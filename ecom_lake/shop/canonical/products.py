from __future__ import annotations

from ecom_lake.engine.contracts.columns import MOST_AT_ONCE, Number
from ecom_lake.engine.contracts.table import Silver
from ecom_lake.shop import vocabulary


class Products(Silver):
    """One row per product."""

    product_id = vocabulary.product_id.replace(key=True)
    name = vocabulary.product_name
    category = vocabulary.category
    brand = vocabulary.brand
    unit_cost = vocabulary.unit_cost.replace(at_most=MOST_AT_ONCE)
    list_price = vocabulary.list_price.replace(at_most=MOST_AT_ONCE)
    weight_g = vocabulary.weight_g
    length_cm = Number("Length in centimetres.", nullable=True, at_least=0)
    height_cm = Number("Height in centimetres.", nullable=True, at_least=0)
    width_cm = Number("Width in centimetres.", nullable=True, at_least=0)
    photos = vocabulary.photos
