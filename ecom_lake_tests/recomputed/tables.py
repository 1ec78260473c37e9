"""The gold tables that are recomputed, each by a function of the shop's facts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from ecom_lake_tests.recomputed import cohorts, customers, facts, kpis, operations, products, rfm
from ecom_lake_tests.recomputed.shop_facts import ShopFacts

TABLES: Mapping[str, Callable[[ShopFacts], pd.DataFrame]] = {
    **facts.TABLES,
    **kpis.TABLES,
    **customers.TABLES,
    **rfm.TABLES,
    **cohorts.TABLES,
    **products.TABLES,
    **operations.TABLES,
}
