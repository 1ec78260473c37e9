"""What both arms of a campaign bought, against a count of the orders by hand."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from ecom_lake.engine.build.gold.table_rows import gold_rows
from ecom_lake.engine.serve.released import released
from ecom_lake.errors import UsageError
from ecom_lake.publish.audiences.campaign import Campaign, Joined
from ecom_lake.publish.audiences.effect import units_of
from ecom_lake.publish.audiences.export import first_day
from ecom_lake_tests.builders.built_lake import BuiltLake

START, DAYS = date(2017, 3, 1), 30


def orders_of(lake: BuiltLake) -> list[tuple[str, date, float]]:
    site = lake.site()
    rows = gold_rows(site, released(site), "fct_orders", "customer_id", "order_date", "net_sales", "is_valid").filter("is_valid")
    return [(str(customer), day, float(sales or 0)) for customer, day, sales, _ in rows.iter_rows()]


def test_orders_and_sales_of_the_days_are_counted_and_no_others(built_lake: BuiltLake) -> None:
    orders = orders_of(built_lake)
    customers = sorted({customer for customer, _, _ in orders})
    campaign = Campaign("c", "a", 0.5, (Joined(START, 1, customers[::2], customers[1::2]),))
    units = units_of(built_lake.site(), released(built_lake.site()), campaign, DAYS)
    assert units.people == (len(customers[1::2]), len(customers[::2]))

    def total(arm: list[str], first: date) -> float:
        days = (first <= day < first + timedelta(days=DAYS) for _, day, _ in orders)
        return sum(sales for (customer, _, sales), is_in in zip(orders, days, strict=True) if is_in and customer in set(arm))

    treated = units.is_treated
    assert units.outcomes["net_sales"][treated].sum() == pytest.approx(total(customers[::2], START))
    assert units.outcomes["net_sales"][~treated].sum() == pytest.approx(total(customers[1::2], START))
    assert units.before is not None
    assert units.before.sum() == pytest.approx(total(customers, START - timedelta(days=DAYS)))
    ordered = {customer for customer, day, _ in orders if START <= day < START + timedelta(days=DAYS)}
    assert units.outcomes["ordered"].sum() == len(ordered)


def test_who_ordered_counts_in_their_own_arm(built_lake: BuiltLake) -> None:
    orders = orders_of(built_lake)
    bought = sorted({customer for customer, day, _ in orders if START <= day < START + timedelta(days=DAYS)})
    others = sorted({customer for customer, _, _ in orders} - set(bought))
    half = len(others) // 2
    contacted, held_out = [*bought, *others[: half - len(bought)]], others[half - len(bought) :][:half]
    units = units_of(
        built_lake.site(), released(built_lake.site()), Campaign("c", "a", 0.5, (Joined(START, 1, contacted, held_out),)), DAYS
    )
    treated, ordered = units.is_treated, units.outcomes["ordered"]
    assert ordered[treated].mean() == pytest.approx(len(bought) / len(contacted))
    assert ordered[~treated].sum() == 0
    assert np.isin(ordered, (0.0, 1.0)).all()


def test_only_customers_whose_days_are_over_count(built_lake: BuiltLake) -> None:
    site = built_lake.site()
    entry = released(site)
    over, running = first_day(site, entry) - timedelta(days=DAYS), first_day(site, entry) - timedelta(days=DAYS - 1)
    early, late = Joined(over, 1, ["a"], ["b"]), Joined(running, 1, ["c"], ["d"])
    assert units_of(site, entry, Campaign("c", "a", 0.5, (early, late)), DAYS).people == (1, 1)
    with pytest.raises(UsageError, match=r"^Campaign 'c' is not over: it needs the orders before 2017-\d\d-\d\d, and the last"):
        units_of(site, entry, Campaign("c", "a", 0.5, (late,)), DAYS)
    with pytest.raises(UsageError, match="no customers in one of its two arms"):
        units_of(site, entry, Campaign("c", "a", 0.0, (Joined(over, 1, ["a"], []),)), DAYS)
