from __future__ import annotations

from ecom_lake.engine.contracts.columns import Flag, Integer, Number, Text
from ecom_lake.engine.contracts.table import Gold, Identity

BUYERS = (
    "repeat buyers",
    "one-time buyers",
    "registered buyers",
    "buyers before registration",
    "buyers without registration",
)


class SegmentCentres(Gold, group="models"):
    """One row per segment: the model that puts people into segments, as its centres in plain units."""

    segment_id = Integer(
        "Number of the segment, kept while it holds the same kind of people; at first repeat buyers come first, then it goes by "
        "falling median net_sales.",
        key=True,
        at_least=1,
        at_most=999,
    )
    segment = Text("Name of the segment, by the rule beside it; kept like its number.")
    buyers = Text("The people it is a part of; groups are never in a segment together.", one_of=BUYERS)
    is_one_time = Flag(
        "Whether it holds people who made one purchase only; NULL where segments are made by registration, which does not ask.",
        nullable=True,
    )
    is_cluster = Flag("False where the group could not be parted: the segment then holds all of it.")
    rule = Text("Why the segment is called so, with the numbers that decided.")
    recency_days = Number("Centre: days since the last purchase; NULL where they play no part, as below.", nullable=True)
    net_sales = Number("Centre: net_sales to date.", nullable=True)
    units = Number("Centre: units bought.", nullable=True)
    purchases = Number("Centre: purchases made.", nullable=True)
    registration_delay_days = Number("Centre: days from registering to the first order.", nullable=True)
    lifespan_days = Number("Centre: days from the first order to the last.", nullable=True)
    recency_days_deviation = Number("Standard deviation of ln(1 + recency_days) in the group.", nullable=True, at_least=0)
    net_sales_deviation = Number("Standard deviation of ln(1 + net_sales) in the group.", nullable=True, at_least=0)
    units_deviation = Number("Standard deviation of ln(1 + units) in the group.", nullable=True, at_least=0)
    purchases_deviation = Number("Standard deviation of ln(1 + purchases) in the group.", nullable=True, at_least=0)
    registration_delay_days_deviation = Number(
        "Standard deviation of ln(1 + registration_delay_days) in the group.", nullable=True, at_least=0
    )
    lifespan_days_deviation = Number("Standard deviation of ln(1 + lifespan_days) in the group.", nullable=True, at_least=0)
    model_version = Text("Hash of this table: equal versions put equal people into equal segments.")

    identities = (
        Identity(
            "names_are_unique",
            "select segment from segment_centres group by segment having count(*) > 1",
            "No two segments share a name.",
        ),
    )
