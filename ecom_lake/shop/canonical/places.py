from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Key, Number, Text
from ecom_lake.engine.contracts.table import Silver


class Places(Silver):
    """One row per zip prefix: the robust centre of its many noisy points."""

    zip = Key("Zip prefix, as text: leading zeros count.", personal=False)  # of a place, where nobody in particular lives
    lat = Number("Latitude of the centre; NULL where no point lies in the country.", nullable=True, at_least=-90, at_most=90)
    lng = Number("Longitude of the centre; NULL where no point lies in the country.", nullable=True, at_least=-180, at_most=180)
    city = Text("The city that most of the points name.", nullable=True, personal=False)
    state = Text("The state that most of the points name.", nullable=True)
    points = Count("Delivered points that the place was made from.")
