"""The months of a shop, as Dagster's partitions and as run tags."""

import calendar
from collections.abc import Sequence
from datetime import date

import dagster as dg

from ecom_lake.engine.config import UNDATED, Shop, month_name, named_month

RANGE_START = "dagster/asset_partition_range_start"
RANGE_END = "dagster/asset_partition_range_end"


def months_of(shop: Shop) -> dg.PartitionsDefinition[str]:
    """Bounded for a shop that has closed; up to and including the current month for a shop that still sells."""
    if shop.is_undated:
        return dg.StaticPartitionsDefinition([month_name(UNDATED)])
    start = f"{shop.first_month:%Y-%m}"
    if shop.last_month is None:
        return dg.MonthlyPartitionsDefinition(start, fmt="%Y-%m", timezone=shop.timezone, end_offset=1)
    return dg.MonthlyPartitionsDefinition(start, _after(shop.last_month), fmt="%Y-%m", timezone=shop.timezone)


def range_tags(months: Sequence[date]) -> dict[str, str]:
    """The tags of one run over all these months, which must be consecutive."""
    return {RANGE_START: month_name(months[0]), RANGE_END: month_name(months[-1])}


def chosen_months(context: dg.AssetExecutionContext) -> list[date] | None:
    """The months that a run is restricted to; None for a run over the whole shop, which builds the months that are due."""
    if not (context.has_partition_key or context.has_partition_key_range):
        return None
    return [named_month(key) for key in context.partition_keys]


def _after(month: date) -> str:
    days = calendar.monthrange(month.year, month.month)[1]
    return f"{date.fromordinal(month.toordinal() + days):%Y-%m}"
