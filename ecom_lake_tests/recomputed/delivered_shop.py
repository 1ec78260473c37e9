"""The delivered files of a shop as plain pandas frames, read without any code of the lake.

Here: canonical files and Olist's files, brought to the same columns. Money is an integer of cents, a unit price an integer of
ten-thousandths, so that sums are exact. Not here: what follows from the rows (shop_facts.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

STATES_OF_REGIONS = {
    "Norte": "AC AP AM PA RO RR TO",
    "Nordeste": "AL BA CE MA PB PE PI RN SE",
    "Centro-Oeste": "DF GO MT MS",
    "Sudeste": "ES MG RJ SP",
    "Sul": "PR RS SC",
}
"""The five regions of Brazil, as its statistical office names them."""

YES, NO = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")


@dataclass(frozen=True)
class DeliveredShop:
    """One row per delivered row; a column that the source does not have is missing throughout."""

    orders: pd.DataFrame
    lines: pd.DataFrame
    payments: pd.DataFrame
    refunds: pd.DataFrame
    reviews: pd.DataFrame
    customers: pd.DataFrame
    products: pd.DataFrame
    sellers: pd.DataFrame
    states_everything: bool
    """Whether the files state costs, discounts, returns, tax, refunds and the status of payments: all of them, or none."""


def canonical_shop(folder: Path) -> DeliveredShop:
    """The canonical files, as docs/canonical.md describes them."""
    orders = _read(folder, "orders")
    source_status = orders["status"]
    status = source_status.str.lower().str.replace(r"[ -]", "_", regex=True).replace("cancelled", "canceled").fillna("unknown")
    sent_back = _flag(orders["is_returned"]).fillna(False)
    orders = _with_times(orders, "ordered_at", "approved_at", "shipped_at", "delivered_at", "promised_at").assign(
        source_status=source_status, status=status.mask(sent_back, "returned")
    )
    lines = _read(folder, "order_items")
    payments = _read(folder, "payments")
    reviews = _with_times(_read(folder, "reviews"), "created_at", "answered_at")
    customers = _read(folder, "customers")
    products = _read(folder, "products")
    return DeliveredShop(
        orders=orders,
        lines=lines.assign(
            line=lines["line"].astype("int64"),
            quantity=lines["quantity"].fillna("1").astype("int64"),
            unit_price=_scaled(lines["unit_price"], 4),
            unit_cost=_scaled(lines["unit_cost"], 4),
            discount=_scaled(lines["discount"], 2).fillna(0),
            freight=_scaled(lines["freight"], 2).fillna(0),
            tax=_scaled(lines["tax"], 2),
            is_returned=_flag(lines["is_returned"]),
            is_discounted=_flag(lines["is_discounted"]),
        ),
        payments=payments.assign(
            amount=_scaled(payments["amount"], 2),
            instalments=_whole(payments["instalments"]),
            method=payments["method"].fillna("unknown"),
            status=payments["status"].str.lower().fillna("unknown"),
        ),
        refunds=_refunds(folder),
        reviews=reviews.assign(
            score=reviews["score"].astype("float64"), is_imputed=_flag(reviews["is_score_imputed"]).fillna(False)
        ),
        customers=_with_times(customers, "registered_at").assign(
            age=_whole(customers["age"]),
            gender=customers["gender"].str.lower().replace({"f": "female", "m": "male"}),
            is_subscriber=_flag(customers["is_subscriber"]),
            prior_purchases=_whole(customers["prior_purchases"]),
            purchase_frequency_days=_whole(customers["purchase_frequency_days"]),
        ),
        products=products.assign(
            category=products["category"].fillna("unknown"),
            unit_cost=_scaled(products["unit_cost"], 4),
            list_price=_scaled(products["list_price"], 4),
            weight_g=products["weight_g"].astype("float64").replace(0, float("nan")),
            photos=_whole(products["photos"]),
        ),
        sellers=_read(folder, "sellers"),
        states_everything=True,
    )


def olist_shop(folder: Path) -> DeliveredShop:
    """Olist's files, as decision 0003 reads them."""
    aliases = _read(folder, "olist_customers_dataset").set_index("customer_id")
    delivered = _read(folder, "olist_orders_dataset")
    alias = aliases.reindex(delivered["customer_id"]).reset_index()
    state = alias["customer_state"].str.upper()
    orders = pd.DataFrame(
        {
            "order_id": delivered["order_id"],
            "customer_id": alias["customer_unique_id"].fillna(delivered["customer_id"]),
            "ordered_at": delivered["order_purchase_timestamp"],
            "approved_at": delivered["order_approved_at"],
            "shipped_at": delivered["order_delivered_carrier_date"],
            "delivered_at": delivered["order_delivered_customer_date"],
            "promised_at": delivered["order_estimated_delivery_date"],
            "source_status": delivered["order_status"],
            "status": delivered["order_status"],
            "state": state,
            "region": state.map({state: region for region, states in STATES_OF_REGIONS.items() for state in states.split()}),
            "zip": alias["customer_zip_code_prefix"],
            "country": "BR",
        }
    )
    city = alias["customer_city"].str.replace(r"[-. ]+", " ", regex=True).str.replace(r"\bd[' ]+(?=[aeiou])", "d'", regex=True)
    orders = _absent(orders.assign(city=city), "channel", "shipping_method", "coupon_code")
    items = _read(folder, "olist_order_items_dataset")
    lines = pd.DataFrame(
        {
            "order_id": items["order_id"],
            "line": items["order_item_id"].astype("int64"),
            "product_id": items["product_id"],
            "seller_id": items["seller_id"],
            "quantity": 1,
            "unit_price": _scaled(items["price"], 4),
            "discount": 0,
            "freight": _scaled(items["freight_value"], 2),
        }
    )
    paid = _read(folder, "olist_order_payments_dataset")
    opinions = _read(folder, "olist_order_reviews_dataset")
    return DeliveredShop(
        orders=_with_times(orders, "ordered_at", "approved_at", "shipped_at", "delivered_at", "promised_at"),
        lines=_absent(
            _absent(_absent(lines, "size", "colour"), "unit_cost", "tax", dtype="Int64"),
            "is_returned",
            "is_discounted",
            dtype="boolean",
        ),
        payments=pd.DataFrame(
            {
                "order_id": paid["order_id"],
                "method": paid["payment_type"].replace("not_defined", "unknown").fillna("unknown"),
                "instalments": paid["payment_installments"].astype("int64").clip(lower=1),
                "amount": _scaled(paid["payment_value"], 2),
                "status": "unknown",
            }
        ),
        refunds=pd.DataFrame(columns=["refund_id", "order_id", "refunded_at", "amount", "line", "reason"]),
        reviews=_with_times(
            pd.DataFrame(
                {
                    "review_id": opinions["review_id"],
                    "order_id": opinions["order_id"],
                    "score": opinions["review_score"].astype("float64"),
                    "is_imputed": False,
                    "created_at": opinions["review_creation_date"],
                    "answered_at": opinions["review_answer_timestamp"],
                }
            ),
            "created_at",
            "answered_at",
        ),
        customers=_people_without_a_profile(orders),
        products=_olist_products(folder),
        sellers=_olist_sellers(folder),
        states_everything=False,
    )


