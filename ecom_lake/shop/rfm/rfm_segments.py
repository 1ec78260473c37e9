from __future__ import annotations

from ecom_lake.engine.contracts.columns import Number
from ecom_lake.engine.contracts.identities import agree
from ecom_lake.engine.contracts.relations import ratio, same
from ecom_lake.engine.contracts.table import Gold, Identity
from ecom_lake.shop import vocabulary


class RfmSegments(Gold):
    """One row per RFM segment with customers."""

    segment = vocabulary.segment.replace(key=True)
    customers = vocabulary.customers.replace(at_least=1)
    share = vocabulary.share_of_customers
    net_sales = vocabulary.net_sales
    net_sales_share = vocabulary.net_sales_share
    avg_recency_days = Number("Mean days since the latest purchase.", nullable=True, unit="days")
    avg_frequency = Number("Mean number of purchases.", unit="count")
    avg_monetary = Number("Mean net sales per customer.", unit="money")

    rules = (ratio("monetary_is_per_customer", "avg_monetary", "net_sales", "customers"),)
    identities = (
        Identity(
            "segments_share_the_people",
            "select customers, share from (select sum(customers) as customers, sum(share) as share from rfm_segments) as s"
            " where abs(share - 1) > 0.000001",
            "The segments' shares of customers sum to 1.",
        ),
        agree(
            "segments_sum_to_people",
            "Each segment has its customers and their net sales, to the cent.",
            "select segment, customers, net_sales from rfm_segments",
            "select segment, count(*), sum(monetary) from rfm group by segment",
        ),
        Identity(
            "shares_are_of_all_segments",
            "select segment from (select *,"
            " sum(customers) over () as people, sum(net_sales) over () as sales from rfm_segments) as whole"
            f" where not ({same('share * people', 'customers')})"
            f" or (net_sales_share is null) <> (sales = 0) or not ({same('net_sales_share * sales', 'net_sales')})",
            "Shares are of the customers and the net sales of all segments.",
        ),
        Identity(
            "means_are_of_the_people",
            "select s.segment from rfm_segments as s join (select segment, sum(frequency) as purchases,"
            " sum(recency_days) as recency_days, count(recency_days) as dated from rfm group by segment) as r"
            " on r.segment = s.segment"
            f" where not ({same('s.avg_frequency * s.customers', 'r.purchases')})"
            f" or not ({same('s.avg_recency_days * r.dated', 'r.recency_days')})"
            " or (s.avg_recency_days is null) <> (r.dated = 0)",
            "Mean recency and frequency are those of the segment's customers.",
        ),
    )
