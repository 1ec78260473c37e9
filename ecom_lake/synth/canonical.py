"""The export of a full shop: the canonical files, with statuses in any case and quoted ids."""

from __future__ import annotations

import numpy as np
import polars as pl

from ecom_lake.synth.arrays import Ints
from ecom_lake.synth.attempts import Attempts, attempt_rows, payment_statuses
from ecom_lake.synth.brazil import REGIONS
from ecom_lake.synth.catalog import Catalog, product_rows, seller_rows
from ecom_lake.synth.goods import Goods
from ecom_lake.synth.lines import Lines
from ecom_lake.synth.orders import RETURNED, STATUSES, Orders
from ecom_lake.synth.payments import Payments, payment_rows
from ecom_lake.synth.places import Places
from ecom_lake.synth.profiles import CONFLICTING, GENDERS, Profiles
from ecom_lake.synth.randomness import chance, ids, one_of
from ecom_lake.synth.reviews import Reviews, review_rows
from ecom_lake.synth.sales import Sales
from ecom_lake.synth.text import money, timestamps, whole
from ecom_lake.synth.write import Table

CHANNELS = ("web", "app", "store", "")
"""The last one is for orders with an unknown channel."""
_CHANNELS = (0.55, 0.35, 0.08, 0.02)
_COUNTRY, _CURRENCY = "BR", "BRL"
_SHIPPING, _SHIPPED_BY = ("standard", "express", "pickup", ""), (0.7, 0.2, 0.08, 0.02)
_COUPONS, _WITH_COUPON = ("", "BEMVINDO", "MAIO10", "FRETE0"), (0.9, 0.05, 0.03, 0.02)
_SIZES, _OF_SIZE = ("", "P", "M", "G"), (0.6, 0.1, 0.2, 0.1)
_COLOURS, _OF_COLOUR = ("", "preto", "branco", "azul"), (0.4, 0.3, 0.2, 0.1)


def _table(file: str, columns: str, texts: str) -> Table:
    return Table(file, tuple(columns.split()), frozenset(texts.split()))


CUSTOMERS = _table(
    "customers.csv",
    "customer_id registered_at age gender source_segment is_subscriber prior_purchases purchase_frequency_days",
    "customer_id",
)
PRODUCTS = _table(
    "products.csv",
    "product_id name category brand unit_cost list_price weight_g length_cm height_cm width_cm photos",
    "product_id name category brand",
)
SELLERS = _table("sellers.csv", "seller_id city state zip", "seller_id city zip")
PLACES = _table("places.csv", "zip lat lng city state", "zip city")
ORDERS = _table(
    "orders.csv",
    "order_id customer_id ordered_at approved_at shipped_at delivered_at promised_at status is_returned"
    " city state region country zip channel shipping_method coupon_code currency",
    "order_id customer_id city zip",
)
ORDER_ITEMS = _table(
    "order_items.csv",
    "order_id line product_id seller_id quantity unit_price discount freight unit_cost is_returned tax is_discounted size colour",
    "order_id product_id seller_id",
)
PAYMENTS = _table("payments.csv", "order_id sequence method instalments amount status paid_at", "order_id")
REFUNDS = _table("refunds.csv", "refund_id order_id refunded_at amount line reason", "refund_id order_id")
REVIEWS = _table(
    "reviews.csv",
    "review_id order_id score is_score_imputed title comment created_at answered_at",
    "review_id order_id title comment",
)


def customer_rows(seed: int, profiles: Profiles) -> pl.DataFrame:
    """One row per person; two for a person with two records that differ in gender."""
    people = pl.DataFrame(
        {
            "customer_id": ids(seed, "person", profiles.person),
            "registered_at": timestamps(profiles.registered),
            "age": profiles.texts("age"),
            "gender": pl.Series(["Female", "Male", "F", ""]).gather(profiles.gender),
            "source_segment": profiles.texts("source_segment"),
            "is_subscriber": profiles.texts("is_subscriber"),
            "prior_purchases": whole(profiles.prior_purchases),
            "purchase_frequency_days": whole(profiles.habit),
        }
    )
    other = people.filter(pl.Series(profiles.gender == CONFLICTING)).with_columns(gender=pl.lit(GENDERS[1]))
    return pl.concat([people, other])


def goods_rows(goods: Goods, month: int) -> pl.DataFrame:
    """The products launched in the month."""
    products = np.flatnonzero(goods.catalog.launched == month).astype(np.int64)
    measures = {"product_photos_qty": "photos"} | {
        f"product_{name}": name for name in ("weight_g", "length_cm", "height_cm", "width_cm")
    }
    return product_rows(goods.catalog, month).select("product_id", *measures).rename(measures).with_columns(
        name=goods.names(products),
        category=goods.categories(products),
        brand=goods.brand_names(products),
        unit_cost=hundredths(goods.costs(products)),
        list_price=money(goods.list_prices(products)),
    )  # fmt: skip


def shop_rows(catalog: Catalog, places: Places, month: int) -> pl.DataFrame:
    """The sellers who join in the month."""
    return seller_rows(catalog, places, month).rename(
        {"seller_zip_code_prefix": "zip", "seller_city": "city", "seller_state": "state"}
    )


