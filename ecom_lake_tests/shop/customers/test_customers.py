"""What each person is worth and how they are doing, from silver rows written by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest

from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake_tests.builders.hand_shop import HandShop, Row, customer, item, order, product, review

NEW_YEARS_EVE = ShopSettings(as_of=date(2018, 12, 31))

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


def bought(person: str, *days: str, net_sales: str = "10.00") -> tuple[list[Row], list[Row]]:
    """A person's orders on days of 2018, and the only line that brings money, on the last of them."""
    orders = [order(f"{person} {i}", f"2018-{day} 10:00:00", customer_id=person) for i, day in enumerate(days)]
    return orders, [item(orders[-1]["order_id"], net_sales)]


def shop_of(*people: tuple[list[Row], list[Row]], numbers: ShopSettings = NEW_YEARS_EVE, **silver: list[Row]) -> HandShop:
    orders = [row for placed, _ in people for row in placed]
    lines = [row for _, sold in people for row in sold]
    return HandShop(numbers=numbers, orders=orders, order_items=lines, **silver)


# customer_metrics


def test_a_person_by_hand() -> None:
    shop = HandShop(
        numbers=NEW_YEARS_EVE,
        customers=[customer("ana", registered_at="2018-09-01 23:59:00")],
        products=[product("p", "toys", unit_cost="4.00"), product("q", "garden", unit_cost="1.00")],
        orders=[
            order("1", "2018-10-02 10:00:00", customer_id="ana", promised_at="2018-10-05", delivered_at="2018-10-06"),
            order("2", "2018-10-02 20:00:00", customer_id="ana"),
            order("x", "2018-10-03 10:00:00", customer_id="ana", status="canceled"),
            order("3", "2018-10-12 10:00:00", customer_id="ana"),
            order("4", "2018-12-01 10:00:00", customer_id="ana"),
        ],
        order_items=[
            item("1", "10.00", 1, quantity=2, discount="3.00"),
            item("1", "5.00", 2, product_id="q"),
            item("2", "8.00", product_id="q"),
            item("3", "6.00"),
            item("x", "500.00"),
        ],
        reviews=[review("1", 5), review("2", 2), review("x", 1)],
    )
    assert shop.row("customer_metrics") == {
        "customer_id": "ana",
        "first_order_date": date(2018, 10, 2),
        "last_order_date": date(2018, 12, 1),
        "orders": 4,
        "purchases": 3,  # two of the orders are of one day
        "items": 4,
        "units": 5,
        "net_sales": Decimal("36.00"),  # 2 * 10 - 3 + 5 + 8 + 6
        "cogs": Decimal("14.00"),  # 2 * 4 + 1 + 1 + 4
        "gross_profit": Decimal("22.00"),
        "aov": 9.0,
        "recency_days": 30,
        "lifespan_days": 60,  # 29 of October, 30 of November, 1 of December
        "avg_gap_days": 30.0,  # 60 / (3 - 1)
        "registration_delay_days": 31,
        "registration_anomaly": False,
        "categories": 2,
        "late_orders": 1,
        "avg_review": 3.5,
        "m": 1,
        "loyalty_tier": "Loyal",
        "persona": "Low-Premium",
        "activity_status": "active",  # the gaps are 10 and 50 days: half are at most 30
    }


def test_categories_are_counted_once_however_many_lines_there_are() -> None:
    two_of_one = [item("b", "1.00", 1), item("b", "1.00", 2)]
    two_of_two = [item("c", "1.00", 1), item("c", "1.00", 2, product_id="q")]
    shop = HandShop(
        products=[product("p", "toys"), product("q", "books")],
        orders=[order(order_id, customer_id=order_id) for order_id in "abcd"],
        order_items=[item("a"), *two_of_one, *two_of_two],
    )
    assert shop.rows("customer_metrics", "customer_id", "categories") == [("a", 1), ("b", 1), ("c", 2), ("d", 0)]


def test_an_unknown_category_is_no_category() -> None:
    known_and_unknown = [item("b", "1.00", 1), item("b", "1.00", 2, product_id="without")]
    shop = HandShop(
        products=[product("p", "toys"), product("without", "unknown")],
        orders=[order(order_id, customer_id=order_id) for order_id in "abc"],
        order_items=[item("a", product_id="without"), *known_and_unknown, item("c", product_id="not in the list")],
    )
    assert shop.rows("customer_metrics", "customer_id", "categories") == [("a", 0), ("b", 1), ("c", 0)]


