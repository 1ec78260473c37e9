"""Every file of `ecom_lake/questions`, found by itself: it runs, whatever the shop, and answers what was worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from ecom_lake.cli import screen
from ecom_lake.contracts import catalog
from ecom_lake.serving.answering import said
from ecom_lake.serving.query import Session
from ecom_lake.serving.questions import FOLDER, questions
from ecom_lake_tests.marts.hand_shop import HandShop, item, order
from ecom_lake_tests.questions.answers import ANSWERS, DEFAULTS, PARTS
from ecom_lake_tests.questions.shops import BY_NAME, ask, rows_of, session_of, worked_shop

each_question = pytest.mark.parametrize("name", sorted(file.stem for file in FOLDER.glob("*.sql")))


@pytest.fixture(scope="module")
def worked() -> Session:
    return session_of(worked_shop())


@pytest.fixture(scope="module", params=["no orders", "one order", "one order without a date or a product"])
def thin(request: pytest.FixtureRequest) -> Session:
    shops = {
        "no orders": {},
        "one order": {"orders": [order("o")], "order_items": [item("o")]},
        "one order without a date or a product": {"orders": [order("o", None)]},
    }
    return session_of(HandShop(**shops[request.param]))


@each_question
def test_it_answers_what_was_worked_out_by_hand(worked: Session, name: str) -> None:
    answered = ask(worked, name)
    assert {name: said(value) for name, value in answered.values.items()} == DEFAULTS.get(name, {})
    if name in PARTS:
        part = PARTS[name]
        found = [row[: len(part[0])] for row in rows_of(answered)]
        assert [row for row in found if row in part] == part
    else:
        assert name in ANSWERS, f"work out by hand what {name} answers on the shop of shops.py, and write it into answers.py"
        _agree(rows_of(answered), ANSWERS[name])


def _agree(found: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> None:
    assert len(found) == len(expected)
    for row, wanted in zip(found, expected, strict=True):
        assert row == pytest.approx(wanted)


@each_question
def test_it_runs_where_there_is_next_to_nothing(thin: Session, name: str) -> None:
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
        assert screen.holds_numbers([row[answered.columns.index(number)] for row in answered.rows]), number


def test_titles_are_unique() -> None:
    assert len({question.title for question in questions()}) == len(questions())
