"""Orders: status, and the times of purchase, approval, shipping, promise and delivery.

Whether a delivery is late is drawn first and its days follow, so that the share of late orders is the requested one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from ecom_lake.synth.arrays import Flags, Floats, Ints
from ecom_lake.synth.brazil import FAR, STATES
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.people import LATE, NOT_DELIVERED, ON_TIME, Outcome, Visits
from ecom_lake.synth.places import Places
from ecom_lake.synth.randomness import ids
from ecom_lake.synth.seasons import Month
from ecom_lake.synth.text import DAY, NEVER, timestamps

STATUSES = {
    "delivered": 0.97,
    "shipped": 0.011,
    "canceled": 0.0065,
    "unavailable": 0.006,
    "invoiced": 0.003,
    "processing": 0.003,
    "created": 0.0003,
    "approved": 0.0002,
}
UNLISTED_STATUS = "teleported"
"""A status that is not in the list; used for the oddity `unknown_status`."""
DELIVERED, SHIPPED, CANCELED, UNAVAILABLE, INVOICED, PROCESSING, CREATED, APPROVED, UNKNOWN, RETURNED = range(len(STATUSES) + 2)
"""UNKNOWN is not in the list; only a full shop has RETURNED."""

_LATE_BY_MONTH = np.array([1.1, 1.4, 1.5, 0.9, 0.8, 0.7, 0.8, 0.8, 0.8, 0.9, 1.6, 1.3])
_LATE_BY_FAR = np.array([0.85, 1.1, 1.5, 1.6])
_CANCELED_EMPTY = 0.25


@dataclass(frozen=True)
class Orders:
    """The orders of one slice of a month. Times are seconds; NEVER if the event did not happen."""

    seed: int
    number: Ints
    visit: Ints
    """Position of the visit in its slice. The orders of the visits come first, in the same order; then the split ones."""
    person: Ints
    place: Ints
    status: Ints
    purchased: Ints
    approved: Ints
    shipped: Ints
    delivered: Ints
    promised: Ints
    without_lines: Flags

    def __len__(self) -> int:
        return len(self.number)

    @cached_property
    def is_valid(self) -> Flags:
        valid: Flags = (self.status != CANCELED) & (self.status != UNAVAILABLE)
        return valid

    @cached_property
    def is_late(self) -> Flags:
        """Delivered after the promised day."""
        late: Flags = (self.status == DELIVERED) & (self.delivered // DAY > self.promised // DAY)
        return late

    @cached_property
    def ids(self) -> pl.Series:
        return ids(self.seed, "order", self.number)


class LateOdds:
    """The probability of a late delivery: the requested share on average, higher in peak months and distant states."""

    def __init__(self, options: SynthOptions, months: tuple[Month, ...]) -> None:
        orders = np.array([month.orders for month in months])
        by_month = _LATE_BY_MONTH[[month.calendar for month in months]]
        buyers = np.array([state.buyers for state in STATES])
        by_state = _LATE_BY_FAR[[state.far for state in STATES]]
        average = (by_month * orders).sum() / orders.sum() * (by_state * buyers).sum() / buyers.sum()
        self._usual = options.late_share / average

    def of(self, month: Month, far: Ints) -> Floats:
        odds: Floats = self._usual * _LATE_BY_MONTH[month.calendar] * _LATE_BY_FAR[far]
        return np.minimum(odds, 0.95)


def make_orders(
    seed: int, rng: np.random.Generator, month: Month, visits: Visits, places: Places, odds: LateOdds, first_number: int
) -> Orders:
    split = np.flatnonzero(visits.split)
    visit = np.append(np.arange(len(visits)), split)
    n = len(visit)
    purchased = visits.second[visit]
    purchased[len(visits) :] = _later_that_day(rng, visits.second[split])
    place = visits.place[visit]
    status = rng.choice(len(STATUSES), size=n, p=list(STATUSES.values()))
    far = places.far(place)
    late = rng.random(n) < odds.of(month, far)
    promise_days = np.clip(10 + np.array(FAR)[far] + rng.gamma(3.2, 3.2, n), 7, 60).astype(np.int64)
    promised = (purchased // DAY + promise_days) * DAY
    on_time_at = purchased + ((0.08 + 0.87 * rng.beta(2.4, 3.6, n)) * promise_days * DAY).astype(np.int64)
    late_at = promised + (1 + rng.exponential(7, n).astype(np.int64)) * DAY + rng.integers(8 * 3600, 20 * 3600, n)
    delivered = np.where(late, late_at, on_time_at)
    approved, shipped = _approval_and_shipping(rng, purchased, delivered)
    return Orders(
        seed=seed,
        number=np.arange(first_number, first_number + n, dtype=np.int64),
        visit=visit,
        person=visits.person[visit],
        place=place,
        status=status,
        purchased=purchased,
        approved=np.where(status == CREATED, NEVER, approved),
        shipped=np.where((status == DELIVERED) | (status == SHIPPED), shipped, NEVER),
        delivered=np.where(status == DELIVERED, delivered, NEVER),
        promised=promised,
        without_lines=_without_lines(rng, status),
    )


def _later_that_day(rng: np.random.Generator, second: Ints) -> Ints:
    last = second // DAY * DAY + DAY - 1
    later: Ints = np.minimum(second + rng.integers(60, 3 * 3600, len(second)), last)
    return later


def _approval_and_shipping(rng: np.random.Generator, purchased: Ints, delivered: Ints) -> tuple[Ints, Ints]:
    """Approved within minutes, or days if paid by boleto; then shipped. The times are always in order."""
    lead = delivered - purchased
    by_boleto = rng.random(len(lead)) < 0.2
    wait = np.where(by_boleto, rng.lognormal(np.log(1.2 * DAY), 0.5, len(lead)), rng.lognormal(np.log(900), 0.6, len(lead)))
    approved = purchased + np.minimum(wait, 0.25 * lead).astype(np.int64)
    shipped = approved + ((delivered - approved) * rng.uniform(0.08, 0.5, len(lead))).astype(np.int64)
    return approved, shipped


def _without_lines(rng: np.random.Generator, status: Ints) -> Flags:
    emptied = (status == CANCELED) & (rng.random(len(status)) < _CANCELED_EMPTY)
    without: Flags = emptied | (status == UNAVAILABLE) | (status == CREATED)
    return without


def outcome_of(visits: Visits, orders: Orders) -> Outcome:
    """The outcome of each visit, from its own order and the one split off it, if any."""
    n = len(visits)
    split = orders.visit[n:]
    valid = orders.is_valid.astype(np.int64)
    arrival = np.where(orders.is_late, LATE, np.where(orders.status == DELIVERED, ON_TIME, NOT_DELIVERED))
    valid_orders = valid[:n].copy()
    valid_orders[split] += valid[n:]
    first_valid = arrival[:n].copy()
    only_split = valid[:n][split] == 0
    first_valid[split[only_split]] = arrival[n:][only_split]
    usual = orders.purchased[:n] + 10 * DAY
    settled = np.where(orders.delivered[:n] == NEVER, usual, orders.delivered[:n])
    none_valid = valid_orders == 0
    return Outcome(valid_orders, np.where(none_valid, -1, first_valid), orders.is_late[:n], settled)


def order_rows(orders: Orders) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "order_id": orders.ids,
            "customer_id": ids(orders.seed, "customer", orders.number),
            "order_status": pl.Series([*STATUSES, UNLISTED_STATUS]).gather(orders.status),
            "order_purchase_timestamp": timestamps(orders.purchased),
            "order_approved_at": timestamps(orders.approved),
            "order_delivered_carrier_date": timestamps(orders.shipped),
            "order_delivered_customer_date": timestamps(orders.delivered),
            "order_estimated_delivery_date": timestamps(orders.promised),
        }
    )


def customer_rows(orders: Orders, places: Places) -> pl.DataFrame:
    """One row per order: customer_id differs by order, customer_unique_id is the person."""
    return pl.DataFrame(
        {
            "customer_id": ids(orders.seed, "customer", orders.number),
            "customer_unique_id": ids(orders.seed, "person", orders.person),
            "customer_zip_code_prefix": places.zips(orders.place),
            "customer_city": places.cities(orders.place),
            "customer_state": places.states(orders.place),
        }
    )
