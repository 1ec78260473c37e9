from __future__ import annotations

from ecom_lake.engine.contracts.columns import Flag, Key, Text
from ecom_lake.engine.contracts.table import Gold


class DimSeller(Gold, group="star"):
    """One row per seller, those included that only order lines know."""

    seller_id = Key("The seller.")
    has_record = Flag("Whether the shop delivered a record of the seller; else only order lines know them.")
    city = Text("City of the seller.", nullable=True)
    state = Text("State of the seller.", nullable=True)
    zip = Text("Zip code or zip prefix, as text: leading zeros count.", nullable=True)
