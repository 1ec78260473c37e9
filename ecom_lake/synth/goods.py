"""Product attributes of a full shop: name, brand, list price and cost.

Each is a function of the product number, so that a product is the same in every order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ecom_lake.synth.arrays import Floats, Ints
from ecom_lake.synth.catalog import Catalog
from ecom_lake.synth.categories import CATEGORIES
from ecom_lake.synth.randomness import chance

UNKNOWN = -1
"""An unknown cost, and the brand of a product without a brand."""
BRANDS = ("Aruá", "Baobá", "Caraíba", "Dendê", "Embaúba", "Figueira", "Graúna", "Harpia", "Ipê", "Jatobá", "Louro", "Mandacaru")
_COST_UNKNOWN, _WITHOUT_BRAND = 0.05, 0.05
_CHEAPEST, _MOST_EXPENSIVE = 0.4, 0.8
"""Cost of a product as a share of its usual price."""


@dataclass(frozen=True)
class Goods:
    catalog: Catalog

    def costs(self, products: Ints) -> Ints:
        """Unit cost, in hundredths of a cent."""
        share = _CHEAPEST + (_MOST_EXPENSIVE - _CHEAPEST) * self._chance("cost", products)
        cost: Ints = np.where(
            self._chance("cost is known", products) < _COST_UNKNOWN, UNKNOWN, self.catalog.price[products] * 100 * share
        ).astype(np.int64)
        return cost

    def list_prices(self, products: Ints) -> Ints:
        """In cents: the usual price, or 10% above it."""
        price = self.catalog.price[products]
        above: Ints = np.where(self._chance("list price", products) < 0.5, price * 11 // 10, price)
        return above

    def brands(self, products: Ints) -> Ints:
        """Indexes into `BRANDS`, the first ones more often; UNKNOWN for none."""
        number = (self._chance("brand", products) ** 2 * len(BRANDS)).astype(np.int64)
        return np.where(self._chance("has a brand", products) < _WITHOUT_BRAND, UNKNOWN, number)

    def names(self, products: Ints) -> pl.Series:
        brand, category = self.brand_names(products), self.categories(products)
        what = pl.concat_str(brand, category.str.replace_all("_", " "), separator=" ").str.strip_chars()
        return pl.select(pl.concat_str(what, pl.lit(" no. "), pl.Series(products).cast(pl.String)).str.strip_chars()).to_series()

    def brand_names(self, products: Ints) -> pl.Series:
        """Brand names; an empty text for none."""
        return pl.Series([*BRANDS, ""]).gather(np.where(self.brands(products) < 0, len(BRANDS), self.brands(products)))

    def categories(self, products: Ints) -> pl.Series:
        """Category names, in English if available; an empty text for none."""
        number = self.catalog.category[products]
        return pl.Series([*(c.english or c.name for c in CATEGORIES), ""]).gather(np.where(number < 0, len(CATEGORIES), number))

    def _chance(self, of: str, products: Ints) -> Floats:
        return chance(self.catalog.seed, f"product's {of}", products)
