"""Counts the truths of the final state while the shop is generated, slice by slice, in whole cents."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

from ecom_lake.synth.arrays import Flags, Ints
from ecom_lake.synth.catalog import BUNDLES, Catalog, bundle_members
from ecom_lake.synth.categories import CATEGORIES
from ecom_lake.synth.lines import Lines
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.orders import DELIVERED, STATUSES, Orders
from ecom_lake.synth.payments import Payments
from ecom_lake.synth.people import LATE, ON_TIME, People
from ecom_lake.synth.reviews import Reviews
from ecom_lake.synth.seasons import Month
from ecom_lake.synth.truths import Bundle, Difference, Lateness, MonthTruth, Totals, decimal

_ROUNDING = 5
"""The largest rounding difference, in cents."""
_CAUSES = ("no_lines", "no_payment", "rounding", "instalment_interest", "overpaid", "underpaid")


class Tally:
    def __init__(self) -> None:
        self._months: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.statuses: Counter[str] = Counter()
        self._differences: Counter[str] = Counter()
        self._differing: Counter[str] = Counter()
        self._bundles = np.zeros(len(BUNDLES), dtype=np.int64)
        self._scores: Counter[str] = Counter()
        self._rows: Counter[str] = Counter()

    def add(self, month: Month, orders: Orders, lines: Lines, payments: Payments, reviews: Reviews) -> None:
        n = len(orders)
        net, freight = lines.total(n, lines.price), lines.total(n, lines.freight)
        paid = np.bincount(payments.order, weights=payments.amount, minlength=n).astype(np.int64)
        valid = orders.is_valid
        self._months[month.name].update(
            orders=n,
            valid_orders=int(valid.sum()),
            net_sales=int(net[valid].sum()),
            freight=int(freight[valid].sum()),
            payments=int(paid[valid].sum()),
            delivered_orders=int((orders.status == DELIVERED).sum()),
            late_orders=int(orders.is_late.sum()),
        )
        self._rows.update(lines=len(lines.order), payments_rows=len(payments.order), reviews=len(reviews.order))
        names = (*STATUSES, "unknown", "returned")
        for status, count in zip(names, np.bincount(orders.status, minlength=len(names)), strict=True):
            if count or status != "returned":
                self.statuses[status] += int(count)
        self._add_differences(valid, lines, payments, paid - net - freight)
        self._add_bundles(valid, lines)
        self._add_scores(orders, reviews)

    def _add_differences(self, valid: Flags, lines: Lines, payments: Payments, difference: Ints) -> None:
        n = len(valid)
        has_lines = np.bincount(lines.order, minlength=n) > 0
        has_payment = np.bincount(payments.order, minlength=n) > 0
        in_instalments = np.bincount(payments.order[payments.instalments > 1], minlength=n) > 0
        matches = [
            ~has_lines,
            ~has_payment,
            abs(difference) <= _ROUNDING,
            (difference > 0) & in_instalments,
            difference > 0,
            difference < 0,
        ]
        counts = valid & (difference != 0)
        cause = np.select(matches, range(len(_CAUSES)))[counts]
        for number, name in enumerate(_CAUSES):
            self._differing[name] += int((cause == number).sum())
            self._differences[name] += int(difference[counts][cause == number].sum())

    def _add_bundles(self, valid: Flags, lines: Lines) -> None:
        """Bundles contain the first products only, so that a set of them fits in the bits of an integer."""
        bundles = bundle_members()
        held = np.zeros(len(valid), dtype=np.int64)
        mine = lines.product <= bundles[-1][-1]
        np.bitwise_or.at(held, lines.order[mine], 1 << lines.product[mine])
        for number, members in enumerate(bundles):
            wanted = sum(1 << member for member in members)
            self._bundles[number] += int((valid & (held & wanted == wanted)).sum())

    def _add_scores(self, orders: Orders, reviews: Reviews) -> None:
        """The reviews of an order are consecutive, the latest last."""
        last = np.append(reviews.order[1:] != reviews.order[:-1], True)[: len(reviews.order)]
        order, score = reviews.order[last], reviews.score[last]
        late = orders.is_late[order]
        on_time = (orders.status[order] == DELIVERED) & ~late
        for name, mine in (("late", late), ("on time", on_time)):
            self._scores[f"{name}, sum"] += int(score[mine].sum())
            self._scores[f"{name}, count"] += int(mine.sum())

    def totals(self, people: People, catalog: Catalog, zips: int) -> Totals:
        months: Counter[str] = sum(self._months.values(), Counter())
        buyers = people.buyers.total()
        several_days = sum(count for (purchases, _, _), count in people.buyers.items() if purchases > 1)
        return Totals(
            orders=months["orders"],
            valid_orders=months["valid_orders"],
            lines=self._rows["lines"],
            payments_rows=self._rows["payments_rows"],
            reviews=self._rows["reviews"],
            products=len(catalog.category),
            sellers=len(catalog.seller_place),
            zips=zips,
            people=people.met,
            buyers=buyers,
            buyers_on_several_days=several_days,
            buyers_with_several_orders=sum(count for (_, orders, _), count in people.buyers.items() if orders > 1),
            repeat_purchase_rate=several_days / buyers,
            delivered_orders=months["delivered_orders"],
            late_orders=months["late_orders"],
            net_sales=decimal(months["net_sales"]),
            freight=decimal(months["freight"]),
            payments=decimal(months["payments"]),
        )

    def months(self) -> tuple[MonthTruth, ...]:
        return tuple(
            MonthTruth(
                month=name,
                orders=counts["orders"],
                valid_orders=counts["valid_orders"],
                net_sales=decimal(counts["net_sales"]),
                freight=decimal(counts["freight"]),
                payments=decimal(counts["payments"]),
                delivered_orders=counts["delivered_orders"],
                late_orders=counts["late_orders"],
            )
            for name, counts in self._months.items()
        )

    def differences(self) -> dict[str, Difference]:
        return {cause: Difference(self._differing[cause], decimal(self._differences[cause])) for cause in _CAUSES}

    def bundles(self, catalog: Catalog) -> tuple[Bundle, ...]:
        english = {category.name: category.english for category in CATEGORIES}
        return tuple(
            Bundle(
                products=tuple(catalog.product_ids(np.array(members)).to_list()),
                categories=tuple(english[name] for name in bundle.categories),
                rate=bundle.rate,
                valid_orders=int(found),
            )
            for bundle, members, found in zip(BUNDLES, bundle_members(), self._bundles, strict=True)
        )

    def lateness(self, people: People, options: SynthOptions) -> Lateness:
        def customers(delivery: int, at_least: int) -> int:
            return sum(n for (purchases, _, first), n in people.buyers.items() if first == delivery and purchases >= at_least)

        def mean(name: str) -> float:
            return self._scores[f"{name}, sum"] / max(self._scores[f"{name}, count"], 1)

        return Lateness(
            score_drop=options.late_score_drop,
            return_drop=options.late_return_drop,
            score_on_time=mean("on time"),
            score_late=mean("late"),
            reviewed_on_time=self._scores["on time, count"],
            reviewed_late=self._scores["late, count"],
            first_on_time=customers(ON_TIME, 1),
            first_on_time_came_back=customers(ON_TIME, 2),
            first_late=customers(LATE, 1),
            first_late_came_back=customers(LATE, 2),
        )
