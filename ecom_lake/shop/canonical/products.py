from __future__ import annotations

from ecom_lake.engine.contracts.columns import MOST_AT_ONCE, Count, Key, Number, Price, Text
from ecom_lake.engine.contracts.table import Silver


class Products(Silver):
    """One row per product."""

    product_id = Key("The product.")
    name = Text("What the shop calls it.", nullable=True)
    category = Text("Category in English; `unknown` where the shop names none.")
    brand = Text("Brand.", nullable=True)
    unit_cost = Price("What one unit costs the shop.", nullable=True, at_least=0, at_most=MOST_AT_ONCE)
    list_price = Price("Price before any discount.", nullable=True, at_least=0, at_most=MOST_AT_ONCE)
    weight_g = Number("Weight in grams; NULL where the shop says 0.", nullable=True, at_least=0)
    length_cm = Number("Length in centimetres.", nullable=True, at_least=0)
    height_cm = Number("Height in centimetres.", nullable=True, at_least=0)
    width_cm = Number("Width in centimetres.", nullable=True, at_least=0)
    photos = Count("Number of photos on the product's page.", nullable=True)
