"""Places from points: a zip prefix has many points, some on other continents, and a city in several spellings.

Only the latest delivery that contains a zip counts for it. The place is the median of its points inside Brazil, with the city
and state of most of its points. A point that was delivered twice counts twice.
"""

from __future__ import annotations

import polars as pl

from ecom_lake.engine.contracts.columns import NUMBER
from ecom_lake.engine.contracts.connector import Merged
from ecom_lake.engine.contracts.delivered import LINEAGE
from ecom_lake.engine.contracts.reading import reading
from ecom_lake.shop.connectors.merging import Reason, fates, is_refused, refused, rows_by_delivery
from ecom_lake.shop.connectors.olist.names import state_code, with_clean_city, zip_prefix

SOURCE = "geolocation"
ZIP, LAT, LNG = "geolocation_zip_code_prefix", "geolocation_lat", "geolocation_lng"
REASONS = (
    Reason("zip_missing", ZIP, pl.col("zip").is_null()),
    Reason("lat_unreadable", LAT, pl.col("lat").is_null()),
    Reason("lng_unreadable", LNG, pl.col("lng").is_null()),
)
IN_BRAZIL = pl.col("lat").is_between(-34, 6) & pl.col("lng").is_between(-74, -32)
"""From Chuí to Monte Caburaí and from the Serra do Divisor to Fernando de Noronha."""


def merge_places(rows: pl.LazyFrame, order_index: pl.LazyFrame) -> Merged:
    points = rows.with_columns(zip=zip_prefix(ZIP), lat=reading(LAT, NUMBER), lng=reading(LNG, NUMBER))
    sound = points.filter(~is_refused(REASONS))
    located, votes, lost = pl.collect_all([_located(sound), _votes(sound), refused(points, SOURCE, REASONS)])
    latest = located.sort("zip", "source_sequence").unique("zip", keep="last", maintain_order=True)
    latest_votes = votes.join(latest, on=["zip", "source_sequence"], how="semi")
    names = with_clean_city(latest_votes.with_columns(city="geolocation_city", state=state_code("geolocation_state")))
    places = latest.join(_majority(names, "city"), on="zip", how="left").join(_majority(names, "state"), on="zip", how="left")
    return Merged(
        rows=places.select("zip", "lat", "lng", "city", "state", "points", *LINEAGE).sort("zip"),
        fates=fates(SOURCE, _points_by_delivery(located), _points_by_delivery(latest), rows_by_delivery(latest)),
        refused=lost.sort(LINEAGE),
    )


def _located(points: pl.LazyFrame) -> pl.LazyFrame:
    """The place of each zip in each delivery, with the lineage of its first point."""
    return points.group_by("zip", "source_sequence").agg(
        pl.col("lat", "lng").filter(IN_BRAZIL).median(),
        pl.col("source_record").min(),
        points=pl.len().cast(pl.Int64),
    )


def _votes(points: pl.LazyFrame) -> pl.LazyFrame:
    return points.group_by("zip", "source_sequence", "geolocation_city", "geolocation_state").agg(votes=pl.len())


def _points_by_delivery(located: pl.DataFrame) -> pl.DataFrame:
    return located.group_by("source_sequence").agg(rows=pl.col("points").sum())


def _majority(votes: pl.DataFrame, name: str) -> pl.DataFrame:
    """The name with the most votes of each zip; among equals, the first in alphabetical order."""
    counted = votes.drop_nulls(name).group_by("zip", name).agg(pl.col("votes").sum())
    return counted.sort("zip", "votes", name, descending=[False, True, False]).unique("zip", keep="first", maintain_order=True)
