"""Customers and their repeat purchases. Only customers with a future visit are kept, so that memory does not grow with the shop.

A visit is a day on which a person buys; it makes one order, or two if the purchase was split. A person orders again some time
after the delivery, less often after a late one, and never within the same month.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, fields, replace

import numpy as np

from ecom_lake.synth.arrays import Flags, Ints
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.places import Places
from ecom_lake.synth.randomness import chance, stream
from ecom_lake.synth.seasons import Month, first_day, moments, month_of, times_of_day
from ecom_lake.synth.text import DAY

_SPLIT, _MOVED, _AGAIN = 0.009, 0.05, 0.15
"""Shares of split orders, of returning visits from a new address, and of returning visitors who return again."""
_GAP_DAYS, _USUAL_LEAD = 80, 11
_A_MONTH_ON = 31

NONE_YET, ON_TIME, LATE, NOT_DELIVERED = -1, 0, 1, 2
"""The delivery of a person's first valid order."""


@dataclass(frozen=True)
class Visits:
    """One element per visit; counts are those before the visit."""

    person: Ints
    second: Ints
    place: Ints
    purchases: Ints
    orders: Ints
    first: Ints
    returning: Flags
    split: Flags
    met: Ints
    """Time of the person's first visit, in seconds."""

    def __len__(self) -> int:
        return len(self.person)

    def __getitem__(self, which: slice | Ints | Flags) -> Visits:
        return Visits(*(getattr(self, field.name)[which] for field in fields(self)))


@dataclass(frozen=True)
class Outcome:
    """The outcome of a visit, as far as the next visit depends on it."""

    valid_orders: Ints
    first_valid: Ints
    """The delivery of the first valid order of the visit."""
    late: Flags
    settled: Ints
    """Earliest time of the next visit, in seconds."""


class People:
    def __init__(self, options: SynthOptions, months: tuple[Month, ...], places: Places) -> None:
        self._options, self._months, self._places = options, months, places
        self._end = first_day(months[-1].number + 1)
        self._gap = min(_GAP_DAYS, (self._end - months[0].first_day) / 6)
        self._returns_after_first = self._return_probability()
        self._due: defaultdict[int, list[Visits]] = defaultdict(list)
        self.met = 0
        """The number of people so far; the next one gets this number."""
        self.buyers: Counter[tuple[int, int, int]] = Counter()
        """People with a valid order and no future visit, by purchases, orders and delivery of the first one."""

    def visits(self, month: Month) -> Visits:
        """The visits of the month, in random order, with exactly the number of orders of the month."""
        rng = stream(self._options.seed, "visits", month.number)
        back = self._coming_back(month, rng)
        split = min(int(rng.binomial(month.orders, _SPLIT)), month.orders // 2)
        visits = month.orders - split
        self._count_final(back[visits:])
        back = back[:visits]
        come = _joined([back, self._newcomers(month, rng, visits - len(back))])[rng.permutation(visits)]
        is_split = np.zeros(visits, dtype=np.bool_)
        is_split[rng.choice(visits, split, replace=False)] = True
        return replace(come, split=is_split)

    def settle(self, month: Month, part: int, visits: Visits, outcome: Outcome) -> None:
        """Decides which people return and when; the others are counted in `buyers`."""
        rng = stream(self._options.seed, "coming back", month.number, part)
        usual = np.where(visits.returning, _AGAIN, self._returns_after_first)
        likely = np.where(outcome.late, usual * (1 - self._options.late_return_drop), usual)
        day = outcome.settled // DAY + 1 + rng.exponential(self._gap, len(visits)).astype(np.int64)
        day += np.where(month_of(day) <= month.number, _A_MONTH_ON, 0)
        comes = (rng.random(len(visits)) < likely) & (day < self._end)
        after = replace(
            visits,
            second=day * DAY,
            purchases=visits.purchases + (outcome.valid_orders > 0),
            orders=visits.orders + outcome.valid_orders,
            first=np.where(visits.first == NONE_YET, outcome.first_valid, visits.first),
            returning=np.ones(len(visits), dtype=np.bool_),
        )
        self._count_final(after[~comes])
        later = after[comes]
        month_due = month_of(later.second // DAY)
        for number in np.unique(month_due):
            self._due[int(number)].append(later[month_due == number])

    def _coming_back(self, month: Month, rng: np.random.Generator) -> Visits:
        back = _joined([_no_visits(), *self._due.pop(month.number, [])])
        moved = rng.random(len(back)) < _MOVED
        place = np.where(moved, self._places.at(rng.random(len(back))), back.place)
        return replace(back, second=back.second + times_of_day(rng, len(back)), place=place)

    def _newcomers(self, month: Month, rng: np.random.Generator, n: int) -> Visits:
        person = np.arange(self.met, self.met + n, dtype=np.int64)
        self.met += n
        home = self._places.at(chance(self._options.seed, "home", person))
        nothing = np.zeros(n, dtype=np.int64)
        no = np.zeros(n, dtype=np.bool_)
        met = moments(rng, month, n)
        return Visits(person, met, home, nothing, nothing, nothing + NONE_YET, no, no, met)

    def _count_final(self, visits: Visits) -> None:
        known = visits[visits.orders > 0]
        kinds, counts = np.unique(np.stack([known.purchases, known.orders, known.first]), axis=1, return_counts=True)
        for (purchases, orders, first), count in zip(kinds.T, counts, strict=True):
            self.buyers[int(purchases), int(orders), int(first)] += int(count)

    def _return_probability(self) -> float:
        """The probability of a second visit that gives the requested share of returning people before the last day.

        New people of the last months have little time left, so that the probability is higher than the share.
        """
        days = np.concatenate([np.arange(month.first_day, month.first_day + month.days) for month in self._months])
        weight = np.concatenate([np.full(month.days, month.orders / month.days) for month in self._months])
        month_end = np.concatenate([np.full(month.days, month.first_day + month.days) for month in self._months])
        left = self._end - days - _USUAL_LEAD - 1
        in_time = 1 - np.exp(-np.maximum(left, 0) / self._gap)
        same_month = 1 - np.exp(-np.maximum(month_end - days - _USUAL_LEAD - 1, 0) / self._gap)
        in_time -= np.where(month_end == self._end, same_month, 0)
        reached = float((in_time * weight).sum() / weight.sum())
        slowed = 1 - self._options.late_share * self._options.late_return_drop
        return min(0.95, self._options.repeat_share / (reached * slowed)) if reached > 0 else 0.0


def _no_visits() -> Visits:
    numbers, flags = np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.bool_)
    return Visits(numbers, numbers, numbers, numbers, numbers, numbers, flags, flags, numbers)


def _joined(parts: list[Visits]) -> Visits:
    return Visits(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Visits)))
