"""Kaplan-Meier estimate of the time to the second purchase, from hand-written silver rows."""

from __future__ import annotations

from datetime import date
from math import exp, log, sqrt

import pytest

from ecom_lake_tests.builders.purchases import bought, shop_of


def test_the_kaplan_meier_curve_has_the_hand_computed_values() -> None:
    # As of 11 January: ana orders again after 2 days, bob after 5, eve after 5; fay is observed for 4 days, gus for 10.
    shop = shop_of(
        bought("ana", "01-01", "01-03"),
        bought("bob", "01-01", "01-01", "01-06"),
        bought("eve", "01-02", "01-07", "01-09"),
        bought("fay", "01-07"),
        bought("gus", "01-01"),
        as_of=date(2018, 1, 11),
    )
    rows = {row["day"]: row for row in shop.table("second_order_curve").iter_rows(named=True)}
    assert list(rows) == list(range(11))
    assert [rows[day]["at_risk"] for day in rows] == [5, 5, 5, 4, 4, 3, 1, 1, 1, 1, 1]
    assert {day: row["events"] for day, row in rows.items() if row["events"]} == {2: 1, 5: 2}
    assert {day: row["censored"] for day, row in rows.items() if row["censored"]} == {4: 1, 10: 1}
    assert (rows[1]["survival"], rows[1]["ci_low"], rows[1]["ci_high"]) == (1, None, None)
    assert rows[2]["survival"] == rows[4]["survival"] == pytest.approx(4 / 5)
    survival = 4 / 5 * 1 / 3
    assert rows[5]["survival"] == rows[10]["survival"] == pytest.approx(survival)
    spread = 1.959963984540054 * sqrt(1 / (5 * 4) + 2 / (3 * 1)) / log(survival)  # Greenwood, of log(-log(survival))
    assert rows[5]["ci_low"] == pytest.approx(exp(log(survival) * exp(-spread)))
    assert rows[5]["ci_high"] == pytest.approx(exp(log(survival) * exp(spread)))


def test_the_curve_ends_at_zero_when_every_customer_ordered_again() -> None:
    shop = shop_of(bought("ana", "01-01", "01-03"), bought("bob", "01-01", "01-02"), as_of=date(2018, 1, 31))
    assert shop.rows("second_order_curve", "day", "at_risk", "survival", "ci_low") == [
        (0, 2, 1, None),
        (1, 2, 0.5, pytest.approx(0.5 ** exp(1.959963984540054 * sqrt(1 / 2) / log(2)))),
        (2, 1, 0, None),
    ]
