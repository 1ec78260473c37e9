"""Bronze to silver: one table; facts by month (months.py), dimensions in full (dimensions.py)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.build.silver import dimensions
from ecom_lake.engine.build.silver.dimensions import make_dimension
from ecom_lake.engine.build.silver.months import are_current, make_months
from ecom_lake.engine.build.silver.specs import specs
from ecom_lake.engine.build.step.outcome import Outcome
from ecom_lake.engine.config import month_name
from ecom_lake.engine.contracts.connector import RowByRow
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UserError


def make_silver(site: Site, table: str, months: Sequence[date] | None = None) -> Outcome:
    spec = specs(site)[table]
    if isinstance(spec, RowByRow) and spec.contract.monthly:
        return make_months(site, spec, _known_months(site, months))
    return make_dimension(site, spec)


def is_current(site: Site, entry: Entry, table: str) -> bool:
    """Whether rebuilding the table would change nothing."""
    spec = specs(site)[table]
    if isinstance(spec, RowByRow) and spec.contract.monthly:
        return are_current(site, entry, spec, site.months())
    return dimensions.is_current(site, entry, spec)


def _known_months(site: Site, months: Sequence[date] | None) -> list[date]:
    known = site.months()
    if months is None:
        return known
    if unknown := [month for month in months if month not in known]:
        bounds = f"{month_name(known[0])} to {month_name(known[-1])}" if known else "none"
        raise UserError(
            f"Month {unknown[0]:%Y-%m} is not one of the shop's ({bounds}). Change lake.toml or choose another month."
        )
    return sorted(months)
