"""Nightly invoice lines: credit notes, customers who are not known, free lines, corrections of the stock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import polars as pl

from ecom_lake.synth.randomness import chance
from ecom_lake.synth.shapes.shape import WRITTEN_AT, Shape, Sheet, money, text_of_time
from ecom_lake.synth.shapes.sold import Sold, with_guests

_INVOICES = Sheet("invoices.csv", encoding="cp1252", newline="\r\n")
_UNKNOWN_CUSTOMER, _FREE_LINE, _ADJUSTED = 0.2, 0.01, 0.01
_FIRST_NUMBER, _FIRST_ADJUSTMENT = 500_000_000, 900_000_000


class Invoices(Shape):
    name = "invoices"
    meaning = "nightly invoice lines with credit notes"

    def keep(self, sold: Sold) -> Sold:
        """Valid orders without discounts, freight and payments. A credit note is written only to a known customer."""
        guests = with_guests(self.options.seed, sold, _UNKNOWN_CUSTOMER)
        orders = guests.orders.filter("is_valid").with_columns(status=pl.lit("unknown"))
        number = guests.lines["order"].to_numpy() * 64 + guests.lines["line"].to_numpy()
        is_free = pl.Series(chance(self.options.seed, "line is free", number) < _FREE_LINE)
        zero = pl.lit(0, pl.Int64)
        lines = guests.lines.with_columns(
            unit_price=pl.when(is_free).then(zero).otherwise("unit_price"),
            gross=pl.when(is_free).then(zero).otherwise("gross"),
            discount=zero,
            freight=zero,
        )
        kept = guests.only(orders, lines)
        known = kept.orders.filter(pl.col("customer_id").is_not_null()).select("order")
        paid = kept.lines.select("order", "line", "gross").filter(pl.col("gross") > 0)
        refunds = (
            kept.refunds.join(known, on="order", how="semi", maintain_order="left")
            .join(paid, on=["order", "line"], maintain_order="left")
            .with_columns(amount=pl.col("gross"), refunded_at=pl.col("refunded_at").max().over("order"))
            .drop("gross")
        )
        return replace(kept, payments=kept.payments.clear(), refunds=refunds)

    def sheets(self, kept: Sold) -> Iterable[tuple[Sheet, pl.DataFrame]]:
        """A credit note has a number of its own, which does not name the invoice."""
        lines = kept.lines.join(kept.orders, on="order", maintain_order="left")
        self.planted.update(free_lines=int((lines["gross"] == 0).sum()), credit_notes=kept.refunds["order"].n_unique())
        number = pl.col("order") + _FIRST_NUMBER
        yield _INVOICES, _records(lines, number.cast(pl.String), pl.col("quantity"), pl.col("ordered_at"))
        credited = kept.refunds.select("order", "line", "refunded_at").join(lines, on=["order", "line"], maintain_order="left")
        yield _INVOICES, self._adjustments(lines)
        note = pl.lit("C") + (number + 1).cast(pl.String)
        yield _INVOICES, _records(credited, note, -pl.col("quantity"), pl.col("refunded_at"))

    def _adjustments(self, lines: pl.DataFrame) -> pl.DataFrame:
        """Corrections of the stock, which are no sales: without a price and a customer, with a number of their own."""
        share = pl.Series(chance(self.options.seed, "stock is corrected", lines["order"].to_numpy()))
        found = lines.filter((pl.col("line") == 1) & (share < _ADJUSTED)).with_columns(
            name=pl.lit("damaged"), unit_price=pl.lit(0, pl.Int64), customer_id=pl.lit(None, pl.String)
        )
        self.planted.update(stock_adjustments=len(found))
        number = (pl.col("order") + _FIRST_ADJUSTMENT).cast(pl.String)
        return _records(found, number, -pl.col("quantity"), pl.col("ordered_at"))


def _records(lines: pl.DataFrame, invoice: pl.Expr, quantity: pl.Expr, at: pl.Expr) -> pl.DataFrame:
    return lines.select(
        invoice.alias("InvoiceNo"),
        pl.col("sku").alias("StockCode"),
        pl.col("name").str.to_uppercase().alias("Description"),
        quantity.cast(pl.String).alias("Quantity"),
        text_of_time(at, "%-m/%-d/%Y %H:%M").alias("InvoiceDate"),
        money(pl.col("unit_price")).alias("UnitPrice"),
        pl.when(pl.col("customer_id").is_not_null()).then((pl.col("person") + 12_000).cast(pl.String)).alias("CustomerID"),
        pl.lit("Brazil").alias("Country"),
        at.alias(WRITTEN_AT),
    )
