from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Flag, Key, Number, Price, Text
from ecom_lake.engine.contracts.table import Gold


class DimProduct(Gold, group="star"):
    """One row per product, those included that only order lines know."""

    product_id = Key("The product.")
    has_record = Flag("Whether the shop delivered a record of the product; else only order lines know it.")
    name = Text("What the shop calls it.", nullable=True)
    category = Text("Category in English; `unknown` where the shop names none.")
    brand = Text("Brand.", nullable=True)
    unit_cost = Price("What one unit costs the shop.", nullable=True, at_least=0)
    list_price = Price("Price before any discount.", nullable=True, at_least=0)
    weight_g = Number("Weight in grams.", nullable=True, at_least=0)
    photos = Count("Number of photos on the product's page.", nullable=True)
