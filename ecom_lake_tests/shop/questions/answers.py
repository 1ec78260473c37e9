"""The hand-computed answers for the shop of `shops.py`: each question's rows, with the default parameters."""

from __future__ import annotations

from typing import Any

ANSWERS: dict[str, list[tuple[Any, ...]]] = {
    "this-month": [
        ("net sales", 80, 30, 5 / 3, 40, 1.0),
        ("orders", 1, 1, 0, 1, 0),
        ("net sales per order", 80, 30, 5 / 3, 40, 1.0),
        ("new customers", 0, 1, -1, 1, -1),
        ("returning customers", 1, 0, None, 0, None),
        ("canceled, % of orders", 50, 0, None, 0, None),
        ("returned, % of all orders", 0, 0, None, 0, None),
    ],
    "coming-months": [("2018-03", 60, 30, 90, "SES"), ("2018-04", 65, 35, 95, "SES")],
    "best-month": [
        (1, "2017-11", 110, 110 / 410, 1, 1, 110, False),
        (2, "2017-12", 60, 60 / 410, 1, 1, 60, False),
        (3, "2017-06", 50, 50 / 410, 1, 1, 50, False),
        (4, "2017-02", 40, 40 / 410, 1, 1, 40, False),
        (5, "2017-04", 30, 30 / 410, 1, 1, 30, False),
        (6, "2017-05", 30, 30 / 410, 1, 1, 30, False),
        (7, "2017-03", 20, 20 / 410, 1, 1, 20, False),
        (8, "2017-01", 15, 15 / 410, 1, 1, 15, False),
        (9, "2017-08", 15, 15 / 410, 1, 1, 15, False),
        (10, "2017-09", 15, 15 / 410, 1, 1, 15, False),
        (11, "2017-10", 15, 15 / 410, 1, 1, 15, False),
        (12, "2017-07", 10, 10 / 410, 1, 1, 10, False),
    ],
    "sales-by-month": [
        ("2017-01", 1, 1, 15, 15, None, None, False),
        ("2017-02", 1, 1, 40, 40, 25 / 15, None, False),
        ("2017-03", 1, 1, 20, 20, -0.5, None, False),
        ("2017-04", 1, 1, 30, 30, 0.5, None, False),
        ("2017-05", 1, 1, 30, 30, 0, None, False),
        ("2017-06", 1, 1, 50, 50, 20 / 30, None, False),
        ("2017-07", 1, 1, 10, 10, -0.8, None, False),
        ("2017-08", 1, 1, 15, 15, 0.5, None, False),
        ("2017-09", 1, 1, 15, 15, 0, None, False),
        ("2017-10", 1, 1, 15, 15, 0, None, False),
        ("2017-11", 1, 1, 110, 110, 95 / 15, None, False),
        ("2017-12", 1, 1, 60, 60, -50 / 110, None, False),
        ("2018-01", 1, 1, 30, 30, -0.5, 1.0, False),
        ("2018-02", 1, 1, 80, 80, 50 / 30, 1.0, False),
    ],
    "top-categories": [
        (1, "home", 180, 180 / 410, 3, 3, 3, None),
        (2, "books", 125, 125 / 410, 4, 3, 4, None),
        (3, "toys", 105, 105 / 410, 7, 5, 7, None),
    ],
    # The ball is in the orders 01, 03, 07 and 11, the book in 01, 04, 05 and 12.
    "product-ranking": [
        (1, "The Lamp", "home", 3, 180, 180 / 410, 3, 3, None),
        (2, "book", "books", 4, 125, 125 / 410, 4, 3, None),
        (3, "The Ball", "toys", 4, 60, 60 / 410, 4, 2, None),
        (4, "doll", "toys", 3, 45, 45 / 410, 3, 3, None),
    ],
    "sales-by": [(1, "SP", 230, 230 / 410, 7, 5, 32.86, None), (2, "RJ", 180, 180 / 410, 5, 3, 36, None)],
    # One person, one order and one unit a month; in January jon, who is new, and in February bob, who returns for a lamp.
    "why-sales-moved": [
        ("2018-01", 30, True),
        ("new", -30, False),
        ("returning", 30, False),
        ("orders per customer", 0, False),
        ("units per order", 0, False),
        ("price", 0, False),
        ("mix", 50, False),
        ("discount", 0, False),
        ("2018-02", 80, True),
    ],
    # January and February are complete in both years.
    "category-growth": [("home", 80, 40, 40, 1.0), ("toys", 30, 10, 20, 2.0), ("books", 0, 5, -5, -1.0)],
    "brand-ranking": [
        (1, "Acme", 240, 240 / 410, 6, 4, 7, None),
        (2, "Bela", 45, 45 / 410, 3, 3, 3, None),
        (3, "unknown", 125, 125 / 410, 4, 3, 4, None),
    ],
    # The rule with the higher confidence of the two for books and toys.
    "bought-together": [("books → toys", 4, 0.5, 1.5)],
    # r, f and m by the ranks of nine people: bob 524, jon 412, ivy 413, ana 335, hal 311, gus and fay 211, eve 134, dan 113.
    "segments": [
        ("Promising", 2, 2 / 9, 180, 180 / 520, 90, 40),
        ("Loyal", 1, 1 / 9, 145, 145 / 520, 145, 96),
        ("Hibernating", 3, 3 / 9, 80, 80 / 520, 26.67, 212),
        ("At Risk", 1, 1 / 9, 70, 70 / 520, 70, 233),
        ("New", 2, 2 / 9, 45, 45 / 520, 22.5, 92.5),
    ],
    # Gaps: eve 30 and 61, ana 63 and 264, bob 386. First purchases 424, 386, 324, 263, 202, 171, 141, 80 and 44 days ago.
    "second-purchase": [
        ("7 days", 9, 0, 0),
        ("30 days", 9, 1, 1 / 9),
        ("60 days", 8, 1, 1 / 8),
        ("90 days", 7, 2, 2 / 7),
        ("180 days", 5, 2, 2 / 5),
        ("365 days", 2, 1, 1 / 2),
    ],
    "new-and-returning": [
        ("2017-01", 1, 1, 0, 0, 0, 15, 0, 0, False),
        ("2017-02", 1, 1, 0, 0, 0, 40, 0, 0, False),
        ("2017-03", 1, 0, 1, 1, 0, 0, 20, 0, False),
        ("2017-04", 1, 1, 0, 0, 0, 30, 0, 0, False),
        ("2017-05", 1, 0, 1, 1, 0, 0, 30, 0, False),
        ("2017-06", 1, 1, 0, 0, 0, 50, 0, 0, False),
        ("2017-07", 1, 0, 1, 1, 0, 0, 10, 0, False),
        ("2017-08", 1, 1, 0, 0, 0, 15, 0, 0, False),
        ("2017-09", 1, 1, 0, 0, 0, 15, 0, 0, False),
        ("2017-10", 1, 1, 0, 0, 0, 15, 0, 0, False),
        ("2017-11", 1, 0, 1, 1, 0, 0, 110, 0, False),
        ("2017-12", 1, 1, 0, 0, 0, 60, 0, 0, False),
        ("2018-01", 1, 1, 0, 0, 0, 30, 0, 0, False),
        ("2018-02", 1, 0, 1, 1, 0, 0, 80, 0, False),
    ],
    "loyalty": [
        ("New (fewer than 2 purchases)", 6, 6 / 9, 6, 185, 185 / 520, 30.83, 30.83),
        ("Returning (2 purchases)", 1, 1 / 9, 2, 120, 120 / 520, 120, 60),
        ("Loyal (from 3 purchases on)", 2, 2 / 9, 6, 215, 215 / 520, 107.5, 35.83),
    ],
    # One order of fourteen, of a lamp and a ball, has a discount: 10 on the lamp, which was 100.
    "discount-sensitivity": [
        ("all", 14, 1 / 14, 10, 10 / 120, 2, 1.08, 110, 31.54),
        ("home", 4, 1 / 4, 10, 10 / 100, 1, 1, 90, 56.67),
        ("toys", 8, 0, 0, None, None, 1, None, 16.88),
        ("books", 4, 0, 0, None, None, 1, None, 31.25),
    ],
    # No product is sold in 8 months.
    "price-sensitivity": [],
    "spend-by-frequency": [
        ("1 purchase", 6, 6 / 9, 6, 185, 185 / 520, 30.83, 30.83),
        ("2 purchases", 1, 1 / 9, 2, 120, 120 / 520, 120, 60),
        ("3 purchases", 2, 2 / 9, 6, 215, 215 / 520, 107.5, 35.83),
    ],
    # Only ana has the monetary score 5.
    "products-of-customers": [
        ("The Lamp", "home", 1, 1, 90, 90 / 145, 260 / 520, 1.24),
        ("The Ball", "toys", 1, 3, 50, 50 / 145, 90 / 520, 1.99),
        ("book", "books", 1, 1, 5, 5 / 145, 125 / 520, 0.14),
    ],
    "all-sales-by": [
        (1, "card", 360, 360 / 520, 11, 11 / 14, 32.73),
        (2, "boleto", 150, 150 / 520, 3, 3 / 14, 50),
        (3, "voucher", 10, 10 / 520, 1, 1 / 14, 10),
    ],
    # Ana and eve subscribe; bob, dan and fay do not; for the others it is unknown.
    "subscribers": [
        ("yes", 2, 2 / 9, 6, 215, 215 / 520, 107.5, 35.83, 1),
        ("no", 3, 3 / 9, 4, 185, 185 / 520, 61.67, 46.25, 1 / 3),
        ("unknown", 4, 4 / 9, 4, 120, 120 / 520, 30, 30, 0),
    ],
    "age-and-gender": [
        ("female", 2, 2 / 9, 215, 215 / 520, 107.5, 35.83, 1),
        ("male", 2, 2 / 9, 170, 170 / 520, 85, 56.67, 1 / 2),
        ("unknown", 5, 5 / 9, 135, 135 / 520, 27, 27, 0),
    ],
    # Ana, bob and eve have two purchases or more and a monetary score of at least 4; fay, gus, hal and jon score 2 at most.
    "personas": [
        (
            "Loyal High-Value",
            *(3, 3 / 9, 335, 335 / 520, 41.88, 1),
            "At least 2 purchases and a monetary score of at least 4.",
        ),
        ("Low-Premium", 4, 4 / 9, 75, 75 / 520, 18.75, 0, "Else a monetary score of at most 2."),
        ("Standard", 2, 2 / 9, 110, 110 / 520, 55, 0, "Everybody else."),
    ],
    "best-customers": [
        (1, 1, 145, 145 / 520, 145 / 520, 145),
        (2, 1, 120, 120 / 520, 265 / 520, 120),
        (3, 1, 70, 70 / 520, 335 / 520, 70),
        (4, 1, 60, 60 / 520, 395 / 520, 60),
        (5, 1, 50, 50 / 520, 445 / 520, 50),
        (6, 1, 30, 30 / 520, 475 / 520, 30),
        (7, 1, 15, 15 / 520, 490 / 520, 15),
        (8, 1, 15, 15 / 520, 505 / 520, 15),
        (9, 1, 15, 15 / 520, 520 / 520, 15),
    ],
    # A month before: bob 113, dan 113, eve 234, fay 211, gus and hal 311, ana 435, ivy 414, jon 512.
    "segment-moves": [("Hibernating → Promising", 1, 1 / 3, 120), ("New → Hibernating", 1, 1 / 3, 15)],
    "where-customers-live": [("SP", 5, 5 / 9, 8, 310, 310 / 520, 62), ("RJ", 4, 4 / 9, 6, 210, 210 / 520, 52.5)],
    # The gaps' median is 63 days, their 80th percentile 288.4.
    "still-active": [("active", 2, 2 / 9, 0, 44, 150, 150 / 520), ("at risk", 7, 7 / 9, 80, 263, 370, 370 / 520)],
    "customer-kinds": [
        (
            "Repeat buyers",
            3,
            3 / 9,
            335,
            335 / 520,
            120,
            3,
            96,
            "all repeat buyers: fewer than 200 customers are too few to split",
        ),
        (
            "One-time buyers",
            6,
            6 / 9,
            185,
            185 / 520,
            22.5,
            1,
            156,
            "all one-time buyers: fewer than 200 customers are too few to split",
        ),
    ],
    "where-revenue-leaks": [
        ("gross_sales", 420, 1, True),
        ("discounts", -10, -10 / 420, False),
        ("net_sales", 410, 410 / 420, True),
        ("returned", -60, -60 / 420, False),
        ("realized", 350, 350 / 420, True),
    ],
    "late-and-reviews": [
        ("over a week early", 1, 5, 0, 1),
        ("up to a week early", 1, 4, 0, 0),
        ("on the promised day", 1, 4, 0, 0),
        ("1 to 3 days late", 1, 2, 1, 0),
        ("4 to 7 days late", 1, 1, 1, 0),
        ("over a week late", 1, 1, 1, 0),
    ],
    "payment-methods": [
        (1, "card", 250, 250 / 410, 9, 9 / 12, 1),
        (2, "boleto", 150, 150 / 410, 3, 3 / 12, 1),
        (3, "voucher", 10, 10 / 410, 1, 1 / 12, 1),
    ],
    # The net sales of the lamp, the book and the ball are 260, 125 and 90 of 520; together 91%, before the doll.
    "abc": [("A", 3, 3 / 4, 475, 475 / 520, 13), ("B", 1, 1 / 4, 45, 45 / 520, 3)],
    "top-products": [
        ("home", 1, "The Lamp", 260, 1, 4, "A", 4),
        ("toys", 1, "The Ball", 90, 90 / 135, 5, "A", 3.5),
        ("toys", 2, "doll", 45, 45 / 135, 3, "B", None),
        ("books", 1, "book", 125, 1, 4, "A", 2.33),
    ],
    # Four orders of books and eight of toys; two of fourteen baskets hold two categories.
    "category-scorecard": [
        ("home", 260, 260 / 520, 4, 65, 4, 0, 1.75),
        ("toys", 135, 135 / 520, 8, 16.88, 3.5, 0, 1.75),
        ("books", 125, 125 / 520, 4, 31.25, 2.33, 1 / 4, 1.75),
    ],
    # Toys: ana, fay, gus, hal, and jon, who is too new; books: ana, eve, and ivy, who is too new; home: bob and dan.
    "first-category": [("toys", 5, 1 / 4, 1, 145), ("books", 3, 1, 1, 145), ("home", 2, 0, 0, 40)],
    # From books ana went to toys after 63 days; eve to books after 30, and then to toys after 61.
    "next-category": [("toys", 2, 1, 62), ("books", 1, 1 / 2, 30)],
    "returns": [("books", 60, 1, 1, 1 / 4, 1 / 4, 0)],
    "late-sellers": [("max", 3 / 4, 11, 260, 2.25, 1 / 12, 1 / 3, 2), ("lux", 0, 4, 260, 4, 1 / 5, 2 / 3, 1)],
    "delivery-by-state": [("RJ", 5, 14, 2 / 3), ("SP", 7, 8.7, 1 / 3)],
    "order-statuses": [
        ("delivered", 13, 440, 440 / 2518, 13, 233),
        ("canceled", 2, 1998, 1998 / 2518, 0, 29.5),
        ("shipped", 1, 80, 80 / 2518, 1, 0),
    ],
    "reviews-by-month": [
        ("2017-01", 1, 5, 0, 1, 100, None, False),
        ("2017-02", 1, 4, 0, 0, 0, None, False),
        ("2017-03", 1, 2, 0, 0, -100, None, False),
        ("2017-04", 1, 1, 1, 0, -100, None, False),
        ("2017-05", 1, 1, 1, 0, -100, None, False),
        ("2017-06", 1, 4, 0, 0, 0, None, False),
    ],
    "what-was-refused": [
        ("payments", "amount_out_of_range", 3, 15, "quarantined", "The promise of amount_out_of_range."),
        ("orders", "known_status", 2, 15, "quarantined", "The promise of known_status."),
    ],
}
PARTS: dict[str, list[tuple[Any, ...]]] = {
    # Ana ordered again in March and November, bob in February a year later, eve in May and July.
    "retention": [
        ("2017-01", 1, 1, 0, 0, 0),
        ("2017-01", 2, 1, 1, 1, 1),
        ("2017-01", 10, 1, 1, 1, 1),
        ("2017-02", 11, 1, 0, 0, 0),
        ("2017-02", 12, 1, 1, 1, 1),
        ("2017-04", 1, 1, 1, 1, 1),
        ("2017-04", 3, 1, 1, 1, 1),
        ("2017-12", 2, 1, 0, 0, 0),
        ("2018-01", 1, 1, 0, 0, 0),
    ],
    # Eve after 30 days, when all nine are observed; ana after 63, when jon and eve are not; bob after more than a year.
    "second-order-curve": [
        (0, 9, 0),
        (30, 9, 1 / 9),
        (60, 7, 1 / 9),
        (75, 6, 1 - 8 / 9 * 6 / 7),
        (90, 5, 1 - 8 / 9 * 6 / 7),
        (360, 1, 1 - 8 / 9 * 6 / 7),
    ],
    # In March ana's 63 days are the only gap; in May eve's 30 are there too.
    "churn-by-month": [
        ("2017-02", 2, None, None, 0, None),
        ("2017-03", 2, 0, 0, 1 / 2, 63),
        ("2017-04", 3, 1, 1 / 3, 1 / 3, 63),
        ("2017-05", 3, 2, 2 / 3, 2 / 3, 56.4),
        ("2018-02", 9, 0, 0, 3 / 9, 288.4),
    ],
    "headlines": [
        ("net_sales", 520, "money"),
        ("orders", 14, "count"),
        ("customers", 9, "count"),
        ("discounts", 10, "money"),
        ("cancel_rate", 12.5, "%"),
        ("return_rate", 7.69, "%"),
        ("late_rate", 50, "%"),
        ("avg_review", 2.83, "score"),
        ("return_share", 7.14, "%"),
    ],
    "weekday-and-hour": [
        ("Monday", 10, 3, 70),
        ("Tuesday", 10, 2, 55),
        ("Wednesday", 10, 2, 110),
        ("Thursday", 10, 1, 15),
        ("Friday", 10, 1, 110),
        ("Saturday", 23, 1, 50),
        ("Sunday", 10, 3, 90),
        ("Sunday", 11, 0, 0),
        ("Sunday", 18, 1, 20),
        ("Sunday", 19, 0, 0),
    ],
}
"""For answers that are too long to write out: the first columns of some rows."""

