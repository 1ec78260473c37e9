from __future__ import annotations

from ecom_lake.engine.contracts.columns import Count, Number
from ecom_lake.engine.contracts.table import Silver
from ecom_lake.shop import vocabulary


class Places(Silver):
    """One row per zip prefix: the robust centre of its many noisy points."""

    zip = vocabulary.zip.replace(personal=False, key=True)  # of a place, where nobody in particular lives
    lat = Number("Latitude of the centre; NULL where no point lies in the country.", nullable=True, at_least=-90, at_most=90)
    lng = Number("Longitude of the centre; NULL where no point lies in the country.", nullable=True, at_least=-180, at_most=180)
    city = vocabulary.city.replace(personal=False)
    state = vocabulary.state
    points = Count("Delivered points that the centre is computed from.")
