"""What the synthetic shop sold in a slice of a month, as tables that every shape writes its export from.

Money is in whole cents, times are local and naive, a missing value is NULL.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ecom_lake.synth.arrays import Ints
from ecom_lake.synth.brazil import REGIONS
from ecom_lake.synth.canonical import channels
from ecom_lake.synth.goods import Goods
from ecom_lake.synth.lines import Lines
from ecom_lake.synth.orders import STATUSES, Orders
from ecom_lake.synth.payments import Payments, payment_rows
from ecom_lake.synth.places import Places
from ecom_lake.synth.profiles import HABITS, Profiles
from ecom_lake.synth.randomness import chance, ids
from ecom_lake.synth.sales import Sales
from ecom_lake.synth.text import DAY, NEVER

_REASONS = ("wrong size", "damaged", "not as described", "changed their mind")
_MOST_DAYS_TO_THE_REFUND = 20


@dataclass(frozen=True)
class Sold:
    month: str
    orders: pl.DataFrame
    """One row per order: order (its number), order_id, person, customer_id (NULL for a guest), ordered_at and the other times,
    status and is_valid, the address, channel."""
    lines: pl.DataFrame
    """One row per line: order, line, product, quantity, unit_price, gross, discount, freight, tax, is_valid."""
    payments: pl.DataFrame
    """One row per payment: order, sequence, method, instalments, amount, status, paid_at."""
    refunds: pl.DataFrame
    """One row per refunded line: order, line, quantity, amount, reason, refunded_at."""
    customers: pl.DataFrame
    """One row per person who comes for the first time: customer_id, met_at and the profile."""
    products: pl.DataFrame
    """One row per product that is launched in the month; empty after the first slice of the month."""

    def only(self, orders: pl.DataFrame, lines: pl.DataFrame | None = None) -> Sold:
        """These orders, with their lines (or those of the given ones), payments and refunds."""
        kept = self.lines if lines is None else lines
        of_orders = orders.select("order")
        lines = kept.join(of_orders, on="order", how="semi", maintain_order="left")
        payments = self.payments.join(of_orders, on="order", how="semi", maintain_order="left")
        refunds = self.refunds.join(lines, on=["order", "line"], how="semi", maintain_order="left")
        return replace(self, orders=orders, lines=lines, payments=payments, refunds=refunds)


def sold_of(
    month: str, orders: Orders, lines: Lines, sales: Sales, payments: Payments, profiles: Profiles, met: Ints,
    places: Places, goods: Goods,
) -> Sold:  # fmt: skip
    """The orders that have lines. `profiles` are those of the people who come for the first time, at `met`; the products are
    added once a month."""
    seed = orders.seed
    line = _line_frame(orders, lines, sales, goods)
    order = _order_frame(orders, places).join(line.select("order").unique(), on="order", how="semi", maintain_order="left")
    every = Sold(
        month=month,
        orders=order,
        lines=line,
        payments=_payment_frame(orders, payments),
        refunds=_refund_frame(seed, order, line),
        customers=_customer_frame(seed, profiles, met),
        products=product_frame(goods, np.zeros(0, dtype=np.int64)),
    )
    return every.only(order)


def _order_frame(orders: Orders, places: Places) -> pl.DataFrame:
    state = places.states(orders.place)
    return pl.DataFrame(
        {
            "order": orders.number,
            "order_id": orders.ids,
            "person": orders.person,
            "customer_id": ids(orders.seed, "person", orders.person),
            "ordered_at": times(orders.purchased),
            "approved_at": times(orders.approved),
            "shipped_at": times(orders.shipped),
            "delivered_at": times(orders.delivered),
            "status": pl.Series([*STATUSES, "unknown", "returned"]).gather(orders.status),
            "is_valid": orders.is_valid,
            "city": places.cities(orders.place),
            "state": state,
            "region": state.replace_strict({code: region for region, codes in REGIONS.items() for code in codes.split()}),
            "zip": places.zips(orders.place),
            "channel": channels(orders.seed, orders),
        }
    )


def _line_frame(orders: Orders, lines: Lines, sales: Sales, goods: Goods) -> pl.DataFrame:
    """Prices have two decimals here, as in most shops."""
    unit_price = sales.unit_price // 100
    gross = unit_price * sales.quantity
    n = len(lines.order)
    return pl.DataFrame(
        {
            "order": orders.number[lines.order],
            "line": lines.line,
            "product": lines.product,
            "sku": skus(lines.product),
            "name": goods.names(lines.product),
            "category": goods.categories(lines.product),
            "quantity": sales.quantity,
            "unit_price": unit_price,
            "gross": gross,
            "discount": np.minimum(sales.discount, gross),
            "freight": lines.freight,
            "tax": np.zeros(n, dtype=np.int64),
            "is_valid": np.ones(n, dtype=np.bool_),
            "is_returned": sales.returned,
        }
    )


def _payment_frame(orders: Orders, payments: Payments) -> pl.DataFrame:
    rows = payment_rows(orders, payments)
    paid_at = np.where(orders.approved < 0, orders.purchased, orders.approved)[payments.order]
    return pl.DataFrame(
        {
            "order": orders.number[payments.order],
            "sequence": payments.sequence,
            "method": rows["payment_type"],
            "instalments": payments.instalments,
            "amount": payments.amount,
            "status": pl.Series(["paid"], dtype=pl.String).new_from_index(0, len(rows)),
            "paid_at": times(paid_at),
        }
    )


def _refund_frame(seed: int, orders: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """The net amount of each returned line, some days after its delivery."""
    back = lines.filter("is_returned").join(orders.select("order", "delivered_at"), on="order", maintain_order="left")
    share = chance(seed, "days to the refund", back["order"].to_numpy() * 64 + back["line"].to_numpy())
    later = pl.Series((share * _MOST_DAYS_TO_THE_REFUND * DAY).astype(np.int64) * 1000).cast(pl.Duration("ms"))
    return back.select(
        "order",
        "line",
        "quantity",
        amount=pl.col("gross") - pl.col("discount"),
        reason=pl.Series(_REASONS).gather((share * len(_REASONS)).astype(np.int64)),
        refunded_at=pl.col("delivered_at") + later,
    )


def _customer_frame(seed: int, profiles: Profiles, met: Ints) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "person": profiles.person,
            "customer_id": ids(seed, "person", profiles.person),
            "met_at": times(met),
            "registered_at": times(profiles.registered),
            "age": pl.Series(profiles.texts("age")).replace("", None),
            "gender": profiles.texts("gender"),
            "is_subscriber": profiles.texts("is_subscriber"),
            "prior_purchases": profiles.prior_purchases,
            "habit_days": pl.Series(HABITS).gather(np.searchsorted(HABITS, profiles.habit)),
        }
    )


def product_frame(goods: Goods, products: Ints) -> pl.DataFrame:
    cost = goods.costs(products)
    return pl.DataFrame(
        {
            "product": products,
            "sku": skus(products),
            "name": goods.names(products),
            "category": goods.categories(products),
            "brand": goods.brand_names(products),
            "cost": pl.Series(np.where(cost < 0, -1, cost // 100)).replace(-1, None),
            "list_price": goods.list_prices(products),
        }
    )


def skus(products: Ints) -> pl.Series:
    return pl.select(pl.lit("SKU-") + pl.Series(products, dtype=pl.Int64).cast(pl.String).str.zfill(5)).to_series()


def times(seconds: Ints) -> pl.Series:
    """NULL for an event that did not happen."""
    stated = pl.Series(seconds, dtype=pl.Int64)
    return pl.select(pl.when(stated != NEVER).then(stated * 1000).cast(pl.Datetime("ms"))).to_series()


def with_guests(seed: int, sold: Sold, share: float) -> Sold:
    """The shop, with a share of its orders placed without an account."""
    is_guest = pl.Series(chance(seed, "order of a guest", sold.orders["order"].to_numpy()) < share)
    return replace(sold, orders=sold.orders.with_columns(customer_id=pl.when(~is_guest).then("customer_id")))


def one_payment_each(sold: Sold) -> Sold:
    """Each valid order paid once and in full: net sales, freight and tax of its lines."""
    owed = sold.lines.group_by("order").agg(amount=pl.sum("gross") - pl.sum("discount") + pl.sum("freight") + pl.sum("tax"))
    first = sold.payments.unique("order", keep="first", maintain_order=True).drop("amount")
    orders = sold.orders.filter("is_valid").select("order")
    paid = first.join(orders, on="order", how="semi", maintain_order="left").join(owed, on="order", maintain_order="left")
    return replace(sold, payments=paid.with_columns(sequence=pl.lit(1, pl.Int64), instalments=pl.lit(1, pl.Int64)))


def with_whole_refunds(sold: Sold) -> Sold:
    """Refunds with the tax of the line, and with its freight where the whole order is returned."""
    returned = sold.orders.select("order", whole=pl.col("status") == "returned")
    amounts = sold.lines.select("order", "line", "freight", "tax").join(returned, on="order", maintain_order="left")
    more = pl.col("tax") + pl.when("whole").then("freight").otherwise(0)
    refunds = sold.refunds.join(amounts, on=["order", "line"], maintain_order="left").with_columns(amount=pl.col("amount") + more)
    return replace(sold, refunds=refunds.drop("freight", "tax", "whole"))
