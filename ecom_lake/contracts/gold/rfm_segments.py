from __future__ import annotations

from ecom_lake.contracts.columns import Count, Key, Money, Number, Share
from ecom_lake.contracts.table import Gold, Identity


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

    identities = (
        Identity(
            "segments_sum_to_people",
            "select a.*, b.* from (select coalesce(sum(customers), 0) as people, coalesce(sum(net_sales), 0) as net_sales"
            " from rfm_segments) as a"
            " cross join (select count(*) as people, coalesce(sum(monetary), 0) as net_sales from rfm) as b"
            " where a.people <> b.people or a.net_sales <> b.net_sales",
            "The segments have everybody once, and their net sales to the cent.",
        ),
    )
