from __future__ import annotations

from ecom_lake.engine.contracts.columns import Key, Text
from ecom_lake.engine.contracts.table import Silver


class Sellers(Silver):
    """One row per seller."""

    seller_id = Key("The seller.")
    city = Text("City of the seller.", nullable=True)
    state = Text("State of the seller.", nullable=True)
    zip = Text("Zip code or zip prefix, as text: leading zeros count.", nullable=True)
