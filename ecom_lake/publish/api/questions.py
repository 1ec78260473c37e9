"""The business questions and their answers as plain data. Not here: answering (engine/serve/answering.py)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ecom_lake.engine.contracts.question import Question
from ecom_lake.engine.serve.answering import Answered, find, nearest, said, values_as_given
from ecom_lake.errors import UsageError
from ecom_lake.publish.api.problem import ProblemError
from ecom_lake.publish.dashboard.served_release import ServedRelease


def listed(release: ServedRelease) -> dict[str, Any]:
    why = release.unanswerable
    questions = [_brief(one) | {"absent": why.get(one.name)} for one in release.site.registry.questions]
    return {"shop": release.site.shop.name, "release": release.number, "questions": questions}


def answered(release: ServedRelease, name: str, given: Mapping[str, str], may_see_people: bool) -> Answered:
    """The answer to a question; `ProblemError` where there is none, or where its columns are personal."""
    try:
        question = find(release.site.registry, [name])
    except UsageError as error:
        raise ProblemError(404, _unknown(release, name) or str(error)) from None
    if why := release.unanswerable.get(question.name):
        raise ProblemError(404, f"Shop '{release.site.shop.name}' cannot answer {question.name}: {why}")
    found = release.answer(question.name, given)
    personal = [column for column in found.columns if column in release.site.registry.domain.personal]
    if personal and not may_see_people:
        raise ProblemError(403, f"The answer has the column {personal[0]}, which is personal: it needs a key with the scope pii.")
    return found


def _unknown(release: ServedRelease, name: str) -> str | None:
    """The sentence for a question that does not exist; None for one whose file must be corrected."""
    registry, shop = release.site.registry, release.site.shop.name
    if name in registry.invalid_questions:
        return None
    near = ", ".join(one.name for one in nearest(registry, name))
    return f"There is no question '{name}'. The nearest: {near}; /v1/shops/{shop}/questions lists the questions."


def answer(release: ServedRelease, found: Answered) -> dict[str, Any]:
    question = found.question
    return {
        "shop": release.site.shop.name,
        "release": release.number,
        "question": question.name,
        "title": question.title,
        "note": question.note,
        "caveat": found.caveat,
        "parameters": values_as_given(found),
        "choices": {name: [said(value) for value in values] for name, values in found.choices.items()},
        "columns": found.columns,
        "shares": question.shares,
        "chart": question.chart.kind if question.chart else None,
        "rows": [dict(zip(found.columns, row, strict=True)) for row in found.rows],
        "sql": found.sql,
    }


def _brief(question: Question) -> dict[str, Any]:
    return {
        "question": question.name,
        "title": question.title,
        "group": question.group,
        "note": question.note,
        "chart": question.chart.kind if question.chart else None,
        "parameters": [
            {"name": one.name, "kind": one.kind, "meaning": one.meaning, "or_all": one.or_all} for one in question.parameters
        ],
    }
