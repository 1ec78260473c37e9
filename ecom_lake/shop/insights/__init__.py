"""Statements about a shop that are worth a manager's time: one rule per kind of statement, one module per topic.

A rule is a query over gold and its sentences. The query returns candidates, one row each; insights_build.py decides for all of
them together whether the evidence is strong enough. Every number in a sentence comes from a query.
"""

from __future__ import annotations

from ecom_lake.shop.insights import customers, operations, outlook, products, sales
from ecom_lake.shop.insights.rule import InsightRule

RULES: tuple[InsightRule, ...] = (*sales.RULES, *customers.RULES, *products.RULES, *operations.RULES, *outlook.RULES)
