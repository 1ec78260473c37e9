from __future__ import annotations

from ecom_lake.engine.contracts.columns import Flag, Integer, Key, Number, Text
from ecom_lake.engine.contracts.table import Gold, Identity


class CustomerSegments(Gold, group="models"):
    """One row per person with at least one valid order: the segment of people who buy alike."""

    customer_id = Key("The person.")
    segment_id = Integer("Number of the segment, as in segment_centres.", at_least=1)
    segment = Text("Name of the segment.")
    distance = Number(
        "Distance from the segment's centre, in standard deviations of the logarithms; NULL where the group is not parted.",
        nullable=True,
        at_least=0,
    )
    is_one_time = Flag("Whether the person made one purchase only; unless segments are made by registration, never with others.")
    model_version = Text("Version of the segments, as in segment_centres.")

    identities = (
        Identity(
            "everybody_has_a_segment",
            """
            select coalesce(s.customer_id, m.customer_id) as customer_id
            from customer_segments as s
            full join customer_metrics as m on m.customer_id = s.customer_id
            where s.customer_id is null or m.customer_id is null or s.is_one_time <> (m.purchases = 1)
            """,
            "Exactly the people of customer_metrics have a segment.",
        ),
        Identity(
            "groups_stay_apart",
            """
            select s.customer_id
            from customer_segments as s
            join segment_centres as c on c.segment_id = s.segment_id
            where c.segment is distinct from s.segment or c.is_one_time <> s.is_one_time
            """,
            "Nobody who bought once is in a segment of repeat buyers, or the other way round.",
        ),
    )
