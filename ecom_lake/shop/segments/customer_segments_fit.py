from __future__ import annotations

from ecom_lake.engine.contracts.model_fit import ModelFit, card_identities


class CustomerSegmentsFit(ModelFit, beside="segment_centres"):
    """One row per fact of the segmentation: its card, the numbers of segments tried, stability and drift."""

    identities = card_identities("customer_segments_fit")