def place_rows(places: Places) -> pl.DataFrame:
    number = np.arange(len(places.prefix))
    return pl.DataFrame(
        {
            "zip": places.zips(number),
            "lat": pl.Series(places.lat).round(6).cast(pl.String),
            "lng": pl.Series(places.lng).round(6).cast(pl.String),
            "city": places.cities(number),
            "state": places.states(number),
        }
    )


def channels(seed: int, orders: Orders) -> pl.Series:
    return pl.Series(CHANNELS).gather(one_of(chance(seed, "channel", orders.number), _CHANNELS))


def order_rows(orders: Orders, places: Places) -> pl.DataFrame:
    """Half of the returned orders have the status, half have the flag."""
    by_flag = (orders.status == RETURNED) & (orders.number % 2 == 0)
    status = pl.Series([*STATUSES, "unknown", "returned"]).gather(np.where(by_flag, 0, orders.status))
    state = places.states(orders.place)
    return pl.DataFrame(
        {
            "order_id": orders.ids,
            "customer_id": ids(orders.seed, "person", orders.person),
            "ordered_at": timestamps(orders.purchased),
            "approved_at": timestamps(orders.approved),
            "shipped_at": timestamps(orders.shipped),
            "delivered_at": timestamps(orders.delivered),
            "promised_at": timestamps(orders.promised),
            "status": _in_any_case(status, orders.number % 3),
            "is_returned": pl.Series(["", "yes"]).gather(by_flag.astype(np.int64)),
            "city": places.cities(orders.place),
            "state": state,
            "region": state.replace_strict({code: region for region, codes in REGIONS.items() for code in codes.split()}),
            "country": pl.Series([_COUNTRY]).gather(np.zeros(len(orders), dtype=np.int64)),
            "zip": places.zips(orders.place),
            "channel": channels(orders.seed, orders),
            "shipping_method": pl.Series(_SHIPPING).gather(one_of(chance(orders.seed, "shipping", orders.number), _SHIPPED_BY)),
            "coupon_code": pl.Series(_COUPONS).gather(one_of(chance(orders.seed, "coupon", orders.number), _WITH_COUPON)),
            "currency": pl.Series([_CURRENCY]).gather(np.zeros(len(orders), dtype=np.int64)),
        }
    )


def _in_any_case(words: pl.Series, how: Ints) -> pl.Series:
    which, word = pl.lit(pl.Series(how)), pl.lit(words)
    spelled = pl.when(which == 0).then(word).when(which == 1).then(word.str.to_titlecase()).otherwise(word.str.to_uppercase())
    return pl.select(spelled).to_series()


def line_rows(orders: Orders, lines: Lines, sales: Sales, catalog: Catalog) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "order_id": orders.ids.gather(lines.order),
            "line": whole(lines.line),
            "product_id": catalog.product_ids(lines.product),
            "seller_id": catalog.seller_ids(catalog.seller[lines.product]),
            "quantity": whole(sales.quantity),
            "unit_price": hundredths(sales.unit_price),
            "discount": money(sales.discount),
            "freight": money(lines.freight),
            "unit_cost": hundredths(sales.line_cost),
            "is_returned": pl.Series(["no", "yes", ""]).gather(np.where(sales.returned_flag < 0, 2, sales.returned_flag)),
            "tax": pl.select(pl.when(pl.Series(sales.tax >= 0)).then(money(sales.tax)).otherwise(pl.lit(""))).to_series(),
            "is_discounted": pl.Series(["", "yes"]).gather(sales.discount_is_stated.astype(np.int64)),
            "size": pl.Series(_SIZES).gather(one_of(chance(orders.seed, "size", lines.product), _OF_SIZE)),
            "colour": pl.Series(_COLOURS).gather(one_of(chance(orders.seed, "colour", lines.product), _OF_COLOUR)),
        }
    )


def paid_rows(orders: Orders, payments: Payments, attempts: Attempts) -> pl.DataFrame:
    """The payments, and after them the attempts that brought no money."""
    names = {"payment_sequential": "sequence", "payment_type": "method", "payment_installments": "instalments"}
    paid_at = timestamps(np.where(orders.approved < 0, orders.purchased, orders.approved)[payments.order])
    statuses = payment_statuses(orders.seed, orders, payments)
    paid = payment_rows(orders, payments).rename({**names, "payment_value": "amount"})
    return pl.concat([paid.with_columns(status=statuses, paid_at=paid_at), attempt_rows(orders, attempts)])


def opinion_rows(orders: Orders, reviews: Reviews) -> pl.DataFrame:
    names = {
        "review_score": "score",
        "review_comment_title": "title",
        "review_comment_message": "comment",
        "review_creation_date": "created_at",
        "review_answer_timestamp": "answered_at",
    }
    return review_rows(orders, reviews).rename(names).with_columns(is_score_imputed=pl.lit("no"))


def hundredths(amounts: Ints) -> pl.Series:
    """`12.3456` for 123456 hundredths of a cent; an empty text for an unknown amount."""
    amount = pl.lit(pl.Series(amounts))
    text = (amount // 10_000).cast(pl.String) + "." + (amount % 10_000).cast(pl.String).str.zfill(4)
    return pl.select(pl.when(amount >= 0).then(text).otherwise(pl.lit(""))).to_series()
