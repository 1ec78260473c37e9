from __future__ import annotations

from ecom_lake.engine.contracts.columns import Integer, Money
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.table import Gold, Rule
from ecom_lake.shop import vocabulary


class SegmentScatter(Gold):
    """One row per segment and bin of recency and of spend with a customer."""

    segment_id = vocabulary.segment_id.replace(key=True, at_least=0)
    segment = vocabulary.segment
    recency_from = Integer("Fewest days from the latest purchase to the as-of date.", key=True, at_least=0, unit="days")
    recency_to = Integer("Upper end of the recency bin in days, exclusive.", at_least=1, unit="days")
    spend_from = Money("Lower end of the bin of net sales per customer, inclusive.", key=True, at_least=0)
    spend_to = Money("Upper end of the bin of net sales per customer, exclusive.", at_least=0)
    customers = vocabulary.customers.replace(at_least=1)
    net_sales = vocabulary.net_sales

    needs = ("orders.ordered_at",)
    additive = ("customers", "net_sales")
    rules = (
        Rule("bins_have_a_width", "recency_from < recency_to AND spend_from < spend_to", "Each bin has a width."),
        Rule(
            "sales_are_within_the_bin",
            "net_sales >= customers * spend_from AND net_sales < customers * spend_to",
            "The mean net sales per customer lie within the bin.",
        ),
    )
    identities = (
        agree(
            "bins_sum_to_segments",
            "The bins of a segment sum to its customers and net sales in segment_profile, to the cent.",
            "select segment_id, segment, sum(customers), sum(net_sales) from segment_scatter group by segment_id, segment",
            "select segment_id, segment, customers, net_sales from segment_profile",
        ),
    )
