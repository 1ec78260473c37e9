"""The age of a release's models, in sentences. Not here: when a model runs (engine/build/gold/snapshots.py)."""

from __future__ import annotations

import polars as pl

from ecom_lake.engine.build.gold.table_rows import gold_rows
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.store.entry import Entry
from ecom_lake.words import counted


def ages(site: Site, release: Entry) -> tuple[str, ...]:
    """A sentence for the models of each as-of date, the latest first; none for a release without dated models."""
    columns = ("model", "as_of", "age_days", "customers_changed", "net_sales_changed")
    cards = gold_rows(site, release, site.registry.domain.roles.models, *columns).drop_nulls(["as_of", "age_days"])
    groups = cards.group_by("as_of").agg(pl.col("model").sort(), pl.exclude("model").max()).sort("as_of", descending=True)
    return tuple(_sentence(**row) for row in groups.to_dicts())


def _sentence(as_of: object, model: list[str], age_days: int, customers_changed: int | None, net_sales_changed: object) -> str:
    changed = ""
    if customers_changed:
        changed = f"; since then {counted(customers_changed, 'customer')} changed, with {net_sales_changed:,} of net sales"
    return f"{', '.join(model)}: as of {as_of}, {counted(age_days, 'day')} before the latest order{changed}."
