"""Order lines: one row per unit, with price and freight."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ecom_lake.synth.arrays import Flags, Floats, Ints
from ecom_lake.synth.catalog import BUNDLES, Catalog, bundle_members
from ecom_lake.synth.orders import Orders
from ecom_lake.synth.places import Places
from ecom_lake.synth.seasons import Month
from ecom_lake.synth.text import DAY, money, timestamps, whole

_SIZES = {1: 0.9, 2: 0.076, 3: 0.0135, 4: 0.0055, 5: 0.0025, 6: 0.0025}
_SAME_AGAIN = 0.65
"""Share of the additional lines that have the product of the first line."""


@dataclass(frozen=True)
class Lines:
    order: Ints
    """Position of the order in its slice; ascending."""
    line: Ints
    product: Ints
    price: Ints
    """In cents, like the freight."""
    freight: Ints
    limit: Ints
    bundle: Ints
    """For each order: index of its bundle, or -1."""

    def __getitem__(self, which: Flags) -> Lines:
        kept = {name: getattr(self, name)[which] for name in ("order", "line", "product", "price", "freight", "limit")}
        return replace(self, **kept)

    def total(self, orders: int, cents: Ints) -> Ints:
        """The sum of the cents by order. Exact, because sums are far below 2 ** 53."""
        return np.bincount(self.order, weights=cents, minlength=orders).astype(np.int64)


def make_lines(rng: np.random.Generator, month: Month, orders: Orders, catalog: Catalog, places: Places) -> Lines:
    """The lines of all orders, including orders whose lines are not exported but were paid."""
    n = len(orders)
    rates = [bundle.rate for bundle in BUNDLES]
    bundle = rng.choice(np.arange(-1, len(BUNDLES)), size=n, p=[1 - sum(rates), *rates])
    size = rng.choice(list(_SIZES), size=n, p=list(_SIZES.values()))
    size = np.where(bundle < 0, size, np.array([len(bundle.categories) for bundle in BUNDLES])[bundle])
    order = np.repeat(np.arange(n), size)
    start = np.repeat(np.cumsum(size) - size, size)
    line = np.arange(len(order)) - start
    product = _products(rng, month, catalog, bundle[order], line, start)
    price = catalog.price_in(month.index, product)
    days = rng.integers(2, 9, n)[order]
    limit = np.maximum(orders.approved[order], orders.purchased[order]) + days * DAY
    return Lines(order, line + 1, product, price, _freight(rng, orders.place[order], product, catalog, places), limit, bundle)


def _products(rng: np.random.Generator, month: Month, catalog: Catalog, bundle: Ints, line: Ints, start: Ints) -> Ints:
    drawn = catalog.draw(rng, month.index, len(line))
    again = (line > 0) & (rng.random(len(line)) < _SAME_AGAIN)
    drawn = np.where(again, drawn[start], drawn)
    for number, members in enumerate(bundle_members()):
        mine = bundle == number
        drawn[mine] = np.array(members)[line[mine]]
    return drawn


def _freight(rng: np.random.Generator, place: Ints, product: Ints, catalog: Catalog, places: Places) -> Ints:
    """Freight in cents, by weight and distance class; cheaper within a state."""
    seller_place = catalog.seller_place[catalog.seller[product]]
    far = np.maximum(places.far(place), places.far(seller_place))
    same_state = places.state[place] == places.state[seller_place]
    base: Floats = np.where(same_state, 750.0, np.array([1250.0, 1500.0, 1900.0, 2300.0])[far])
    noise = rng.lognormal(0, 0.15, len(place))
    return ((base + catalog.grams[product] * 0.22) * noise).astype(np.int64)


def line_rows(orders: Orders, lines: Lines, catalog: Catalog) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "order_id": orders.ids.gather(lines.order),
            "order_item_id": whole(lines.line),
            "product_id": catalog.product_ids(lines.product),
            "seller_id": catalog.seller_ids(catalog.seller[lines.product]),
            "shipping_limit_date": timestamps(lines.limit),
            "price": money(lines.price),
            "freight_value": money(lines.freight),
        }
    )
