"""Products with a long tail of popularity, their prices and sellers, and planted bundles.

Products are numbered by launch date, so that the products on sale in a month are the first n.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import numpy as np
import numpy.typing as npt
import polars as pl

from ecom_lake.synth.arrays import Floats, Ints
from ecom_lake.synth.categories import CATEGORIES
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.places import Places
from ecom_lake.synth.randomness import chance, ids, stream
from ecom_lake.synth.text import whole

_FROM_THE_START, _WITHOUT_CATEGORY = 0.4, 0.02
_TAIL, _HEAD = 0.7, 4
"""Popularity is 1 / (rank + HEAD) ** TAIL: the top 1% of the products make about 25% of the sales."""
_SELLER_TAIL = 0.8


@dataclass(frozen=True)
class BundlePlan:
    categories: tuple[str, ...]
    """Category of each product, in Portuguese."""
    rate: float
    """Share of the orders that are this bundle."""


BUNDLES = (
    BundlePlan(("cine_foto", "audio"), 0.004),
    BundlePlan(("artigos_de_festas", "flores"), 0.003),
    BundlePlan(("instrumentos_musicais", "livros_tecnicos"), 0.0025),
    BundlePlan(("casa_conforto", "climatizacao", "artes"), 0.003),
)


@dataclass(frozen=True)
class Catalog:
    """Products and sellers, by number. Index -1 is no category."""

    seed: int
    category: Ints
    price: Ints
    """The usual price in cents."""
    grams: Ints
    seller: Ints
    launched: Ints
    """Index of the launch month; ascending."""
    reach: Floats
    """Cumulative popularity."""
    seller_place: Ints
    seller_joined: Ints

    def draw(self, rng: np.random.Generator, month: int, n: int) -> Ints:
        """n products that are on sale in the month, drawn by popularity."""
        on_sale = int(np.searchsorted(self.launched, month, side="right"))
        product: Ints = np.searchsorted(self.reach, rng.random(n) * self.reach[on_sale - 1], side="right")
        return product

    def price_in(self, month: int, products: Ints) -> Ints:
        """The usual price in most months; else 5% or 10% below, or 5% above."""
        step = chance(self.seed, "price of the month", products * 4096 + month)
        percent = np.select([step < 0.1, step < 0.2, step < 0.3], [90, 95, 105], default=100)
        price: Ints = (self.price[products] * percent + 50) // 100
        return price

    def product_ids(self, products: Ints) -> pl.Series:
        return ids(self.seed, "product", products)

    def seller_ids(self, sellers: Ints) -> pl.Series:
        return ids(self.seed, "seller", sellers)


def bundle_members() -> tuple[tuple[int, ...], ...]:
    """The products of each bundle in BUNDLES: the first products, which are on sale from the first month."""
    numbers = count()
    return tuple(tuple(next(numbers) for _ in bundle.categories) for bundle in BUNDLES)


def make_catalog(options: SynthOptions, places: Places) -> Catalog:
    rng = stream(options.seed, "catalog")
    n = max(60, min(options.orders // 3, int(100 * options.orders**0.5)))
    launched = _launches(rng, n, len(options.months))
    category = rng.choice(len(CATEGORIES), size=n, p=_shares([c.share for c in CATEGORIES]))
    weight = (rng.permutation(n) + _HEAD) ** -_TAIL
    members = [name for bundle in BUNDLES for name in bundle.categories]
    category[: len(members)] = [_number(name) for name in members]
    weight[: len(members)] = weight.mean()
    price, grams = _prices(rng, category), _weights(rng, category)
    category[len(members) :][rng.random(n - len(members)) < _WITHOUT_CATEGORY] = -1
    sellers = max(10, min(options.orders // 32, int(10 * options.orders**0.5)))
    seller = rng.choice(sellers, size=n, p=_shares((np.arange(sellers) + 1.0) ** -_SELLER_TAIL))
    joined = np.full(sellers, len(options.months))
    np.minimum.at(joined, seller, launched)
    joined[joined == len(options.months)] = 0
    place = places.at(rng.random(sellers) ** 1.3)
    return Catalog(options.seed, category, price, grams, seller, launched, np.cumsum(weight), place, joined)


def _launches(rng: np.random.Generator, n: int, months: int) -> Ints:
    at_once = int(n * _FROM_THE_START)
    return np.concatenate([np.zeros(at_once, dtype=np.int64), np.sort(rng.integers(0, months, n - at_once))])


def _prices(rng: np.random.Generator, category: Ints) -> Ints:
    """Log-normal around the usual price of the category, with typical endings."""
    usual = np.array([np.log(c.price) for c in CATEGORIES])[category]
    spread = np.array([c.spread for c in CATEGORIES])[category]
    units = np.clip(np.exp(rng.normal(usual, spread)), 4, 7_000).astype(np.int64)
    ending = rng.choice([90, 99, 0, 50, 49], size=len(category), p=[0.45, 0.25, 0.15, 0.1, 0.05])
    cents: Ints = units * 100 + ending
    return cents


def _weights(rng: np.random.Generator, category: Ints) -> Ints:
    usual = np.array([np.log(c.grams) for c in CATEGORIES])[category]
    return np.clip(np.exp(rng.normal(usual, 0.7)), 50, 40_000).astype(np.int64)


def _shares(weights: npt.ArrayLike) -> Floats:
    shares: Floats = np.asarray(weights) / np.sum(weights)
    return shares


def _number(category: str) -> int:
    return next(number for number, known in enumerate(CATEGORIES) if known.name == category)


def product_rows(catalog: Catalog, month: int) -> pl.DataFrame:
    """The products launched in the month. A product without a category has no texts and photos either."""
    products = np.flatnonzero(catalog.launched == month).astype(np.int64)
    rng = stream(catalog.seed, "product rows", month)
    category = catalog.category[products]
    known = pl.Series(category >= 0)
    size = np.cbrt(catalog.grams[products] * 6.0)[:, None] * rng.uniform(0.6, 1.6, (len(products), 3))
    length, height, width = np.clip(size, 2, 105).astype(np.int64).T
    words = {
        "product_category_name": pl.Series([c.name for c in CATEGORIES]).gather(np.maximum(category, 0)),
        "product_name_lenght": whole(rng.integers(20, 64, len(products))),
        "product_description_lenght": whole(rng.integers(80, 3_000, len(products))),
        "product_photos_qty": whole(1 + rng.poisson(1.2, len(products))),
    }
    return pl.DataFrame(
        {
            "product_id": catalog.product_ids(products),
            **{name: pl.select(pl.when(known).then(values).otherwise(pl.lit(""))).to_series() for name, values in words.items()},
            "product_weight_g": whole(catalog.grams[products]),
            "product_length_cm": whole(length),
            "product_height_cm": whole(height),
            "product_width_cm": whole(width),
        }
    )


def seller_rows(catalog: Catalog, places: Places, month: int) -> pl.DataFrame:
    """The sellers who join in the month."""
    sellers = np.flatnonzero(catalog.seller_joined == month).astype(np.int64)
    place = catalog.seller_place[sellers]
    return pl.DataFrame(
        {
            "seller_id": catalog.seller_ids(sellers),
            "seller_zip_code_prefix": places.zips(place),
            "seller_city": places.cities(place),
            "seller_state": places.states(place),
        }
    )


def translation_rows() -> pl.DataFrame:
    """The categories in English; like in the real shop, some have no translation."""
    known = [c for c in CATEGORIES if c.english]
    return pl.DataFrame(
        {
            "product_category_name": [c.name for c in known],
            "product_category_name_english": [c.english for c in known],
        }
    )
