"""The effect of a campaign: what customers of both arms bought in the days after they joined it."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from ecom_lake.engine.build.gold.table_rows import gold_rows
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UsageError
from ecom_lake.publish.audiences.campaign import CONTACTED, HELD_OUT, Campaign
from ecom_lake.publish.audiences.export import first_day
from ecom_lake.shop.experiments.analysis import Units


def units_of(site: Site, entry: Entry, campaign: Campaign, days: int) -> Units:
    """Everybody whose `days` are over, with orders and net sales in these days, and net sales in as many days before."""
    people = _people(campaign, days).filter(pl.col("end") <= first_day(site, entry))
    arms = set(people["arm"])
    if arms != {CONTACTED, HELD_OUT}:
        raise UsageError(_too_few(site, entry, campaign, days, arms))
    bought = _bought(site, entry, people, days)
    return Units(
        HELD_OUT,
        CONTACTED,
        (bought["arm"] == CONTACTED).to_numpy(),
        {"ordered": bought["ordered"].to_numpy(), "net_sales": bought["net_sales"].to_numpy()},
        bought["before"].to_numpy(),
    )


def _people(campaign: Campaign, days: int) -> pl.DataFrame:
    rows = [
        (customer, arm, one.on, one.on + timedelta(days=days))
        for one in campaign.joined
        for arm, customers in ((CONTACTED, one.contacted), (HELD_OUT, one.held_out))
        for customer in customers
    ]
    schema = {"customer_id": pl.String, "arm": pl.String, "start": pl.Date, "end": pl.Date}
    return pl.DataFrame(rows, schema, orient="row")


def _bought(site: Site, entry: Entry, people: pl.DataFrame, days: int) -> pl.DataFrame:
    orders = gold_rows(site, entry, "fct_orders", "customer_id", "order_date", "is_valid", "net_sales").filter("is_valid")
    day, sales = pl.col("order_date"), pl.col("net_sales").cast(pl.Float64)
    during = day.is_between("start", "end", closed="left")
    earlier = day.is_between(pl.col("start") - pl.duration(days=days), "start", closed="left")
    return (
        people.join(orders, "customer_id", "left")
        .group_by("customer_id", "arm")
        .agg(
            ordered=during.any().cast(pl.Float64),
            net_sales=sales.filter(during).sum(),
            before=sales.filter(earlier).sum(),
        )
        .with_columns(pl.col("ordered").fill_null(0.0))
        .sort("customer_id")
    )


def _too_few(site: Site, entry: Entry, campaign: Campaign, days: int, arms: set[str]) -> str:
    if campaign.joined and not arms:
        over, last = campaign.joined[0].on + timedelta(days=days), first_day(site, entry) - timedelta(days=1)
        return f"Campaign '{campaign.name}' is not over: it needs the orders before {over}, and the last one is of {last}."
    return f"Campaign '{campaign.name}' has no customers in one of its two arms: its effect cannot be measured."
