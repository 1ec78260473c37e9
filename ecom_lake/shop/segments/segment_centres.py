from __future__ import annotations

from ecom_lake.engine.contracts.columns import Flag, Number, Text
from ecom_lake.engine.contracts.table import Gold, Identity
from ecom_lake.shop import vocabulary


class SegmentCentres(Gold):
    """One row per segment: the fitted segmentation, as the segments' centres in plain units."""

    segment_id = vocabulary.segment_id.replace(key=True, at_most=999)
    segment = vocabulary.segment
    buyers = vocabulary.buyers
    is_one_time = vocabulary.is_one_time.replace(nullable=True)
    is_cluster = Flag("False where the group could not be split: its one segment then holds all of it.")
    scale = Text(
        "Scale on which distances are measured. logarithmic: ln(1 + value), where negative values count as 0; plain: the value.",
        one_of=("logarithmic", "plain"),
        personal=False,
    )
    rule = vocabulary.rule
    recency_days = Number(
        "Centre: days since the latest purchase; NULL where the segmentation does not use the feature, likewise below.",
        nullable=True,
        unit="days",
    )
    net_sales = Number("Centre: net sales to date.", nullable=True, unit="money")
    units = Number("Centre: units bought.", nullable=True, unit="count")
    purchases = Number("Centre: number of purchases.", nullable=True, unit="count")
    registration_delay_days = Number("Centre: days from registration to the first order.", nullable=True, unit="days")
    lifespan_days = Number("Centre: days from the first order to the latest one.", nullable=True, unit="days")
    recency_days_deviation = Number("Standard deviation of recency_days on the scale, in the group.", nullable=True, at_least=0)
    net_sales_deviation = Number("Standard deviation of net_sales on the scale, in the group.", nullable=True, at_least=0)
    units_deviation = Number("Standard deviation of units on the scale, in the group.", nullable=True, at_least=0)
    purchases_deviation = Number("Standard deviation of purchases on the scale, in the group.", nullable=True, at_least=0)
    registration_delay_days_deviation = Number(
        "Standard deviation of registration_delay_days on the scale, in the group.", nullable=True, at_least=0
    )
    lifespan_days_deviation = Number("Standard deviation of lifespan_days on the scale, in the group.", nullable=True, at_least=0)
    model_version = vocabulary.model_version

    identities = (
        Identity(
            "names_are_unique",
            "select segment from segment_centres group by segment having count(*) > 1",
            "No two segments have the same name.",
        ),
    )
