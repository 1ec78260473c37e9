"""The page "Products": what brings the sales, what grows and is liked, what is bought together and next, what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ecom_lake.publish.dashboard.bought_together import LEVELS, BoughtTogether, bought_together
from ecom_lake.publish.dashboard.categories import QUALITIES, Categories, categories
from ecom_lake.publish.dashboard.first_categories import FirstCategories, first_categories
from ecom_lake.publish.dashboard.next_categories import NextCategories, next_categories
from ecom_lake.publish.dashboard.pareto import Pareto, pareto
from ecom_lake.publish.dashboard.returned_sales import DIMENSIONS, ReturnedSales, returned_sales
from ecom_lake.publish.dashboard.top_products import TopProducts, top_products
from ecom_lake.publish.dashboard.view import View

OPTIONS: dict[str, Sequence[str]] = {"quality": QUALITIES, "level": LEVELS, "returns": DIMENSIONS}


@dataclass(frozen=True)
class Products:
    top: TopProducts | None
    pareto: Pareto | None
    categories: Categories
    together: BoughtTogether | None
    nexts: NextCategories | None
    firsts: FirstCategories | None
    returned: ReturnedSales | None


def products(view: View) -> Products:
    return Products(
        top_products(view),
        pareto(view),
        categories(view),
        bought_together(view),
        next_categories(view),
        first_categories(view),
        returned_sales(view),
    )
