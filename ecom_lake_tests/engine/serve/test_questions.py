"""Question files: their fields, the errors in them, search by words, and which questions a release can answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ecom_lake.engine.contracts.question import Question, Shared, read_question
from ecom_lake.engine.contracts.registry import OWN_QUESTIONS
from ecom_lake.engine.serve.answering import answer, find, nearest, unanswerable
from ecom_lake.engine.serve.query import session
from ecom_lake.engine.serve.released import released
from ecom_lake.errors import UsageError
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.builders.canonical_shop import CanonicalShop
from ecom_lake_tests.catalog import questions, registry

FILE = """/*
title = "How many orders came from a state?"
group = "Who buys?"
shares = ["share"]

[parameters.state]
kind = "text"
meaning = "The state."
default = "select max(state) from dim_customer"
allowed = "select distinct state from fct_orders"

[parameters.top]

[chart]
kind = "bars"
label = "state"
value = "orders"
*/
select state, count(*) as orders, 1.0::double as share from fct_orders where state = $state group by state limit $top
"""


def read(file: Path) -> Question:
    return read_question(file, Shared().with_folder(registry().question_folders[0]), registry().question_groups, OWN_QUESTIONS)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "orders-of-state.sql"


def test_a_file_is_a_question(file: Path, built_lake: BuiltLake) -> None:
    file.write_text(FILE, encoding="utf-8")
    question = read(file)
    assert (question.name, question.reads) == ("orders-of-state", ("dim_customer", "fct_orders"))
    top = question.parameters[1]
    assert (top.kind, top.meaning, top.default) == ("number", "How many are shown.", "select 10")
    site = built_lake.site()
    with session(site, released(site)) as opened:
        ((most,),) = opened.ask("select max(state) from dim_customer").rows()
        assert answer(opened, question, {}).values == {"state": most, "top": 10}


@pytest.mark.parametrize(
    ("was", "becomes", "sentence"),
    [
        ("/*\n", "", "must begin with a line /*, the head in TOML"),
        ('"Who buys?"', '"Who pays?"', "there is no group 'Who pays?'; the groups are How are we doing?"),
        ("title =", "titel =", "a question has no 'titel'; it has"),
        ('title = "How many orders came from a state?"\n', "", "a question is incomplete"),
        ('meaning = "The state."\n', "", "a parameter is incomplete"),
        ("shares =", 'caveat = "guests"\nshares =', "there is no caveat 'guests'; caveats.toml has anonymous_orders."),
        ("$state", "'SP'", "the SQL uses $top, the head has state, top"),
        ("limit $top", "", "the SQL uses $state, the head has state, top"),
        ("limit $top", "limit $top -- the $top", "a comment contains a parameter"),
        ("state]", "root]", "no parameter may be called root"),
        ('kind = "text"', 'kind = "texts"', "state is one of number, text, month"),
        (
            'allowed = "select distinct state from fct_orders"\n',
            "",
            "state needs `allowed`, a query that returns the allowed values",
        ),
        ('"bars"', '"pie"', "a chart is one of bars, lines, heat, waterfall"),
        ('"bars"', '"heat"', "a heat map needs `across`, and other charts must not have it"),
        (
            'value = "orders"',
            'value = "orders"\nacross = "share"',
            "a heat map needs `across`, and other charts must not have it",
        ),
    ],
)
def test_an_error_in_a_file_is_reported_with_the_file_name(file: Path, was: str, becomes: str, sentence: str) -> None:
    assert was in FILE
    text = FILE.replace(was, becomes)
    if "root]" in becomes:
        text = text.replace("$state", "$root")
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"^orders-of-state\.sql") as refused:
        read(file)
    assert sentence in str(refused.value)


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("top category", "top-categories"),
        ("which month was the best", "best-month"),
        ("subscriber", "subscribers"),
        ("what do people buy together", "bought-together"),
        ("late deliveries", "late-and-reviews"),
        ("how soon is a second order", "second-purchase"),
        ("brands", "brand-ranking"),
        ("hours of the weekday", "weekday-and-hour"),
    ],
)
def test_free_words_find_the_most_similar_questions(asked: str, meant: str) -> None:
    assert meant in [question.name for question in nearest(registry(), asked)]
    with pytest.raises(UsageError, match=rf"There is no question '{asked}'\. The nearest: .*{meant} \("):
        find(registry(), asked.split())


def test_every_title_and_every_name_finds_its_question() -> None:
    for question in questions():
        assert find(registry(), [question.name]) is question
        assert find(registry(), question.title.rstrip("?").upper().split()) is question


def test_a_release_without_a_table_of_a_question_states_what_to_do(built_lake: BuiltLake) -> None:
    site = built_lake.site()
    entry = released(site)
    older = replace(entry, tables={name: parts for name, parts in entry.tables.items() if name.name != "rfm_segments"})
    new = unanswerable(site, older).items() - unanswerable(site, entry).items()
    assert new == {("segments", f"Release {entry.number} has no rfm_segments yet: run `ecom-lake build`.")}


def test_a_shop_without_order_dates_answers_some_questions_and_states_why_not_the_others(tmp_path: Path) -> None:
    shop = CanonicalShop(tmp_path)
    shop.say(without=["orders.ordered_at"])
    shop.land("orders.csv", "order_id,customer_id,status\n1,ana,delivered\n2,ana,delivered\n3,bob,delivered\n")
    shop.land("order_items.csv", "order_id,line,product_id,unit_price\n1,1,ball,10\n2,1,ball,10\n3,1,doll,5\n")
    shop.build()
    entry = released(shop.site)
    why = unanswerable(shop.site, entry)
    no_dates = {name for name, reason in why.items() if "does not state the time when the order was placed" in reason}
    assert {"best-month", "top-categories", "segments", "second-purchase", "weekday-and-hour"} <= no_dates
    assert {"abc", "loyalty", "headlines", "order-statuses"}.isdisjoint(why)
    with session(shop.site, entry) as opened:
        answers = {question.name: answer(opened, question, {}) for question in questions() if question.name not in why}
    assert [row[:4] for row in answers["abc"].rows] == [("A", 1, 0.5, 20), ("B", 1, 0.5, 5)]
