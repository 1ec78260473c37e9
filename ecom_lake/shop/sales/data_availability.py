from __future__ import annotations

from ecom_lake.engine.contracts.columns import Flag
from ecom_lake.engine.contracts.table import Gold, Identity


class DataAvailability(Gold):
    """One row, always: which of the facts that not every shop records are in the shop's data at all."""

    has_payments = Flag("Whether any payment was delivered. Without one, the payments of orders are unknown, not 0.", key=True)
    has_returns = Flag(
        "Whether any order or line was marked as returned or as not returned. Without one, returns are unknown, not 0.", key=True
    )

    has_discount_amounts = Flag(
        "Whether the amounts of discounts are known. They are not where the source states that lines were discounted, and no"
        " amount of any. Where it states no discount at all, the prices are those that were paid, and discounts are 0."
    )

    identities = (
        Identity(
            "availability_is_one_row",
            "select count(*) as n from data_availability having count(*) <> 1",
            "The table has exactly one row.",
        ),
    )
