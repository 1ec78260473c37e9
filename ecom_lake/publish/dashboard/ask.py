"""The page "Ask": the business questions of a shop, and the answer to one of them with its chart, table, SQL and CSV.

Here: what the page shows of an answer. Not here: answering (engine/serve/answering.py), the questions (shop/questions/).
"""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from ecom_lake.engine.contracts.question import Parameter, Question
from ecom_lake.engine.serve.answering import ALL, Answered, said, values_as_given
from ecom_lake.engine.serve.csv_text import write_csv
from ecom_lake.publish.column_words import in_words
from ecom_lake.publish.dashboard.answer_charts import AnswerChart, answer_chart
from ecom_lake.publish.dashboard.filters import RELEASE
from ecom_lake.publish.dashboard.not_there import NotForThisReaderError
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake.publish.pages.rendering import percent

SHOWN = 200
"""Rows of an answer that the page shows; the CSV has all of them."""
CHARTED = 1_000
"""Rows of an answer that the chart shows: a heat map of 40 months by 24 hours."""


@dataclass(frozen=True)
class Listed:
    """The questions of a shop, by heading; and those that it cannot answer, by the reason."""

    groups: Sequence[tuple[str, Sequence[Question]]]
    unavailable: Sequence[tuple[str, Sequence[Question]]]


@dataclass(frozen=True)
class Choice:
    """A parameter of a question, as a field of the form."""

    name: str
    meaning: str
    value: str
    allowed: Sequence[str]
    """The values to choose from; empty where any value may be written."""


@dataclass(frozen=True)
class Answer:
    question: Question
    choices: Sequence[Choice]
    columns: Sequence[tuple[str, bool]]
    """Each column, and whether it has numbers."""
    rows: Sequence[Sequence[str]]
    more: int
    """Rows that are not shown."""
    chart: AnswerChart
    sql: str
    query: str
    """The query that makes the CSV of the same answer."""


def listed(release: ServedRelease) -> Listed:
    unavailable = release.unanswerable
    questions = [question for question in release.site.registry.questions if question.name not in unavailable]
    groups = [(group, list(members)) for group, members in groupby(questions, lambda question: question.group)]
    reasons: dict[str, list[Question]] = defaultdict(list)
    for question in release.site.registry.questions:
        if question.name in unavailable:
            reasons[unavailable[question.name]].append(question)
    return Listed(groups, sorted(reasons.items(), key=lambda one: -len(one[1])))


def answered(release: ServedRelease, name: str, given: Mapping[str, str], sees_people: bool) -> Answer:
    """The answer to a question. Raises `UsageError` where there is no such question, parameter or value."""
    found = _found(release, name, given, sees_people)
    question = found.question
    hidden = question.chart.mark if question.chart and question.chart.kind == "bars" else None
    shown = [position for position, column in enumerate(found.columns) if column != hidden]
    return Answer(
        question,
        [_choice(found, parameter) for parameter in question.parameters],
        [(in_words(found.columns[i]), _holds_numbers(row[i] for row in found.rows)) for i in shown],
        [[_text(row[i], found.columns[i] in question.shares) for i in shown] for row in found.rows[:SHOWN]],
        max(len(found.rows) - SHOWN, 0),
        answer_chart(found, CHARTED, _text),
        found.sql,
        urlencode({**_given(found), RELEASE: release.number}),
    )


def answer_csv(release: ServedRelease, name: str, given: Mapping[str, str], sees_people: bool) -> str:
    found = _found(release, name, given, sees_people)
    text = io.StringIO()
    write_csv(text, found.columns, found.rows)
    return text.getvalue()


def _found(release: ServedRelease, name: str, given: Mapping[str, str], sees_people: bool) -> Answered:
    found = release.answer(name, given)
    personal = [column for column in found.columns if column in release.site.registry.domain.personal]
    if personal and not sees_people:
        raise NotForThisReaderError(f"The answer has the column {personal[0]}, which is personal: it is not shown to you.")
    return found


def _given(found: Answered) -> dict[str, str]:
    """The parameters that give the same answer again; without those of which the shop has no value."""
    return {name: text for name, text in values_as_given(found).items() if found.values[name] is not None or text == ALL}


def _choice(found: Answered, parameter: Parameter) -> Choice:
    allowed = [said(value) for value in found.choices.get(parameter.name, ())]
    if parameter.or_all and allowed:
        allowed.append(ALL)
    return Choice(parameter.name, parameter.meaning, values_as_given(found)[parameter.name], allowed)


def _holds_numbers(values: Any) -> bool:
    known = [value for value in values if value is not None]
    return bool(known) and all(isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in known)


def _text(value: Any, is_share: bool) -> str:
    if value is None:
        return "n/a"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if is_share:
        return percent(value)
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float | Decimal):
        return f"{value:,.2f}"
    return f"{value:%Y-%m-%d}" if isinstance(value, date) else str(value)