def test_only_orders_up_to_the_as_of_date_count() -> None:
    people = [bought("ana", "01-01", "06-30", "07-01", net_sales="99.00"), bought("bob", "07-02")]
    shop = shop_of(*people, numbers=ShopSettings(as_of=date(2018, 6, 30)))
    columns = ("customer_id", "orders", "purchases", "net_sales", "last_order_date", "recency_days")
    assert shop.rows("customer_metrics", *columns) == [("ana", 2, 2, Decimal("0.00"), date(2018, 6, 30), 0)]
    assert shop.rows("rfm", "customer_id", "as_of", "frequency") == [("ana", date(2018, 6, 30), 2)]
    assert shop.broken() == set()


def test_who_ordered_before_registering_is_an_anomaly_apart() -> None:
    registered = {"before": "2018-01-05 23:59:00", "same day": "2018-01-10 23:59:00", "after": "2018-01-12 00:00:00"}
    shop = shop_of(
        *(bought(person, "01-10") for person in (*registered, "never")),
        customers=[customer(person, registered_at=at) for person, at in registered.items()],
    )
    columns = ("customer_id", "registration_delay_days", "registration_anomaly")
    assert {row[0]: row[1:] for row in shop.rows("customer_metrics", *columns)} == {
        "before": (5, False),
        "same day": (0, False),
        "after": (-2, True),
        "never": (None, None),
    }


def test_loyalty_counts_purchases_and_those_before_the_export() -> None:
    people = [
        bought("a one", "01-01"),
        bought("b one, split", "01-01", "01-01"),
        bought("c two", "01-01", "01-02"),
        bought("d three", "01-01", "01-02", "01-03"),
        bought("e one and one before", "01-01"),
        bought("f one and two before", "01-01"),
    ]
    before = [customer("e one and one before", prior_purchases=1), customer("f one and two before", prior_purchases=2)]

    def tiers(numbers: ShopSettings) -> list[str]:
        return [tier for (tier,) in shop_of(*people, numbers=numbers, customers=before).rows("customer_metrics", "loyalty_tier")]

    assert tiers(NEW_YEARS_EVE) == ["New", "New", "Returning", "Loyal", "Returning", "Loyal"]
    assert tiers(ShopSettings(returning_purchases=3, loyal_purchases=4)) == ["New", "New", "New", "Returning", "New", "Returning"]


def test_activity_and_persona_are_the_first_rule_that_fits() -> None:
    # Gaps of 10, 20 and 30 days: half are at most 20 long, four fifths at most 20 + 0.6 * (30 - 20) = 26.
    # Ten people with ten sums: two to each monetary score.
    shop = shop_of(
        bought("100", "12-01", "12-11", net_sales="100.00"),  # gap 10, 20 days ago
        bought("090", "01-01", net_sales="90.00"),
        bought("080", "06-01", "06-21", net_sales="80.00"),  # gap 20
        bought("070", "12-04", net_sales="70.00"),  # 27 days ago
        bought("060", "12-05", net_sales="60.00"),  # 26 days ago
        bought("050", "01-01", net_sales="50.00"),
        bought("040", "01-01", net_sales="40.00"),
        bought("030", "11-20", "12-20", net_sales="30.00"),  # gap 30
        bought("020", "12-10", net_sales="20.00"),  # 21 days ago
        bought("010", "12-31", net_sales="10.00"),
    )
    assert {row[0]: row[1:] for row in shop.rows("customer_metrics", "customer_id", "m", "activity_status", "persona")} == {
        "100": (5, "active", "Loyal High-Value"),
        "090": (5, "lapsed", "Premium"),
        "080": (4, "lapsed", "Loyal High-Value"),
        "070": (4, "lapsed", "High Churn Risk"),
        "060": (3, "at risk", "Standard"),
        "050": (3, "lapsed", "High Churn Risk"),
        "040": (2, "lapsed", "High Churn Risk"),
        "030": (2, "active", "Low-Premium"),
        "020": (1, "at risk", "Low-Premium"),
        "010": (1, "active", "Low-Premium"),
    }


