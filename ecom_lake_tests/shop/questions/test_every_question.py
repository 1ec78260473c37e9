"""Every question file: it runs on any shop, and its answer has the hand-computed rows."""

from __future__ import annotations

import math
from typing import Any

import pytest
from scipy import stats

from ecom_lake.cli import screen
from ecom_lake.engine.serve.answering import said, values_as_given
from ecom_lake.engine.serve.query import Session
from ecom_lake.errors import UsageError
from ecom_lake_tests import catalog
from ecom_lake_tests.builders.hand_shop import HandShop, Row, customer, item, monthly, order, payment, product, review
from ecom_lake_tests.builders.worked_shop import BY_NAME, ask, rows_of, session_of, worked_shop
from ecom_lake_tests.catalog import questions, registry
from ecom_lake_tests.shop.questions.answers import ANSWERS, DEFAULTS, PARTS

each_question = pytest.mark.parametrize("name", sorted(file.stem for file in registry().question_folders[0].glob("*.sql")))


@pytest.fixture(scope="module")
def worked() -> Session:
    return session_of(worked_shop())


@pytest.fixture(scope="module", params=["no orders", "one order", "one order without a date or a product"])
def thin(request: pytest.FixtureRequest) -> Session:
    shops: dict[str, dict[str, list[Row]]] = {
        "no orders": {},
        "one order": {"orders": [order("o")], "order_items": [item("o")]},
        "one order without a date or a product": {"orders": [order("o", None)]},
    }
    return session_of(HandShop(None, **shops[request.param]))


@each_question
def test_the_answer_has_the_hand_computed_rows(worked: Session, name: str) -> None:
    answered = ask(worked, name)
    assert {name: said(value) for name, value in answered.values.items()} == DEFAULTS.get(name, {})
    if name in PARTS:
        part = PARTS[name]
        found = [row[: len(part[0])] for row in rows_of(answered)]
        _agree([row for row in found if any(row == pytest.approx(wanted) for wanted in part)], part)
    else:
        assert name in ANSWERS, f"compute the answer to {name} for the shop of shops.py by hand, and write it into answers.py"
        _agree(rows_of(answered), ANSWERS[name])


