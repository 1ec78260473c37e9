"""What is known about a customer on a day, and the same in words: features, groups of features, and labels.

Not here: the SQL (features.sql), and the model (churn_scores_model.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import duckdb
import polars as pl

from ecom_lake.engine.contracts.sql_file import sql_file
from ecom_lake.shop.rankings.hash_sample import ALL, HashSample
from ecom_lake.shop.rankings.reasons import Group


@dataclass(frozen=True)
class Feature:
    name: str
    """A column of features.sql."""
    varies_after_one_purchase: bool = True
    """Whether customers with a single purchase differ in it."""


FEATURES = (
    Feature("recency_days"),
    Feature("tenure_days", varies_after_one_purchase=False),
    Feature("purchases", varies_after_one_purchase=False),
    Feature("mean_gap_days", varies_after_one_purchase=False),
    Feature("last_gap_days", varies_after_one_purchase=False),
    Feature("overdue", varies_after_one_purchase=False),
    Feature("net_sales"),
    Feature("last_net_sales", varies_after_one_purchase=False),
    Feature("units"),
    Feature("categories"),
    Feature("discount_share"),
    Feature("freight_share"),
    Feature("last_delay_days"),
    Feature("late_share", varies_after_one_purchase=False),
    Feature("last_score"),
    Feature("instalments"),
    Feature("state_share"),
    Feature("category_repeat_rate"),
)


def features_at(con: duckdb.DuckDBPyConnection, day: date, sample: HashSample = ALL) -> pl.DataFrame:
    """A row for each customer of the sample with a purchase by then, in the order of their ids; `purchases_made` selects the
    form."""
    parameters = {"as_of": day, "below": sample.below}
    features: pl.DataFrame = con.sql(sql_file(__file__, "features.sql"), params=parameters).pl()
    return features


def buyers_after(con: duckdb.DuckDBPyConnection, day: date, horizon: int) -> pl.DataFrame:
    """The customers who ordered within so many days after a day: the label, and the only query that looks ahead."""
    parameters = {"after": day, "until": day + timedelta(days=horizon)}
    buyers: pl.DataFrame = con.sql(sql_file(__file__, "buyers.sql"), params=parameters).pl()
    return buyers


def _recency(values: Mapping[str, float]) -> str | None:
    return f"last bought {values['recency_days']:.0f} days ago"


def _habit(values: Mapping[str, float]) -> str | None:
    gap = values.get("mean_gap_days", float("nan"))
    times = f"has bought {_counted(values['purchases'], 'time')}"
    return times if _is_unknown(gap) else f"{times}, about every {_counted(gap, 'day')}"


def _money(values: Mapping[str, float]) -> str | None:
    return f"has spent {values['net_sales']:,.2f}"


def _basket(values: Mapping[str, float]) -> str | None:
    return f"has bought {_counted(values['units'], 'unit')}"


def _discount(values: Mapping[str, float]) -> str | None:
    return None if _is_unknown(values["discount_share"]) else f"got {values['discount_share']:.0%} off"


def _freight(values: Mapping[str, float]) -> str | None:
    return None if _is_unknown(values["freight_share"]) else f"freight was {values['freight_share']:.0%} of the amount paid"


def _delivery(values: Mapping[str, float]) -> str | None:
    delay = values["last_delay_days"]
    which = "last" if values.get("purchases", 1) > 1 else "first"
    if _is_unknown(delay):
        return f"the {which} parcel has not been delivered yet"
    if delay == 0:
        return f"the {which} parcel was on time to the day"
    return f"the {which} parcel was {_counted(abs(delay), 'day')} {'late' if delay > 0 else 'early'}"


def _review(values: Mapping[str, float]) -> str | None:
    score = values["last_score"]
    return "has written no review" if _is_unknown(score) else f"gave {score:g} of 5 in the last review"


def _payment(values: Mapping[str, float]) -> str | None:
    return None if _is_unknown(values["instalments"]) else f"paid in {_counted(values['instalments'], 'instalment')}"


def _place(values: Mapping[str, float]) -> str | None:
    share = values["state_share"]
    return None if _is_unknown(share) else f"lives in a state with {share:.1%} of the customers"


def _category(values: Mapping[str, float]) -> str | None:
    rate = values["category_repeat_rate"]
    return None if _is_unknown(rate) else f"bought from a category with a repeat purchase rate of {rate:.1%}"


def _counted(n: float, noun: str) -> str:
    return f"{n:.0f} {noun}{'' if round(n) == 1 else 's'}"


def _is_unknown(value: float) -> bool:
    return value != value


GROUPS = (
    Group("recency", ("recency_days", "overdue"), _recency),
    Group("habit", ("tenure_days", "purchases", "mean_gap_days", "last_gap_days"), _habit),
    Group("money", ("net_sales", "last_net_sales"), _money),
    Group("basket", ("units", "categories"), _basket),
    Group("discount", ("discount_share",), _discount),
    Group("freight", ("freight_share",), _freight),
    Group("delivery", ("last_delay_days", "late_share"), _delivery),
    Group("review", ("last_score",), _review),
    Group("payment", ("instalments",), _payment),
    Group("place", ("state_share",), _place),
    Group("category", ("category_repeat_rate",), _category),
)
