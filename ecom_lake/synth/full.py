"""The full shop: the same customers and orders as the standard shop, with everything that canonical files can contain.

The additional data is a function of the standard data (goods, profiles, sales), so that a seed gives the same shop.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ecom_lake.synth import canonical, plans
from ecom_lake.synth.attempts import make_attempts
from ecom_lake.synth.full_tally import FullTally
from ecom_lake.synth.goods import Goods
from ecom_lake.synth.lines import make_lines
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.orders import make_orders, outcome_of
from ecom_lake.synth.payments import make_payments
from ecom_lake.synth.people import Visits
from ecom_lake.synth.profiles import profiles_of
from ecom_lake.synth.refunds import make_refunds, refund_rows
from ecom_lake.synth.reviews import make_reviews
from ecom_lake.synth.sales import make_sales, with_returns
from ecom_lake.synth.seasons import Month
from ecom_lake.synth.shop import Progress, Shop
from ecom_lake.synth.truths import Truths
from ecom_lake.synth.write import Delivery


class FullShop(Shop):
    def __init__(self, options: SynthOptions, folder: Path, progress: Progress) -> None:
        super().__init__(options, folder, progress)
        self.goods = Goods(self.catalog)
        self.full_tally = FullTally()

    def write_reference(self, delivery: Delivery) -> None:
        places = canonical.place_rows(self.places)
        self.zips = len(places)
        self.write(canonical.PLACES, self.months[0], places, delivery)
        self.write(plans.TARGETS, self.months[0], plans.target_rows(self.months), delivery)
        self.write(plans.EVENTS, self.months[0], plans.event_rows(self.months), delivery)

    def write_catalog(self, month: Month, delivery: Delivery) -> None:
        self.write(canonical.PRODUCTS, month, canonical.goods_rows(self.goods, month.index), delivery)
        self.write(canonical.SELLERS, month, canonical.shop_rows(self.catalog, self.places, month.index), delivery)

    def write_slice(self, month: Month, part: int, visits: Visits, delivery: Delivery) -> None:
        """Whether a person orders again depends on the delivery, not on a return."""
        seed, rng = self.options.seed, self.streams(month, part)
        delivered = make_orders(seed, rng("orders"), month, visits, self.places, self.late_odds, self.made)
        outcome, orders = outcome_of(visits, delivered), with_returns(seed, delivered)
        self.made += len(orders)
        lines = make_lines(rng("lines"), month, orders, self.catalog, self.places)
        sales = make_sales(seed, orders, lines, self.goods)
        lines = replace(lines, price=sales.net)  # the price that was paid
        payments = make_payments(rng("payments"), lines.total(len(orders), lines.price + lines.freight))
        reviews = make_reviews(rng("reviews"), delivered, self.options)
        exported = ~orders.without_lines[lines.order]
        lines, sales = lines[exported], sales[exported]
        attempts = make_attempts(seed, orders, payments)
        refunds = make_refunds(seed, orders, lines, sales, payments)
        profiles = profiles_of(seed, visits)
        self.people.settle(month, part, visits, outcome)
        self.tally.add(month, orders, lines, payments, reviews)
        self.full_tally.add_sales(month, orders, lines, sales, self.goods, self.places)
        self.full_tally.add_attempts(month, orders, attempts)
        self.full_tally.add_refunds(orders, refunds)
        self.full_tally.add_people(orders, lines, sales, visits, outcome, profiles)
        for table, rows in (
            (canonical.CUSTOMERS, canonical.customer_rows(seed, profiles[~visits.returning])),
            (canonical.ORDERS, canonical.order_rows(orders, self.places)),
            (canonical.ORDER_ITEMS, canonical.line_rows(orders, lines, sales, self.catalog)),
            (canonical.PAYMENTS, canonical.paid_rows(orders, payments, attempts)),
            (canonical.REFUNDS, refund_rows(orders, refunds)),
            (canonical.REVIEWS, canonical.opinion_rows(orders, reviews)),
        ):
            self.write(table, month, rows, delivery)

    def truths(self) -> Truths:
        return replace(super().truths(), full=self.full_tally.truths())
