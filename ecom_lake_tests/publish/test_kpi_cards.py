"""KPI cards: a change is computed between complete calendar months only, in the unit of the KPI."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ecom_lake.publish.pages.kpi_cards import KPIS, Card, change_text, formatted, monthly_cards, total_cards


def month(year: int, number: int, is_complete: bool = True, **values: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(kpi.name for kpi in KPIS)
    return {**nothing, "month": date(year, number, 1), "is_complete": is_complete, **values}


def card(months: list[dict[str, Any]], name: str, currency: str | None = None) -> Card:
    [found] = [card for card in monthly_cards(months, currency) if card.name == name]
    return found


def changes(found: Card) -> list[tuple[str, str | None, str]]:
    return [(f"{change.since:%Y-%m}", change.text, change.tone) for change in found.changes]


def test_a_month_is_compared_with_the_prior_month_and_the_prior_year() -> None:
    months = [month(2017, 8, net_sales=500), month(2018, 7, net_sales=1000), month(2018, 8, net_sales=967)]
    found = card(months, "net_sales", "R$")
    assert found.value == "R$\N{NO-BREAK SPACE}967"
    assert changes(found) == [("2018-07", "-3.3%", "bad"), ("2017-08", "+93.4%", "good")]


def test_a_missing_or_incomplete_month_gives_no_change() -> None:
    months = [month(2018, 6, orders=50), month(2018, 7, is_complete=False, orders=3), month(2018, 8, orders=100)]
    assert changes(card(months, "orders")) == [("2018-07", None, ""), ("2017-08", None, "")]


def test_a_share_changes_in_percentage_points_and_more_late_orders_are_bad() -> None:
    found = card([month(2018, 7, late_rate=0.034), month(2018, 8, late_rate=0.062)], "late_rate")
    assert (found.value, changes(found)[0]) == ("6.2%", ("2018-07", "+2.8 pp", "bad"))


def test_an_unchanged_value_is_neutral() -> None:
    assert changes(card([month(2018, 7, avg_review=4.2898), month(2018, 8, avg_review=4.2879)], "avg_review"))[0][1:] == (
        "+0.0%",
        "",
    )


def test_a_kpi_that_the_shop_does_not_have_gets_no_card() -> None:
    assert [card.name for card in monthly_cards([month(2018, 8, orders=7)], None)] == ["orders"]


def test_without_a_complete_month_there_are_totals_without_changes() -> None:
    assert monthly_cards([month(2018, 8, is_complete=False, orders=7)], None) == []
    [total] = total_cards({"aov": 137.4077, "margin": 0.3}, "€")
    assert (total.name, total.value, total.changes, total.sparkline) == ("aov", "€\N{NO-BREAK SPACE}137.41", (), "")


def test_the_sparkline_spans_13_months_and_rises_with_the_values() -> None:
    assert card([month(2018, 8, orders=7)], "orders").sparkline == ""
    points = card([month(2017, 8, orders=1), month(2018, 7, orders=2), month(2018, 8, orders=3)], "orders").sparkline.split()
    assert points == ["0.0,28.0", "91.7,15.0", "100.0,2.0"]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (12345.6, "money", "12,346"),
        (-0.4, "money", "0"),
        (1234, "count", "1,234"),
        (0.00002, "share", "< 0.01%"),
        (0, "share", "0%"),
    ],
)
def test_values_are_formatted_by_their_unit(value: float, unit: Any, text: str) -> None:
    assert formatted(value, unit, None) == text


def test_a_change_from_zero_is_not_a_percentage() -> None:
    assert change_text(5, 0, "count") is None
    assert change_text(0.02, -0.01, "share") == "+3.0 pp"
    assert change_text(0.05, 0.0, "share") == "+5.0 pp"


@pytest.mark.parametrize("now", [50, -150, -100, 0])
def test_a_change_from_a_loss_is_neither_a_percentage_nor_good_nor_bad(now: int) -> None:
    months = [month(2018, 7, gross_profit=Decimal(-100)), month(2018, 8, gross_profit=Decimal(now))]
    assert changes(card(months, "gross_profit"))[0] == ("2018-07", None, "")


def test_a_change_from_a_profit_to_a_loss_is_a_bad_one() -> None:
    months = [month(2018, 7, gross_profit=Decimal(100)), month(2018, 8, gross_profit=Decimal(-50))]
    assert changes(card(months, "gross_profit"))[0] == ("2018-07", "-150.0%", "bad")
