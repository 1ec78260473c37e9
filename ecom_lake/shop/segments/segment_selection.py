from __future__ import annotations

from ecom_lake.engine.contracts.columns import Flag, Integer, Number, Share
from ecom_lake.engine.contracts.table import Gold, Identity
from ecom_lake.shop import vocabulary


class SegmentSelection(Gold, beside="segment_centres"):
    """One row per group of customers and number of segments that was tried: its quality, and why it was chosen or not."""

    buyers = vocabulary.buyers.replace(key=True)
    k = Integer("Number of segments.", key=True, at_least=2)
    silhouette = Number(
        "Mean silhouette of a sample of customers, from -1 to 1: how much nearer they are to their own segment than to the next.",
        at_least=-1,
        at_most=1,
        unit="ratio",
    )
    calinski_harabasz = Number(
        "Calinski-Harabasz index: variance between segments over variance within them, each per degree of freedom.",
        at_least=0,
        unit="ratio",
    )
    bootstrap_ari = Number(
        "Stability: mean adjusted Rand index on resampled customers, 1 is identical segments, 0 is chance.",
        at_least=-1,
        at_most=1,
        unit="ratio",
    )
    min_share = Share("Share of the customers in the smallest segment.")
    chosen = Flag("Whether this number of segments was chosen.")
    reason = vocabulary.reason

    identities = (
        Identity(
            "chosen_segments_are_there",
            """
            select s.buyers, s.k
            from segment_selection as s
            left join segment_centres as c on c.buyers = s.buyers and c.is_cluster
            where s.chosen
            group by s.buyers, s.k
            having count(c.segment_id) <> s.k
            """,
            "A group has as many segments as were chosen.",
        ),
        Identity(
            "one_number_is_chosen",
            "select buyers from segment_selection group by buyers having count(*) filter (where chosen) > 1",
            "At most one number of segments is chosen for a group.",
        ),
    )
