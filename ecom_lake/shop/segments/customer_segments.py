from __future__ import annotations

from ecom_lake.engine.contracts.columns import Number
from ecom_lake.engine.contracts.table import Gold, Identity
from ecom_lake.shop import vocabulary


class CustomerSegments(Gold):
    """One row per customer with at least one valid order: the segment of customers with similar purchases."""

    customer_id = vocabulary.customer_id.replace(key=True)
    segment_id = vocabulary.segment_id.replace(at_least=0)
    segment = vocabulary.segment
    distance = Number(
        "Distance from the segment's centre, in standard deviations of the logarithms; NULL where the group is "
        "not split into clusters.",
        nullable=True,
        at_least=0,
        unit="ratio",
    )
    is_one_time = vocabulary.is_one_time
    model_version = vocabulary.model_version

    identities = (
        Identity(
            "everybody_has_a_segment",
            """
            select coalesce(s.customer_id, m.customer_id) as customer_id
            from customer_segments as s
            full join customer_metrics as m on m.customer_id = s.customer_id
            where s.customer_id is null or m.customer_id is null or s.is_one_time <> (m.purchases = 1)
            """,
            "Exactly the customers of customer_metrics have a segment.",
        ),
        Identity(
            "groups_stay_apart",
            """
            select s.customer_id
            from customer_segments as s
            join segment_centres as c on c.segment_id = s.segment_id
            where c.segment is distinct from s.segment or c.is_one_time <> s.is_one_time
            """,
            "No one-time buyer is in a segment of repeat buyers, or the reverse.",
        ),
    )
