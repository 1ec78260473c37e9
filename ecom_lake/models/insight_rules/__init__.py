"""What is worth saying of a shop: one rule a statement, one module a topic; a rule that is listed in RULES is asked.

A rule is a query over gold and a sentence. The query gives candidates, one row each; whether the evidence holds is decided
for all of them together (models/insight_rules/evidence.py). Not here: any number that does not come out of the query.
"""

from __future__ import annotations

from ecom_lake.models.insight_rules import customers, operations, outlook, products, sales
from ecom_lake.models.insight_rules.rule import InsightRule

RULES: tuple[InsightRule, ...] = (*sales.RULES, *customers.RULES, *products.RULES, *operations.RULES, *outlook.RULES)
