"""RFM as of the as-of date and at each complete month's end."""

from __future__ import annotations

import pandas as pd

from ecom_lake_tests.recomputed.customers import fifths
from ecom_lake_tests.recomputed.shop_facts import ShopFacts

SEGMENTS = {
    "Champions": "555 554 544 545 454 455 445",
    "Loyal": "543 444 435 355 354 345 344 335",
    "Potential Loyalist": "553 551 552 541 542 533 532 531 452 451 442 441 431 453 433 432 423 353 352 351 342 341 333 323",
    "New": "512 511 422 421 412 411 311",
    "Promising": "525 524 523 522 521 515 514 513 425 424 413 414 415 315 314 313",
    "Need Attention": "535 534 443 434 343 334 325 324",
    "About To Sleep": "331 321 312 221 213 231 241 251",
    "At Risk": "253 252 243 242 235 234 225 224 153 152 143 142 135 134 133 125 124",
    "Can't Lose": "155 154 145 144 255 254 245 244",
    "Hibernating": "332 322 233 232 223 222 132 123 122 212 211 113 114 115 214 215",
    "Lost": "111 112 121 131 141 151",
}
"""Copied from METRICS.md."""
SEGMENT_OF = {code: segment for segment, codes in SEGMENTS.items() for code in codes.split()}


def scored(shop: ShopFacts, as_of: pd.Timestamp) -> pd.DataFrame:
    """One row per customer with a valid order up to a date."""
    by_customer = shop.past[shop.past["order_date"] <= as_of].groupby("customer_id")
    last, frequency, monetary = (
        by_customer["order_date"].max(),
        by_customer["order_date"].nunique(),
        by_customer["net_sales"].sum(),
    )
    r, f, m = fifths(last), frequency.clip(upper=5), fifths(monetary)
    code = r.astype(str) + f.astype(str) + m.astype(str)
    return pd.DataFrame(
        {
            "as_of": as_of,
            "recency_days": (as_of - last).dt.days,
            "frequency": frequency,
            "monetary": monetary,
            "r": r,
            "f": f,
            "m": m,
            "rfm_code": code,
            "segment": code.map(SEGMENT_OF),
        }
    ).reset_index()


def rfm(shop: ShopFacts) -> pd.DataFrame:
    return scored(shop, shop.as_of)


def rfm_segments(shop: ShopFacts) -> pd.DataFrame:
    segments = rfm(shop).groupby("segment").agg(
        customers=("customer_id", "size"),
        net_sales=("monetary", "sum"),
        avg_recency_days=("recency_days", "mean"),
        avg_frequency=("frequency", "mean"),
    )  # fmt: skip
    return segments.assign(
        share=segments["customers"] / segments["customers"].sum(),
        net_sales_share=segments["net_sales"] / segments["net_sales"].sum(),
        avg_monetary=segments["net_sales"] / segments["customers"] / 100,
    ).reset_index()


def rfm_history(shop: ShopFacts) -> pd.DataFrame:
    people = pd.concat(scored(shop, end) for end in shop.snapshots)
    history = (
        people.groupby(["as_of", "segment"]).agg(customers=("customer_id", "size"), net_sales=("monetary", "sum")).reset_index()
    )
    return history.assign(share=history["customers"] / history.groupby("as_of")["customers"].transform("sum"))


def rfm_migration(shop: ShopFacts) -> pd.DataFrame:
    """Between consecutive months' ends; a first appearance comes from `none`."""
    moves, before = [], pd.Series(dtype=object)
    for end in shop.snapshots:
        now = scored(shop, end).set_index("customer_id")
        moves.append(now.assign(from_segment=before.reindex(now.index).fillna("none"), to_segment=now["segment"]))
        before = now["segment"]
    grouped = pd.concat(moves).groupby(["as_of", "from_segment", "to_segment"])
    return grouped["monetary"].agg(customers="size", net_sales="sum").reset_index()


TABLES = {"rfm": rfm, "rfm_segments": rfm_segments, "rfm_history": rfm_history, "rfm_migration": rfm_migration}
