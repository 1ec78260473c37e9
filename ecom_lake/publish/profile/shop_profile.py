"""The profile of a shop over its gold tables: orders over time, how often customers order, and where the sales come from.

Here: the SQL and its rows. A part whose table the shop does not have is empty. Not here: what follows in words (findings.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from typing import Any

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.serve.profile.table_profile import Ask, TableProfile
from ecom_lake.engine.store.entry import Entry
from ecom_lake.publish.profile.release_tables import source

Row = Mapping[str, Any]
MONTHS = "select month, is_complete, orders, net_sales from kpi_monthly order by month"
WEEKDAYS = """select isodow(order_date) as weekday, count(*) as orders
from fct_orders where is_valid and order_date is not null
group by weekday order by weekday"""
HOURS = """select hour(ordered_at) as hour, count(*) as orders
from fct_orders where is_valid and ordered_at is not null
group by hour order by hour"""
FREQUENCY = """select orders, count(*) as customers
from (select customer_id, count(*) as orders from fct_orders where is_valid and customer_id is not null group by customer_id)
group by orders order by orders"""
GAPS = "select count(gap_days) as purchases, median(gap_days) as median_days from fct_orders where is_valid"
PRODUCTS = """select product_id, name, p.category, units, orders, net_sales, share
from product_performance p join dim_product using (product_id)
where units > 0 order by rank_by_sales limit 10"""
CONCENTRATION = """select count(*) filter (where units > 0) as sold,
  count(*) filter (where cumulative_share - share < 0.8) as most_sales, sum(share) filter (where rank_by_sales <= 10) as first_ten
from product_performance"""
MEASURES = ("units", "net_sales", "freight", "discounts", "instalments", "lead_days", "review_score")
"""The columns of fct_orders whose correlations are shown. None is computed from another one."""


class ShopProfile:
    def __init__(self, ask: Ask, tables: Collection[str], orders: TableProfile | None) -> None:
        """`tables`: the gold tables of the release. `orders`: the profile of the measures of fct_orders."""
        self._ask, self._tables, self.orders = ask, tables, orders

    @cached_property
    def months(self) -> Sequence[Row]:
        return self._rows(MONTHS, "kpi_monthly")

    @cached_property
    def weekdays(self) -> Sequence[Row]:
        """From 1 for Monday to 7."""
        return self._rows(WEEKDAYS, "fct_orders")

    @cached_property
    def hours(self) -> Sequence[Row]:
        """Empty where the shop states days only."""
        found = self._rows(HOURS, "fct_orders")
        return found if len(found) > 1 else ()

    @cached_property
    def frequency(self) -> Sequence[Row]:
        """Customers by their number of orders."""
        return self._rows(FREQUENCY, "fct_orders")

    @cached_property
    def gaps(self) -> Row | None:
        return next(iter(self._rows(GAPS, "fct_orders")), None)

    @cached_property
    def products(self) -> Sequence[Row]:
        """The ten products with the highest net sales."""
        return self._rows(PRODUCTS, "product_performance", "dim_product")

    @cached_property
    def concentration(self) -> Row | None:
        return next(iter(self._rows(CONCENTRATION, "product_performance")), None)

    def _rows(self, sql: str, *tables: str) -> Sequence[Row]:
        return self._ask(sql) if all(table in self._tables for table in tables) else ()


def profile_of_release(site: Site, entry: Entry, ask: Ask, tables: Collection[str]) -> ShopProfile:
    """`ask`: runs a query on the release. `tables`: its gold tables."""
    orders = site.registry.gold.get("fct_orders") if "fct_orders" in tables else None
    measures = TableProfile(source(site, entry, orders, *MEASURES), ask) if orders else None
    return ShopProfile(ask, tables, measures)