DEFAULTS: dict[str, dict[str, Any]] = {
    "this-month": {"month": "2018-02"},
    "coming-months": {"of": "total"},
    "best-month": {"year": "2017"},
    "top-categories": {"year": "2017", "top": "10"},
    "sales-by": {"by": "state", "year": "2017", "top": "10"},
    "why-sales-moved": {"month": "2018-02", "against": "month"},
    "age-and-gender": {"by": "gender"},
    "retention": {"months": "12"},
    "second-order-curve": {"days": "365"},
    "churn-by-month": {"horizon": "P80"},
    "segment-moves": {"month": "2018-02", "top": "10"},
    "category-growth": {"year": "2018", "months": "comparable", "top": "10"},
    "discount-sensitivity": {"by": "category", "top": "10"},
    "price-sensitivity": {"top": "10"},
    "spend-by-frequency": {"by": "purchases"},
    "products-of-customers": {"customers": "high value", "top": "10"},
    "all-sales-by": {"by": "payment_method", "top": "10"},
    "brand-ranking": {"year": "2017", "top": "10"},
    "product-ranking": {"year": "2017", "by": "net_sales", "top": "10"},
    "bought-together": {"level": "category", "top": "10"},
    "where-customers-live": {"top": "10"},
    "payment-methods": {"year": "2017", "by": "value", "top": "5"},
    "top-products": {"top": "3", "categories": "10", "by": "net_sales"},
    "category-scorecard": {"top": "10"},
    "first-category": {"top": "10"},
    "next-category": {"category": "books", "top": "10"},
    "returns": {"by": "category", "top": "10"},
    "late-sellers": {"top": "10"},
    "delivery-by-state": {"year": "2017", "top": "10"},
    "where-revenue-leaks": {"year": "2017"},
    "what-was-refused": {"top": "10"},
}
"""The default parameters on that shop: 2017 is its last complete year, February 2018 its last complete month."""