def test_without_gaps_nobodys_activity_is_known() -> None:
    shop = shop_of(bought("ana", "01-01", "01-01"), bought("bob", "12-31"))
    assert shop.rows("customer_metrics", "activity_status", "avg_gap_days") == [(None, None)] * 2


# rfm


def test_equal_people_score_alike() -> None:
    # Ranks by sum 1 1 1 4 5 and by last day 1 2 2 4 4, of five; a score is 1 + 5 * (rank - 1) // 5.
    shop = shop_of(
        bought("a", "03-01", net_sales="10.00"),
        bought("b", "03-02", net_sales="10.00"),
        bought("c", "03-02", net_sales="10.00"),
        bought("d", "03-03", net_sales="20.00"),
        bought("e", "03-03", net_sales="30.00"),
    )
    assert shop.rows("rfm", "customer_id", "r", "f", "m", "rfm_code") == [
        ("a", 1, 1, 1, "111"),
        ("b", 2, 1, 1, "211"),
        ("c", 2, 1, 1, "211"),
        ("d", 4, 1, 4, "414"),
        ("e", 4, 1, 5, "415"),
    ]
    assert shop.rows("customer_metrics", "m") == shop.rows("rfm", "m")


@pytest.mark.parametrize(
    ("numbers", "scores"),
    [
        (ShopSettings(as_of=NEW_YEARS_EVE.as_of), [1, 2, 3, 4, 5, 5]),
        (ShopSettings(as_of=NEW_YEARS_EVE.as_of, rfm_f2=3, rfm_f3=4, rfm_f4=6, rfm_f5=7), [1, 1, 2, 3, 3, 4]),
    ],
    ids=["by default", "as the shop sets them"],
)
def test_frequency_has_fixed_bands_of_purchases(numbers: ShopSettings, scores: list[int]) -> None:
    people = [bought(str(n), "01-01", *(f"02-{day:02}" for day in range(1, n))) for n in range(1, 7)]
    assert [f for (f,) in shop_of(*people, numbers=numbers).rows("rfm", "f")] == scores


def test_each_of_the_125_codes_has_its_one_segment() -> None:
    # For each code a person: their last day, number of purchases and net sales are one of five, 25 people to each.
    def everybody() -> Iterator[tuple[list[Row], list[Row]]]:
        for code in (f"{r}{f}{m}" for r in range(1, 6) for f in range(1, 6) for m in range(1, 6)):
            last = date(2018, 1, 1) + timedelta(30 * int(code[0]))
            days = [f"{last - timedelta(back):%m-%d}" for back in reversed(range(int(code[1])))]
            yield bought(code, *days, net_sales=f"{code[2]}0.00")

    wanted = {code: segment for segment, codes in SEGMENTS.items() for code in codes.split()}
    assert len(wanted) == sum(len(codes.split()) for codes in SEGMENTS.values()) == 125
    shop = shop_of(*everybody())
    rows = shop.rows("rfm", "customer_id", "rfm_code", "segment")
    assert {customer_id: (code, segment) for customer_id, code, segment in rows} == {
        code: (code, segment) for code, segment in wanted.items()
    }
    assert dict(shop.rows("rfm_segments", "segment", "customers")) == {
        segment: len(codes.split()) for segment, codes in SEGMENTS.items()
    }


def test_segments_by_hand() -> None:
    # Ranks 1 1 3 of three people by day and by sum make scores of 1 1 4; c bought five times.
    shop = shop_of(
        bought("a", "12-21", net_sales="10.00"),
        bought("b", "12-21", net_sales="10.00"),
        bought("c", "12-22", "12-23", "12-24", "12-25", "12-26", net_sales="80.00"),
    )
    champions, lost = shop.table("rfm_segments").sort("segment").to_dicts()
    assert champions == {
        "segment": "Champions",  # 454
        "customers": 1,
        "share": pytest.approx(1 / 3),
        "net_sales": Decimal("80.00"),
        "net_sales_share": 0.8,
        "avg_recency_days": 5.0,
        "avg_frequency": 5.0,
        "avg_monetary": 80.0,
    }
    assert lost == {
        "segment": "Lost",  # 111
        "customers": 2,
        "share": pytest.approx(2 / 3),
        "net_sales": Decimal("20.00"),
        "net_sales_share": 0.2,
        "avg_recency_days": 10.0,
        "avg_frequency": 1.0,
        "avg_monetary": 10.0,
    }
