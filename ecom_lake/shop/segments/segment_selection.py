from __future__ import annotations

from ecom_lake.engine.contracts.columns import Flag, Integer, Key, Number, Share, Text
from ecom_lake.engine.contracts.table import Gold, Identity
from ecom_lake.shop.segments.segment_centres import BUYERS


class SegmentSelection(Gold, group="models", beside="segment_centres"):
    """One row per group of people and number of segments that was tried: how good it is, and why it was chosen or not."""

    buyers = Key("The people who are parted; groups are never in a segment together.", one_of=BUYERS)
    k = Integer("The number of segments.", key=True, at_least=2)
    silhouette = Number(
        "Mean silhouette of a sample of people: how much nearer they are to their own segment than to the next, from -1 to 1.",
        at_least=-1,
        at_most=1,
    )
    calinski_harabasz = Number("Variance between the segments over variance within, each per degree of freedom.", at_least=0)
    bootstrap_ari = Number(
        "How far these segments come back on resampled people: mean adjusted Rand index, 1 is wholly, 0 is chance.",
        at_least=-1,
        at_most=1,
    )
    min_share = Share("Share of the people that the smallest segment holds.")
    chosen = Flag("Whether people are parted into this number of segments.")
    reason = Text("Why, or why not.")

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
