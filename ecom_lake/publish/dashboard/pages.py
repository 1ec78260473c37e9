"""The pages that show one release under filters: a page is an entry here, a module that computes it, and a template."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ecom_lake.publish.dashboard.breakdown_explorer import OPTIONS as BREAKDOWN
from ecom_lake.publish.dashboard.customers.page import OPTIONS as CUSTOMERS
from ecom_lake.publish.dashboard.customers.page import customers
from ecom_lake.publish.dashboard.delivery import OPTIONS as DELIVERY_OPTIONS
from ecom_lake.publish.dashboard.delivery import delivery
from ecom_lake.publish.dashboard.options import Allowed
from ecom_lake.publish.dashboard.outlook import OPTIONS as OUTLOOK_OPTIONS
from ecom_lake.publish.dashboard.outlook import outlook
from ecom_lake.publish.dashboard.overview import overview
from ecom_lake.publish.dashboard.products import OPTIONS as PRODUCTS
from ecom_lake.publish.dashboard.products import products
from ecom_lake.publish.dashboard.profile import OPTIONS as PROFILE
from ecom_lake.publish.dashboard.profile import profile
from ecom_lake.publish.dashboard.sales import sales
from ecom_lake.publish.dashboard.trust import trust
from ecom_lake.publish.dashboard.view import View


@dataclass(frozen=True)
class Page:
    name: str
    """The last part of its address, and the name of its template."""
    label: str
    compute: Callable[[View], Any]
    """What the template shows as `page`."""
    options: Allowed = field(default_factory=dict)
    """Its own query parameters, and what each takes."""
    below: str = ""
    """The page whose part it is in the navigation; empty for a page of its own."""


PAGES = (
    Page("overview", "Overview", overview),
    Page("sales", "Sales", sales, BREAKDOWN),
    Page("customers", "Customers", customers, CUSTOMERS),
    Page("products", "Products", products, PRODUCTS),
    Page("delivery", "Delivery", delivery, DELIVERY_OPTIONS),
    Page("outlook", "Outlook", outlook, OUTLOOK_OPTIONS),
    Page("trust", "Trust", trust),
    Page("profile", "Profile", profile, PROFILE, below="trust"),
)
ASK = ("ask", "Ask")
"""The questions have addresses of their own, and no filters."""
LABELS = dict([*((page.name, page.label) for page in PAGES), ASK])
"""All pages, in the order of the navigation."""
BELOW = {page.name: page.below for page in PAGES if page.below}
"""The pages that the navigation has within another one."""
