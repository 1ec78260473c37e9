from __future__ import annotations

from ecom_lake.engine.contracts.columns import Integer, Number
from ecom_lake.engine.contracts.table import Gold, Identity, Rule


class OrderGaps(Gold):
    """One row per percentile of the days between a customer's consecutive orders, up to the as-of date."""

    percentile = Integer("Percentile, from 0 (the shortest gap) to 100 (the longest).", key=True, at_least=0, at_most=100)
    gap_days = Number("Days between consecutive orders; orders of one day are 0 days apart.", at_least=0, unit="days")
    purchase_gap_days = Number(
        "Days between consecutive purchases: orders of one day are one purchase.", nullable=True, at_least=1, unit="days"
    )

    needs = ("orders.ordered_at",)
    rules = (Rule("splitting_shortens_gaps", "gap_days <= purchase_gap_days", "Gaps of 0 days can only decrease a percentile."),)
    identities = (
        Identity(
            "gaps_are_those_of_the_summary",
            "select s.metric, s.value, g.purchase_gap_days from kpi_summary as s left join order_gaps as g"
            " on s.metric = 'gap_p' || cast(g.percentile as varchar) || '_days'"
            " where s.metric in ('gap_p50_days', 'gap_p80_days')"
            " and (s.value is null) <> (g.purchase_gap_days is null) or abs(s.value - g.purchase_gap_days) > 0.000001",
            "The 50th and 80th percentiles are the thresholds of kpi_summary for active, at risk and lapsed.",
        ),
        Identity(
            "percentiles_are_whole_and_rise",
            "select a.percentile from order_gaps as a left join order_gaps as b on b.percentile = a.percentile + 1"
            " where a.percentile < 100 and (b.percentile is null or b.gap_days < a.gap_days"
            " or b.purchase_gap_days < a.purchase_gap_days)",
            "No percentile is missing, and gaps never decrease from one to the next.",
        ),
    )
