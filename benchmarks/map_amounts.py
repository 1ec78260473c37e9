"""Amounts and identifiers that shop systems state and that a synthetic shop has not: tax, totals of orders, percentages, numbers.

Here: polars expressions over the rows of the synthetic shop. Not here: which layout states which of them (map_layouts*.toml).

Two shops share the rows. In the first, prices are without tax and discounts are amounts. In the second (`percent_…`), discounts
are percentages. `gross` amounts are those of a shop whose prices contain the tax.
"""

from __future__ import annotations

import polars as pl

VAT = 0.19
_PERCENT = (0, 0, 0, 10, 0, 5, 0, 20)
_FIRST = ("Ana", "Ben", "Carla", "Dan", "Eva", "Finn", "Gil", "Hanna", "Igor", "Jana", "Kai", "Lena", "Marco")
_LAST = (
    "Souza",
    "Hill",
    "Dias",
    "Wood",
    "Klein",
    "Berg",
    "Moss",
    "Lopes",
    "Roth",
    "Silva",
    "Weber",
    "Costa",
    "Lang",
    "Reis",
    "Vogt",
)


def with_numbers(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Numbers, codes and names as shop systems have them, next to the identifiers of the synthetic shop."""
    number = pl.int_range(pl.len())
    orders, customers, products = (tables[name] for name in ("orders", "customers", "products"))
    by_time = pl.col("orders.ordered_at").rank("ordinal").cast(pl.Int64)
    orders = orders.with_columns(
        (by_time + 100_000).cast(pl.String).alias("orders.number"),
        pl.format("SO{}", by_time.cast(pl.String).str.zfill(5)).alias("orders.name"),
    )
    customers = customers.with_columns(
        (number * 3 + 5_007).cast(pl.String).alias("customers.number"),
        pl.format("C{}", number + 20_000).alias("customers.code"),
        pl.format("buyer{}@example.com", number).alias("customers.email"),
        pl.format("{} {}", _cycled(number, _FIRST), _cycled(number // len(_FIRST), _LAST)).alias("customers.name"),
    )
    products = products.with_columns(
        (number * 2 + 31).cast(pl.String).alias("products.number"),
        pl.format("{}-{}", _cycled(number, ("AB", "KL", "XR", "TT")), number + 1_000).alias("products.sku"),
    )
    return tables | {"orders": orders, "customers": customers, "products": products}


def with_line_amounts(lines: pl.DataFrame) -> pl.DataFrame:
    """Amounts of lines; they need the columns of the products."""
    price, quantity, discount, freight, cost = (
        pl.col(name).fill_null("0").cast(pl.Float64)
        for name in ("lines.unit_price", "lines.quantity", "lines.discount", "lines.freight", "products.unit_cost")
    )
    percent = _cycled(pl.int_range(pl.len()) * 5, _PERCENT).cast(pl.Float64)
    price = price.round(2)
    amounts = lines.select(
        quantity=quantity,
        price=price,
        total=price * quantity,
        discount=discount,
        negative_discount=0 - discount,
        net=price * quantity - discount,
        freight=freight,
        cost=cost * quantity,
        unit_cost=cost,
        unit_gross=(price * (1 + VAT)).round(2),
        unit_vat=(price * VAT).round(4),
        percent=percent,
        percent_price=(price * (1 - percent / 100)).round(4),
        percent_net=(price * quantity * (1 - percent / 100)).round(2),
    )
    amounts = amounts.with_columns(
        vat=(pl.col("net") * VAT).round(2),
        profit=pl.col("net") - pl.col("cost"),
        gross=pl.col("unit_gross") * pl.col("quantity"),
        percent_vat=(pl.col("percent_net") * VAT).round(2),
        net_with_freight=pl.col("net") + pl.col("freight"),
    )
    amounts = amounts.with_columns(
        with_vat=pl.col("net") + pl.col("vat"),
        percent_with_vat=pl.col("percent_net") + pl.col("percent_vat"),
        everything=pl.col("net") + pl.col("vat") + pl.col("freight"),
    )
    return lines.with_columns(amounts.select(_text(name).alias(f"money.{name}") for name in amounts.columns))


def with_order_amounts(lines: pl.DataFrame) -> pl.DataFrame:
    """Amounts of whole orders, on every line of the order."""
    key = "lines.order_id"
    sums = {
        name: pl.col(f"money.{name}").cast(pl.Float64).sum().over(key)
        for name in ("quantity", "total", "discount", "net", "vat", "freight", "gross", "percent_net", "percent_vat")
    }
    sums |= {
        "grand": sums["net"] + sums["vat"] + sums["freight"],
        "untaxed": sums["net"] + sums["freight"],
        "gross_grand": sums["gross"] + sums["freight"],
        "percent_grand": sums["percent_net"] + sums["percent_vat"],
    }
    amounts = lines.select(**sums)
    return lines.with_columns(amounts.select(_text(name).alias(f"money.order_{name}") for name in amounts.columns))


def _cycled(number: pl.Expr, words: tuple[object, ...]) -> pl.Expr:
    return (number % len(words)).replace_strict(dict(enumerate(map(str, words))), return_dtype=pl.String)


def _text(name: str) -> pl.Expr:
    """Whole numbers for quantities and percentages, four decimals for amounts of one unit, two for the others."""
    value = pl.col(name)
    if name in ("quantity", "percent", "order_quantity"):
        return value.cast(pl.Int64).cast(pl.String)
    scale = 4 if name in ("unit_cost", "unit_vat", "percent_price") else 2
    return value.round(scale).cast(pl.Decimal(18, scale)).cast(pl.String)
