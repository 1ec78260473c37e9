"""Counts the additional truths of a full shop, in whole cents, for valid orders."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

import numpy as np
import polars as pl

from ecom_lake.synth.arrays import Flags
from ecom_lake.synth.attempts import Attempts
from ecom_lake.synth.canonical import channels
from ecom_lake.synth.goods import Goods
from ecom_lake.synth.lines import Lines
from ecom_lake.synth.orders import DELIVERED, RETURNED, Orders
from ecom_lake.synth.people import NONE_YET, Outcome, Visits
from ecom_lake.synth.places import Places
from ecom_lake.synth.profiles import Profiles
from ecom_lake.synth.refunds import Refunds
from ecom_lake.synth.sales import Sales
from ecom_lake.synth.seasons import Month
from ecom_lake.synth.text import DAY, NEVER
from ecom_lake.synth.truths import FullTruths, PeopleTruth, Registrations, SalesTruth, decimal

_SOLD_BY = ("brand", "category", "channel", "state")
_PEOPLE_BY = ("age", "gender", "is_subscriber", "source_segment")

_SUMS = (
    "units",
    "gross_sales",
    "discounts",
    "net_sales",
    "cogs",
    "costed_sales",
    "tax",
    "returned_units",
    "returned_sales",
    "returnable_units",
)

_Counts = defaultdict[str, Counter[str]]


class FullTally:
    def __init__(self) -> None:
        self._months: _Counts = defaultdict(Counter)
        self._sold: dict[str, _Counts] = {by: defaultdict(Counter) for by in _SOLD_BY}
        self._people: dict[str, _Counts] = {by: defaultdict(Counter) for by in _PEOPLE_BY}
        self._registered: Counter[str] = Counter()
        self._refunds: Counter[str] = Counter()
        self._pending: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()

    def add_sales(self, month: Month, orders: Orders, lines: Lines, sales: Sales, goods: Goods, places: Places) -> None:
        """Adds the lines of valid orders."""
        has_cost = sales.cogs >= 0
        is_returnable = np.isin(orders.status, (DELIVERED, RETURNED))[lines.order]
        sold = pl.DataFrame(
            {
                "month": pl.Series([month.name]).gather(np.zeros(len(lines.order), dtype=np.int64)),
                "brand": goods.brand_names(lines.product),
                "category": goods.categories(lines.product),
                "channel": channels(orders.seed, orders).gather(lines.order),
                "state": places.states(orders.place).gather(lines.order),
                "order": lines.order,
                "units": sales.quantity,
                "gross_sales": sales.gross,
                "discounts": sales.discount,
                "net_sales": sales.net,
                "cogs": np.where(has_cost, sales.cogs, 0),
                "costed_sales": np.where(has_cost, sales.net, 0),
                "returned_units": np.where(sales.returned, sales.quantity, 0),
                "returned_sales": np.where(sales.returned, sales.net, 0),
                "returnable_units": np.where(is_returnable, sales.quantity, 0),
                "tax": np.where(sales.tax < 0, 0, sales.tax),
                "is_discounted": sales.is_discounted,
                "is_returned": sales.returned,
                "is_returnable": is_returnable,
            }
        ).filter(pl.Series(orders.is_valid[lines.order]))
        _count(self._months, sold, "month")
        for by, counts in self._sold.items():
            _count(counts, sold, by)

    def add_attempts(self, month: Month, orders: Orders, attempts: Attempts) -> None:
        """Adds the attempts to pay for valid orders."""
        valid = orders.is_valid[attempts.order]
        self._pending[month.name] += int(attempts.amount[valid & ~attempts.failed].sum())
        self._failed[month.name] += int(attempts.amount[valid & attempts.failed].sum())

    def add_refunds(self, orders: Orders, refunds: Refunds) -> None:
        """Adds the refunds of valid orders, by the month in which the money was given back."""
        valid = orders.is_valid[refunds.order]
        months = refunds.second[valid].astype("datetime64[s]").astype("datetime64[M]").astype(str)
        for month in np.unique(months):
            self._refunds[str(month)] += int(refunds.amount[valid][months == month].sum())

    def add_people(
        self, orders: Orders, lines: Lines, sales: Sales, visits: Visits, outcome: Outcome, profiles: Profiles
    ) -> None:
        """Adds visits: a person counts at their first visit, and as a customer from their first valid order."""
        n = len(visits)
        net = np.where(orders.is_valid, lines.total(len(orders), sales.net), 0)
        is_first = (visits.first == NONE_YET) & (outcome.valid_orders > 0)
        seen = pl.DataFrame(
            {
                **{by: profiles.texts(by) for by in _PEOPLE_BY},
                "people": (~visits.returning).astype(np.int64),
                "customers": is_first.astype(np.int64),
                "orders": outcome.valid_orders,
                "net_sales": np.bincount(orders.visit, weights=net, minlength=n).astype(np.int64),
            }
        )
        for by, counts in self._people.items():
            for member, *values in seen.group_by(by).agg(pl.col("people", "customers", "orders", "net_sales").sum()).iter_rows():
                counts[str(member)].update(dict(zip(("people", "customers", "orders", "net_sales"), values, strict=True)))
        self._add_registrations(visits, profiles, is_first)

    def _add_registrations(self, visits: Visits, profiles: Profiles, is_first: Flags) -> None:
        known = is_first & (profiles.registered != NEVER)
        delay = (visits.second // DAY - profiles.registered // DAY)[known]
        self._registered.update(
            before=int((delay >= 0).sum()),
            delay_days=int(delay[delay >= 0].sum()),
            after=int((delay < 0).sum()),
            anomaly_days=int(delay[delay < 0].sum()),
        )

    def truths(self) -> FullTruths:
        return FullTruths(
            totals=_sales(sum(self._months.values(), Counter())),
            months={month: _sales(counts) for month, counts in self._months.items()},
            sold={by: {member: _sales(counts) for member, counts in _in_order(found)} for by, found in self._sold.items()},
            people={by: {member: _people(counts) for member, counts in _in_order(found)} for by, found in self._people.items()},
            refunds=_amounts(self._refunds),
            pending_payments=_amounts(self._pending),
            failed_payments=_amounts(self._failed),
            registrations=Registrations(
                before=self._registered["before"],
                delay_days=self._registered["delay_days"],
                after=self._registered["after"],
                anomaly_days=self._registered["anomaly_days"],
            ),
        )


def _count(counts: _Counts, sold: pl.DataFrame, by: str) -> None:
    """An order counts once for each member that it contains."""
    order = pl.col("order")
    found = sold.group_by(by).agg(
        pl.col(_SUMS).sum(),
        discounted_orders=order.filter("is_discounted").n_unique(),
        returned_orders=order.filter("is_returned").n_unique(),
        returnable_orders=order.filter("is_returnable").n_unique(),
    )
    for row in found.iter_rows(named=True):
        counts[row.pop(by)].update({name: int(value) for name, value in row.items()})


def _amounts(found: Counter[str]) -> dict[str, str]:
    return {month: decimal(cents) for month, cents in sorted(found.items())}


def _in_order(found: Mapping[str, Counter[str]]) -> list[tuple[str, Counter[str]]]:
    return sorted(found.items())


def _sales(counts: Counter[str]) -> SalesTruth:
    return SalesTruth(
        units=counts["units"],
        gross_sales=decimal(counts["gross_sales"]),
        discounts=decimal(counts["discounts"]),
        net_sales=decimal(counts["net_sales"]),
        cogs=decimal(counts["cogs"]),
        costed_sales=decimal(counts["costed_sales"]),
        tax=decimal(counts["tax"]),
        discounted_orders=counts["discounted_orders"],
        returned_units=counts["returned_units"],
        returned_sales=decimal(counts["returned_sales"]),
        returned_orders=counts["returned_orders"],
        returnable_orders=counts["returnable_orders"],
        returnable_units=counts["returnable_units"],
    )


def _people(counts: Counter[str]) -> PeopleTruth:
    return PeopleTruth(counts["people"], counts["customers"], counts["orders"], decimal(counts["net_sales"]))
