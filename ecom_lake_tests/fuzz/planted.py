"""Invalid records with an expected result: where each record must be found, and for which reason.

An invalid record is always added; valid records are not changed. The rows of an order are added to an order that is already
in the lake, so that they do not depend on the other orders of the delivery.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from zlib import crc32

from ecom_lake_tests.fuzz import evil
from ecom_lake_tests.fuzz.export import Grid, clean_export


@dataclass(frozen=True)
class Planted:
    """One record with its expected fate."""

    record: int
    fate: str
    reasons: tuple[str, ...] = ()
    """The reason of a reject, or the rule that a refused row failed, must start with one of these."""
    key: str | None = None
    """Its key, if it is published."""


@dataclass(frozen=True)
class Plan:
    """A kind of invalid record: the values of a row, and its expected fate."""

    values: Mapping[str, tuple[str, ...]]
    fate: str
    reason: str = ""


KEY = {
    "orders": "order_id",
    "order_items": "product_id",
    "order_reviews": "review_id",
    "customers": "customer_unique_id",
    "products": "product_id",
    "sellers": "seller_id",
}
_NO_TIME = evil.NO_DATES
_NO_AMOUNT = evil.NO_NUMBERS + evil.TOO_GREAT + ("1e5", "1e308")
_NO_COUNT = (*_NO_AMOUNT, "1.5")
_NO_ORDER = {"order_id": ("of no order", *evil.PATHS, *evil.FORMULAS)}


def _refused(column: str, values: tuple[str, ...], rule: str) -> Plan:
    return Plan({column: values}, "quarantined", rule)


PLANS: Mapping[str, tuple[Plan, ...]] = {
    "orders": (
        _refused("order_purchase_timestamp", _NO_TIME, "ordered_at_unreadable"),
        _refused("order_purchase_timestamp", evil.BLANKS, "ordered_at_missing"),
        _refused("order_purchase_timestamp", evil.OTHER_TIMES, "outside_the_shops_months"),
        _refused("order_approved_at", _NO_TIME, "approved_at_unreadable"),
        _refused("order_delivered_carrier_date", _NO_TIME, "shipped_at_unreadable"),
        _refused("order_delivered_customer_date", _NO_TIME, "delivered_at_unreadable"),
        _refused("order_estimated_delivery_date", _NO_TIME, "promised_at_unreadable"),
        _refused("order_id", evil.BLANKS, "order_id_missing"),
        _refused("customer_id", evil.BLANKS, "customer_id_missing"),
        Plan({"order_id": evil.KEYS}, "published"),
        Plan({"customer_id": evil.KEYS}, "published"),
        Plan({"order_status": evil.KEYS}, "published"),
    ),
    "order_items": (
        _refused("price", _NO_AMOUNT, "unit_price_unreadable"),
        _refused("price", evil.TOO_MUCH, "unit_price_out_of_range"),
        _refused("freight_value", evil.TOO_MUCH, "freight_out_of_range"),
        _refused("price", ("-0.01", "-1", "-99999"), "unit_price_out_of_range"),
        _refused("price", evil.BLANKS, "unit_price_missing"),
        _refused("freight_value", _NO_AMOUNT, "freight_unreadable"),
        _refused("order_item_id", _NO_COUNT, "line_unreadable"),
        _refused("order_item_id", ("0", "-1", "-0"), "line_out_of_range"),
        _refused("order_id", evil.BLANKS, "order_id_missing"),
        _refused("product_id", evil.BLANKS, "product_id_missing"),
        Plan(_NO_ORDER, "pending"),
        Plan({"product_id": evil.KEYS, "price": ("0", "-0", "0.004", "10,5", " 7 ", "00012.50")}, "published"),
    ),
    "order_payments": (
        _refused("payment_value", _NO_AMOUNT, "amount_unreadable"),
        _refused("payment_value", evil.TOO_MUCH, "amount_out_of_range"),
        _refused("payment_value", ("-0.01", "-5"), "amount_out_of_range"),
        _refused("payment_sequential", _NO_COUNT, "sequence_unreadable"),
        _refused("payment_installments", _NO_COUNT, "instalments_unreadable"),
        _refused("payment_installments", ("-1",), "instalments_out_of_range"),
        _refused("order_id", evil.BLANKS, "order_id_missing"),
        Plan(_NO_ORDER, "pending"),
        Plan({"payment_type": evil.KEYS}, "published"),
    ),
    "order_reviews": (
        _refused("review_score", evil.NO_NUMBERS, "score_unreadable"),
        _refused("review_score", ("0", "6", "-1", "1e308", "9" * 40), "score_out_of_range"),
        _refused("review_creation_date", _NO_TIME, "created_at_unreadable"),
        _refused("review_id", evil.BLANKS, "review_id_missing"),
        _refused("order_id", evil.BLANKS, "order_id_missing"),
        Plan(_NO_ORDER, "pending"),
        Plan({"review_id": evil.KEYS, "review_comment_message": evil.KEYS + evil.HEAVY}, "published"),
    ),
    "customers": (
        _refused("customer_id", evil.BLANKS, "alias_missing"),
        _refused("customer_unique_id", evil.BLANKS, "person_missing"),
        Plan({"customer_unique_id": evil.KEYS, "customer_city": evil.KEYS + evil.HEAVY}, "published"),
    ),
    "products": (
        _refused("product_id", evil.BLANKS, "product_id_missing"),
        _refused("product_weight_g", evil.NO_NUMBERS, "weight_g_unreadable"),
        _refused("product_photos_qty", _NO_COUNT, "photos_unreadable"),
        _refused("product_photos_qty", ("-1",), "photos_out_of_range"),
        Plan({"product_id": evil.KEYS, "product_category_name": evil.KEYS}, "published"),
    ),
    "sellers": (
        _refused("seller_id", evil.BLANKS, "seller_id_missing"),
        Plan({"seller_id": evil.KEYS, "seller_city": evil.KEYS + evil.HEAVY}, "published"),
    ),
    "geolocation": (
        _refused("geolocation_zip_code_prefix", evil.BLANKS, "zip_missing"),
        _refused("geolocation_lat", (*evil.NO_NUMBERS, *evil.BLANKS), "lat_unreadable"),
        _refused("geolocation_lng", (*evil.NO_NUMBERS, *evil.BLANKS), "lng_unreadable"),
    ),
    "product_category_name_translation": (_refused("product_category_name", evil.BLANKS, "product_category_name_missing"),),
}


def anchor() -> str:
    """An order of the base delivery, whose own record is never changed."""
    return clean_export()["orders"].rows[0][0]


def plant(dice: Random, grid: Grid, rows: list[tuple[str, ...]], mark: str) -> tuple[list[str], list[Planted]]:
    """The rows as records, with invalid ones among them. `mark` makes their keys unique."""
    lines: list[tuple[str, Callable[[int], Planted] | None]] = [(record(row), None) for row in rows]
    for number in range(dice.randint(1, 6)):
        position = dice.randint(0, len(lines))
        invalid_record = dice.choice((_by_value, _by_value, _by_value, _by_shape))
        lines.insert(position, invalid_record(dice, grid, f"{mark}-{number}"))
    found = [known(place) for place, (_, known) in enumerate(lines, start=1) if known]
    return [text for text, _ in lines], found


def record(row: tuple[str, ...]) -> str:
    """The row as CSV: fields are quoted if they need it, and some others too."""
    return ",".join(_quoted(field) for field in row)


def _quoted(field: str) -> str:
    plain = field and not any(sign in field for sign in ',;\t|"\r\n') and not field[0].isdigit()
    return field if plain or not field else '"' + field.replace('"', '""') + '"'


def _by_value(dice: Random, grid: Grid, mark: str) -> tuple[str, Callable[[int], Planted]]:
    plan = dice.choice(PLANS[grid.table])
    values = {column: dice.choice(choices) for column, choices in plan.values.items()}
    key = KEY.get(grid.table, "")
    if plan.fate == "published" and key in values:
        values[key] = f"{mark} {values[key]}."
    if plan.fate == "pending":
        values["order_id"] += f" {mark}"
    row = grid.changed(_fresh(dice, grid, mark), **values)
    wanted = row[grid.column(key)] if key else None
    return record(row), lambda place: Planted(place, plan.fate, (plan.reason,), wanted)


def _by_shape(dice: Random, grid: Grid, mark: str) -> tuple[str, Callable[[int], Planted]]:
    row = _fresh(dice, grid, mark)
    match dice.choice(("short", "long", "text after a quote", "undecodable", "header")):
        case "short":
            text, reason = record(row[:-1]), "too few fields"
        case "long":
            text, reason = record((*row, "surplus")), "too many fields"
        case "header":
            text, reason = record(grid.header), "the header again"
        case "undecodable":
            text, reason = record((*row[:-1], "\udcff\udcc3")), "undecodable bytes"
        case _:
            text, reason = f'"{mark}"x,' + ",".join("" for _ in row[1:]), "text after a closing quote"
    return text, lambda place: Planted(place, "rejected", (reason,))


def _fresh(dice: Random, grid: Grid, mark: str) -> tuple[str, ...]:
    """A valid row with unique keys; rows of an order belong to the anchor."""
    row = dice.choice(grid.rows)
    number = str(1_000 + crc32(mark.encode()))
    fresh = {
        "orders": {"order_id": mark},
        "order_items": {"order_id": anchor(), "order_item_id": number},
        "order_payments": {"order_id": anchor(), "payment_sequential": number},
        "order_reviews": {"order_id": anchor(), "review_id": mark},
        "customers": {"customer_id": mark, "customer_unique_id": mark},
        "products": {"product_id": mark},
        "sellers": {"seller_id": mark},
    }
    return grid.changed(row, **fresh.get(grid.table, {}))
