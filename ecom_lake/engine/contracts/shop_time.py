"""Times that carry a zone or an offset, converted to the shop's time zone.

Silver's times are naive local times of the shop. A text such as `2024-03-01T10:00:00Z` or
`2024-03-01 10:00:00+03:00` names an instant, so its conversion is unambiguous, around clock changes too.
Not here: how a time without a zone is read (reading.py).
"""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from ecom_lake.engine.contracts.columns import TIMESTAMP
from ecom_lake.engine.contracts.reading import read

_ZONE = r" ?(?:Z|UTC|(?<sign>[+-])(?<hours>0[0-9]|1[0-4])(?::?(?<minutes>[0-5][0-9]))?)\s*$"
_ZONED = rf"^\s*(?<local>[0-9-]{{10}}[ T][0-9:.]+?){_ZONE}"


def in_shop_time(rows: pl.DataFrame, times: Iterable[str], zone: str) -> pl.DataFrame:
    """The delivered rows, with every zoned time of these text columns written as a time without a zone.

    All other texts are left as delivered. `zone` is an IANA name such as Europe/Istanbul."""
    zoned = [name for name in times if rows[name].str.contains(_ZONE).any()]
    return rows.with_columns(_converted(rows[name], zone) for name in zoned)


def _converted(texts: pl.Series, zone: str) -> pl.Series:
    where = texts.str.contains(_ZONED).arg_true()
    parts = texts.gather(where).rename("delivered").to_frame()
    parts = parts.with_columns(pl.col("delivered").str.extract_groups(_ZONED).alias("zoned")).unnest("zoned")
    hours, minutes = (pl.col(part).cast(pl.Int64).fill_null(0) for part in ("hours", "minutes"))
    east = pl.when(pl.col("sign") == "-").then(-1).otherwise(1) * (60 * hours + minutes)
    instant = pl.lit(read(parts["local"], TIMESTAMP)) - pl.duration(minutes=east)
    local = instant.dt.replace_time_zone("UTC").dt.convert_time_zone(zone).dt.replace_time_zone(None)
    written = local.dt.to_string("%Y-%m-%d %H:%M:%S%.f")
    return texts.scatter(where, parts.select(pl.coalesce(written, "delivered")).to_series())
