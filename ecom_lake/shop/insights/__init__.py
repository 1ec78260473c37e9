"""What is worth stating about a shop: one rule per kind of statement, one module per topic; RULES lists every rule.

A rule is a query over gold and its sentences. The query returns candidates, one row each; whether their evidence holds is decided
for all of them together (shop/insights/insights_build.py). Not here: any number that does not come out of a query.
"""

from __future__ import annotations

from ecom_lake.shop.insights import customers, operations, outlook, products, sales
from ecom_lake.shop.insights.rule import InsightRule

RULES: tuple[InsightRule, ...] = (*sales.RULES, *customers.RULES, *products.RULES, *operations.RULES, *outlook.RULES)
