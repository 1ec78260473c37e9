from __future__ import annotations

from ecom_lake.contracts.columns import Count, Key, Money, Number, Share
from ecom_lake.contracts.identities import agree
from ecom_lake.contracts.table import Gold, Identity, Rule


class RfmSegments(Gold, group="customers"):
    """One row per RFM segment that has people in it."""

    segment = Key("The segment.")
    customers = Count("People in it.", at_least=1)
    share = Share("Their share of all people.")
    net_sales = Money("Their net sales.")
    net_sales_share = Share("Their share of all net sales.", nullable=True)
    avg_recency_days = Number("Mean days since their latest purchase.", nullable=True)
    avg_frequency = Number("Mean number of their purchases.")
    avg_monetary = Number("Mean of their net sales.")

    rules = (
        Rule("monetary_is_per_customer", "abs(avg_monetary * customers - net_sales) < 0.005", "The mean is that of its people."),
    )
    identities = (
        Identity(
            "segments_share_the_people",
            "select customers, share from (select sum(customers) as customers, sum(share) as share from rfm_segments) as s"
            " where abs(share - 1) > 0.000001",
            "The segments' shares of people make the whole.",
        ),
        agree(
            "segments_sum_to_people",
            "Each segment has its people, and their net sales to the cent.",
            "select segment, customers, net_sales from rfm_segments",
            "select segment, count(*), sum(monetary) from rfm group by segment",
        ),
    )