def _people_without_a_profile(orders: pd.DataFrame) -> pd.DataFrame:
    people = _absent(orders[["customer_id"]].drop_duplicates(), "gender", "source_segment")
    people = _absent(people, "age", "prior_purchases", "purchase_frequency_days", dtype="Int64")
    return _absent(_absent(people, "registered_at", dtype="datetime64[us]"), "is_subscriber", dtype="boolean")


def _olist_products(folder: Path) -> pd.DataFrame:
    listed = _read(folder, "olist_products_dataset")
    english = _read(folder, "product_category_name_translation").set_index("product_category_name")
    translated = listed["product_category_name"].map(english["product_category_name_english"])
    products = pd.DataFrame(
        {
            "product_id": listed["product_id"],
            "category": translated.fillna(listed["product_category_name"]).fillna("unknown"),
            "weight_g": listed["product_weight_g"].astype("float64").replace(0, float("nan")),
            "photos": _whole(listed["product_photos_qty"]),
        }
    )
    return _absent(_absent(products, "name", "brand"), "unit_cost", "list_price", dtype="Int64")


def _olist_sellers(folder: Path) -> pd.DataFrame:
    listed = _read(folder, "olist_sellers_dataset")
    sellers = {"seller_id": listed["seller_id"], "state": listed["seller_state"], "zip": listed["seller_zip_code_prefix"]}
    return _absent(pd.DataFrame(sellers), "city")


def _refunds(folder: Path) -> pd.DataFrame:
    refunds = _with_times(_read(folder, "refunds"), "refunded_at")
    return refunds.assign(amount=_scaled(refunds["amount"], 2), line=_whole(refunds["line"]))


def _read(folder: Path, name: str) -> pd.DataFrame:
    """All files of a table, every field as text without white space around it; an empty field is missing."""
    files = sorted(folder.rglob(f"{name}.csv"))
    assert files, f"{folder} has no {name}.csv"
    texts = [pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig") for file in files]
    stripped = pd.concat(texts, ignore_index=True).apply(lambda column: column.str.strip())
    return stripped.mask(stripped == "")


def _absent(rows: pd.DataFrame, *columns: str, dtype: str = "str") -> pd.DataFrame:
    return rows.assign(**{column: pd.Series(pd.NA, index=rows.index, dtype=dtype) for column in columns})


def _with_times(rows: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return rows.assign(**{column: pd.to_datetime(rows[column], format="%Y-%m-%d %H:%M:%S") for column in columns})


def _whole(texts: pd.Series) -> pd.Series:
    return _scaled(texts, 0)


def _scaled(texts: pd.Series, decimals: int) -> pd.Series:
    """Decimal numbers as integers of the smallest unit; they have no more decimals than that."""
    known = texts.dropna()
    assert known.str.fullmatch(rf"-?\d+(\.\d{{1,{max(decimals, 1)}}})?").all(), f"a number has more than {decimals} decimals"
    return (known.astype("float64") * 10**decimals).round().astype("Int64").reindex(texts.index)


def _flag(texts: pd.Series) -> pd.Series:
    meanings = dict.fromkeys(YES, True) | dict.fromkeys(NO, False)
    return texts.str.lower().map(meanings).astype("boolean")