def _agree(found: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> None:
    assert len(found) == len(expected)
    for row, wanted in zip(found, expected, strict=True):
        assert row == pytest.approx(wanted)


@each_question
def test_it_runs_on_an_almost_empty_shop(thin: Session, name: str) -> None:
    answered = ask(thin, name)
    assert all(len(row) == len(answered.columns) for row in answered.rows)


@each_question
def test_the_sql_that_is_shown_gives_the_answer(worked: Session, name: str) -> None:
    answered = ask(worked, name)
    again = worked.ask(answered.sql)
    assert (again.columns, tuple(again.rows())) == (answered.columns, answered.rows)


@each_question
def test_it_reads_gold_and_names_its_own_columns(worked: Session, name: str) -> None:
    question, answered = BY_NAME[name], ask(worked, name)
    assert set(question.reads) <= set(catalog.gold())
    assert question.title.endswith("?")
    assert len(set(answered.columns)) == len(answered.columns)
    assert {*question.shares, *(question.chart.columns if question.chart else ())} <= set(answered.columns)
    numbers = (*question.shares, *(question.chart.values if question.chart else ()))
    for number in numbers:
        column = [row[answered.columns.index(number)] for row in answered.rows]
        assert screen.holds_numbers([*column, 0]), number


@pytest.mark.parametrize("name", [name for name, question in BY_NAME.items() if "top" in DEFAULTS.get(name, {})])
def test_top_limits_the_number_of_rows(worked: Session, name: str) -> None:
    if name == "top-products":
        assert [row[:2] for row in rows_of(ask(worked, name, top="1", categories="2"))] == [("home", 1), ("toys", 1)]
    else:
        assert rows_of(ask(worked, name, top="1")) == rows_of(ask(worked, name))[:1]


def test_other_parameters_change_the_answer(worked: Session) -> None:
    assert rows_of(ask(worked, "best-month", year="2018"), "month", "net_sales") == [("2018-02", 80), ("2018-01", 30)]
    assert rows_of(ask(worked, "where-revenue-leaks", year="2018"), "step", "amount")[2:] == [
        ("at_risk_recent", -80),
        ("realized", 30),
    ]
    assert rows_of(ask(worked, "why-sales-moved", against="year"), "driver", "effect")[-2:] == [("discount", 0), ("2018-02", 80)]
    assert rows_of(ask(worked, "sales-by", by="weekday", year="2018"), "member", "net_sales") == [
        ("Wednesday", 80),
        ("Monday", 30),
    ]
    assert len(ask(worked, "retention", months="1").rows) == 9
    assert [row[0] for row in ask(worked, "second-order-curve", days="48").rows[:3]] == [0, 2, 4]
    assert rows_of(ask(worked, "churn-by-month", horizon="365"))[-1][:3] == ("2018-02", 9, 0)
    assert rows_of(ask(worked, "segment-moves", month="2017-01")) == [("none → Lost", 1, 1, 15)]
    assert rows_of(ask(worked, "payment-methods", year="2018"), "method", "payments") == [("card", 110)]
    assert rows_of(ask(worked, "next-category", category="toys"), "next_category", "customers") == [("home", 1), ("toys", 1)]
    assert rows_of(ask(worked, "coming-months", of="toys")) == [("2018-03", 40, 10, 70, "SES")]
    assert rows_of(ask(worked, "returns", by="state")) == [("RJ", 60, 1, 1, 1 / 6, 1 / 6, 0)]
    # Products are shown by name where they have one, and of the rules with three items the most confident one is shown.
    pairs = [("ball + doll → The Lamp", 2, 0.9, 3.5), ("The Lamp → The Ball", 3, 0.75, 3.0)]
    assert rows_of(ask(worked, "bought-together", level="product")) == pairs


def test_the_products_of_a_persona_are_compared_with_those_of_all_customers(worked: Session) -> None:
    """Ana, bob and eve are loyal: lamps for 90, 40 and 80, books for 5 and twice 30, balls for 10, 20, 20 and 10."""
    found = rows_of(ask(worked, "products-of-customers", customers="Loyal High-Value"))
    assert found == [
        ("The Lamp", "home", 2, 3, 210, 210 / 335, 260 / 520, 1.25),
        ("book", "books", 2, 3, 65, 65 / 335, 125 / 520, 0.81),
        ("The Ball", "toys", 2, 4, 60, 60 / 335, 90 / 520, 1.03),
    ]
    with pytest.raises(UsageError, match=r"customers must be one of high value, Loyal High-Value, .* not 'Loyal'"):
        ask(worked, "products-of-customers", customers="Loyal")


def test_a_year_may_be_all_years(worked: Session) -> None:
    with_year = [name for name, question in BY_NAME.items() if "year" in [one.name for one in question.parameters]]
    assert len(with_year) >= 8
    for name in with_year:
        whole = ask(worked, name, year="all")
        assert values_as_given(whole)["year"] == "all"
        assert [*worked.ask(whole.sql).rows()] == [*whole.rows]
    assert rows_of(ask(worked, "top-categories", year="all"), "category", "net_sales") == [
        ("home", 260),
        ("toys", 135),
        ("books", 125),
    ]
    assert rows_of(ask(worked, "best-month", year="all"), "month", "share")[0] == ("2017-11", 110 / 520)
    assert rows_of(ask(worked, "where-revenue-leaks", year="all"), "step", "amount")[2] == ("net_sales", 520)
    assert rows_of(ask(worked, "payment-methods", year="all"), "method", "payments")[0] == ("card", 360)
    assert rows_of(ask(worked, "sales-by", year="all"), "member", "net_sales") == [("SP", 310), ("RJ", 210)]
    assert rows_of(ask(worked, "product-ranking", year="all"), "product", "net_sales")[:2] == [("The Lamp", 260), ("book", 125)]
    with pytest.raises(UsageError, match="year must be one of 2017, 2018 and all, not '2016'"):
        ask(worked, "best-month", year="2016")


def test_rankings_have_another_measure(worked: Session) -> None:
    """Boleto: 3 orders for 150; voucher: 1 for 10. By units, the ball is first in toys either way, and the books alone."""
    assert rows_of(ask(worked, "payment-methods", by="orders"), "method", "orders") == [
        ("card", 9),
        ("boleto", 3),
        ("voucher", 1),
    ]
    orders = [order("a"), order("b"), order("c")]
    items = [item("a", "100.00"), item("b", "1.00", product_id="q", quantity=5), item("c", "2.00", product_id="q")]
    paid = [payment("a", "100.00"), payment("b", "5.00", method="voucher"), payment("c", "2.00", method="voucher")]
    goods = [product("p"), product("q")]
    session = session_of(HandShop(orders=orders, order_items=items, payments=paid, products=goods))
    ranked = {by: rows_of(ask(session, "top-products", by=by), "product", "place") for by in ("net_sales", "units")}
    assert ranked == {"net_sales": [("p", 1), ("q", 2)], "units": [("q", 1), ("p", 2)]}
    first = {by: rows_of(ask(session, "payment-methods", by=by, year="all"), "method")[0] for by in ("value", "orders")}
    assert first == {"value": ("card",), "orders": ("voucher",)}
    assert rows_of(ask(worked, "product-ranking", by="units"), "product", "units") == [
        ("book", 4),
        ("The Ball", 4),
        ("The Lamp", 3),
        ("doll", 3),
    ]


def test_reviews_of_incomplete_months_are_marked() -> None:
    """February is complete; January is not, and the shop has no orders of April any more."""
    days = ("2018-01-20", "2018-01-31", "2018-02-01", "2018-02-28", "2018-03-05")
    reviewed = {"2018-01": "2018-01-31", "2018-02": "2018-02-28", "2018-03": "2018-02-28", "2018-04": "2018-03-05"}
    reviews = [
        review(day, 5, f"r{month}", created_at=f"{month}-20 10:00:00", answered_at=None) for month, day in reviewed.items()
    ]
    session = session_of(HandShop(orders=[order(day, f"{day} 10:00:00") for day in days], reviews=reviews))
    assert rows_of(ask(session, "reviews-by-month"), "month", "is_incomplete") == [
        ("2018-01", True),
        ("2018-02", False),
        ("2018-03", True),
        ("2018-04", True),
    ]


def test_a_shop_without_dates_has_answers_on_methods_states_and_discounts() -> None:
    orders = [order("a", None, state="SP"), order("b", None, state="SP"), order("c", None)]
    items = [item("a", "9.00", is_discounted=True), item("b", "20.00", is_discounted=False), item("c", "1.00")]
    session = session_of(HandShop(orders=orders, order_items=items, payments=[payment("a", "9.00"), payment("b", "20.00")]))
    found = {
        by: rows_of(ask(session, "all-sales-by", by=by), "member", "net_sales", "share_of_orders")
        for by in ("payment_method", "state", "discounted")
    }
    assert found == {
        "payment_method": [("card", 29, 2 / 3), ("none", 1, 1 / 3)],
        "state": [("SP", 29, 2 / 3), ("unknown", 1, 1 / 3)],
        "discounted": [("no", 21, 2 / 3), ("yes", 9, 1 / 3)],
    }


def test_customers_are_grouped_by_the_frequency_that_they_stated() -> None:
    people = [customer("ana", purchase_frequency_days=7), customer("bob", purchase_frequency_days=30), customer("eve")]
    orders = [order(name, customer_id=name) for name in ("ana", "bob", "eve")]
    session = session_of(HandShop(orders=orders, order_items=[item(row["order_id"]) for row in orders], customers=people))
    stated = rows_of(ask(session, "spend-by-frequency", by="stated"), "frequency", "customers", "net_sales")
    assert stated == [("every 7 days", 1, 10), ("every 30 days", 1, 10), ("unknown", 1, 10)]


def test_the_elasticity_is_the_slope_of_log_units_on_log_price() -> None:
    """`elastic` sells 3600 / price^2 units, `steady` always one; scipy fits `noisy`; the price of `same` never changes."""
    prices, noise = [10, 12, 15, 20, 30, 60, 10, 20, 30], [9, 7, 8, 6, 9, 3, 5, 8, 2]
    orders, items = [], []
    for number, (price, units) in enumerate(zip(prices, noise, strict=True)):
        for day in ("01", "28"):
            name = f"{number} {day}"
            orders.append(order(name, f"2018-{number + 1:02}-{day} 10:00:00"))
        for line, (of, quantity) in enumerate({"elastic": 3600 // price**2, "steady": 1, "noisy": units, "same": 1}.items(), 1):
            items.append(item(name, "10.00" if of == "same" else f"{price}.00", line, product_id=of, quantity=quantity))
    session = session_of(HandShop(orders=orders, order_items=items))
    columns = ("product", "elasticity", "ci_low", "ci_high", "finding")
    found = {row[0]: row[1:] for row in rows_of(ask(session, "price-sensitivity"), *columns)}
    log_price, log_units = [[math.log(value) for value in values] for values in (prices, noise)]
    fit = stats.linregress(log_price, log_units)
    margin = fit.stderr * stats.t.ppf(0.975, len(prices) - 2)
    assert found == {
        "elastic": (-2, -2, -2, "fewer units at a higher price"),
        "steady": (0, 0, 0, "no clear relation"),
        "noisy": (
            *(pytest.approx(value, abs=0.006) for value in (fit.slope, fit.slope - margin, fit.slope + margin)),
            "no clear relation",
        ),
    }


def test_whole_years_are_compared_too(worked: Session) -> None:
    whole = rows_of(ask(worked, "category-growth", months="all"), "category", "net_sales", "year_before")
    assert whole == [("home", 80, 180), ("toys", 30, 105), ("books", 0, 125)]


def test_all_years_compare_each_year_with_the_one_before() -> None:
    """Two orders a month in 2017, four in 2018, and three in the two months of 2019 that there are."""
    orders = monthly("2017-01", *[2] * 12, *[4] * 12, 3, 3)
    items = [item(one["order_id"]) for one in orders]
    session = session_of(HandShop(orders=orders, order_items=items))

    def growth(**given: str) -> list[tuple[Any, ...]]:
        return rows_of(ask(session, "category-growth", **given), "net_sales", "year_before", "growth")

    assert growth(year="2018") == [(480, 240, 1)]
    assert growth(year="2019") == [(60, 80, -0.25)]
    assert growth(year="all") == [(480 + 60, 240 + 80, 220 / 320)]
    assert growth(year="all", months="all") == [(480 + 60, 240 + 480, -180 / 720)]


def test_an_incomplete_month_is_pale_and_not_compared() -> None:
    """Thirteen months with two orders each, and a fourteenth that ends on its tenth day."""
    orders = [*monthly("2017-01", *[2] * 13), order("cut off", "2018-02-10 10:00:00")]
    session = session_of(HandShop(orders=orders, order_items=[item(one["order_id"]) for one in orders]))
    assert rows_of(ask(session, "best-month", year="2018"), "month", "is_incomplete") == [("2018-01", False), ("2018-02", True)]
    assert rows_of(ask(session, "category-growth")) == [("unknown", 20, 20, 0, 0)]
    assert said(ask(session, "this-month").values["month"]) == "2018-01"


def test_the_sales_of_new_and_returning_customers_and_anonymous_orders_sum_to_the_month() -> None:
    placed = [("a", "01-01", "ana"), ("b", "01-31", "ana"), ("c", "02-01", "ana"), ("d", "02-02", "bob"), ("e", "02-28", None)]
    orders = [order(name, f"2018-{day} 10:00:00", customer_id=who) for name, day, who in placed]
    items = [item(name, f"{2**power}.00") for power, (name, _, _) in enumerate(placed)]
    answered = ask(session_of(HandShop(orders=orders, order_items=items)), "new-and-returning")
    assert rows_of(answered, "anonymous_orders", "net_sales_of_new", "net_sales_of_returning", "anonymous_net_sales") == [
        (0, 1 + 2, 0, 0),
        (1, 8, 4, 16),
    ]


def test_a_question_about_customers_states_the_anonymous_orders_that_it_leaves_out(worked: Session) -> None:
    orders = [order("a"), *(order(f"{number}", customer_id=None) for number in range(1_000))]
    session = session_of(HandShop(orders=orders, order_items=[item(one["order_id"]) for one in orders]))
    stated = "1,000 anonymous orders with net sales of 10,000.00 (99.9% of all) have no customer and are left out."
    of_customers = ("personas", "loyalty", "retention", "where-customers-live", "best-customers")
    assert {ask(session, name).caveat for name in of_customers} == {stated}
    assert ask(session, "sales-by-month").caveat is None
    assert ask(worked, "personas").caveat is None


def test_a_parameter_without_choices_is_null() -> None:
    answered = ask(session_of(HandShop()), "best-month")
    assert (answered.values, answered.choices, answered.rows) == ({"year": None}, {"year": ()}, ())
    assert "year(month) = null" in answered.sql


def test_titles_are_unique() -> None:
    assert len({question.title for question in questions()}) == len(questions())
