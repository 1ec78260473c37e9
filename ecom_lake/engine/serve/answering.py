"""Answering business questions from the released tables: which can be answered, with which parameters, and the rows.

Parameter values are bound, never inserted into the SQL. Not here: how an answer is shown (cli/ask.py, cli/chart.py).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ecom_lake.engine.build.release.offer import left_out
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.question import Parameter, Question
from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.duckdb_engine import literal
from ecom_lake.engine.serve.query import Session
from ecom_lake.engine.serve.released import command
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UsageError

Value = int | str | date | None
ALL = "all"
"""The text of a parameter that leaves nothing out, where the parameter has `or_all`."""
NEAREST = 3
"""The number of questions that are suggested if none has the name."""
_LISTED = 12
_WHOLE = re.compile(r"-?[0-9]{1,9}", re.ASCII)
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])(-01)?", re.ASCII)
_SMALL = (
    "a",
    "an",
    "and",
    "are",
    "do",
    "does",
    "how",
    "in",
    "is",
    "of",
    "our",
    "that",
    "the",
    "to",
    "we",
    "what",
    "which",
    "who",
)


@dataclass(frozen=True)
class Answered:
    question: Question
    values: Mapping[str, Value]
    """The parameter values, including defaults; None for `all`, and where the shop has no value."""
    choices: Mapping[str, tuple[Value, ...]]
    """The allowed values of each parameter that has a list of them."""
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    sql: str
    """The query with the values inserted, so that it can be run again."""
    caveat: str | None = None
    """What the answer leaves out in this shop, in a sentence."""


# ------------------------------------------------------------------------------------------------------------- finding


def find(registry: Registry, words: Sequence[str]) -> Question:
    """A question by its name or title; otherwise an error that names the nearest questions."""
    asked = " ".join(words).strip()
    for question in registry.questions:
        if asked.casefold().replace(" ", "-") == question.name or _plain(asked) == _plain(question.title):
            return question
    if why := registry.invalid_questions.get(asked.casefold().replace(" ", "-")):
        raise UsageError(f"The question cannot be answered until its file is corrected. {why}")
    near = "; ".join(f"{question.name} ({question.title})" for question in nearest(registry, asked))
    raise UsageError(f"There is no question '{asked}'. The nearest: {near}. `ecom-lake ask` lists them all.")


def nearest(registry: Registry, asked: str) -> list[Question]:
    """The questions whose name or title has most of the words; among equals, those with the most similar spelling."""
    wanted = set(_plain(asked).split()) - {*_SMALL}

    def order(question: Question) -> tuple[float, float, str]:
        text = f"{question.name} {_plain(question.title)}".replace("-", " ")
        shared = sum(bool(difflib.get_close_matches(word, text.split(), 1, 0.75)) for word in wanted)
        similarity = max(_ratio(asked, question.name), _ratio(_plain(asked), _plain(question.title)))
        return -shared, -similarity, question.name

    return sorted(registry.questions, key=order)[:NEAREST]


def _ratio(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one.casefold(), other, autojunk=False).ratio()


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def unanswerable(site: Site, entry: Entry) -> dict[str, str]:
    """The questions that this release does not answer, and why."""
    missing = left_out(site)
    return {question.name: why for question in site.registry.questions if (why := _why_not(site, entry, question, missing))}


def _why_not(site: Site, entry: Entry, question: Question, missing: Mapping[str, str]) -> str | None:
    lacked = [why for need in question.needs if (why := site.lacks(need))]
    lacked += [missing[table] for table in question.reads if table in missing]
    if lacked:
        return " ".join(dict.fromkeys(lacked))
    not_built = [table for table in question.reads if not entry.parts(TableId("gold", table))]
    return f"Release {entry.number} has no {not_built[0]} yet: run {command(site, 'build')}." if not_built else None


# ------------------------------------------------------------------------------------------------------------ answering


def answer(session: Session, question: Question, given: Mapping[str, str]) -> Answered:
    """Answer a question with the given values; a parameter without one takes its default from the data."""
    _refuse_unknown(question, given)
    values: dict[str, Value] = {}
    choices: dict[str, tuple[Value, ...]] = {}
    for parameter in question.parameters:
        name = parameter.name
        if parameter.allowed is not None:
            choices[name] = tuple(value for (value,) in session.ask(parameter.allowed).rows() if value is not None)
        if parameter.or_all and given.get(name) == ALL:
            values[name] = None
        elif name in given:
            values[name] = _read(parameter, given[name], choices.get(name))
        else:
            values[name] = next(iter(session.ask(parameter.default).rows()), (None,))[0]
    asked = session.ask(question.sql, values)
    rows, written = tuple(asked.rows()), _written(question.sql, values)
    return Answered(question, values, choices, asked.columns, rows, written, _caveat(session, question))


def _caveat(session: Session, question: Question) -> str | None:
    return next((sentence for (sentence,) in session.ask(question.caveat).rows()), None) if question.caveat else None


def values_as_given(answered: Answered) -> dict[str, str]:
    """The parameters as they are given on the command line, and `none` where the shop has no value."""
    or_all = {one.name for one in answered.question.parameters if one.or_all and answered.choices.get(one.name)}
    return {name: ALL if value is None and name in or_all else said(value) for name, value in answered.values.items()}


def said(value: Value) -> str:
    """A parameter value as text."""
    return f"{value:%Y-%m}" if isinstance(value, date) else "none" if value is None else str(value)


def _refuse_unknown(question: Question, given: Mapping[str, str]) -> None:
    names = [parameter.name for parameter in question.parameters]
    unknown = next((name for name in given if name not in names), None)
    if unknown is None:
        return
    takes = f"it takes {_listed(names)}" if names else "it takes none"
    near = difflib.get_close_matches(unknown, names, 1)
    hint = f" Did you mean {near[0]}?" if near and len(names) > 1 else ""
    raise UsageError(f"The question {question.name} has no parameter '{unknown}': {takes}.{hint}")


def _read(parameter: Parameter, text: str, choices: tuple[Value, ...] | None) -> Value:
    value: Value = text
    if parameter.kind == "number":
        value = int(text) if _WHOLE.fullmatch(text) else None
        if choices is None and (value is None or not parameter.at_least <= value <= parameter.at_most):
            bounds = f"from {parameter.at_least:,} to {parameter.at_most:,}"
            raise UsageError(f"{parameter.name} must be a whole number {bounds}, not '{text}'.")
    elif parameter.kind == "month":
        value = date.fromisoformat(f"{text[:7]}-01") if _MONTH.fullmatch(text) and text[:4] > "0000" else None
    if choices is not None and value not in choices:
        listed = [*map(said, choices), *[ALL] * (parameter.or_all and bool(choices))]
        raise UsageError(f"{parameter.name} must be {_allowed(text, listed)}, not '{text}'.")
    return value


def _allowed(text: str, choices: list[str]) -> str:
    if not choices:
        return "left out, because the shop has no values to choose from"
    if len(choices) <= _LISTED:
        return choices[0] if len(choices) == 1 else f"one of {_listed(choices)}"
    near = difflib.get_close_matches(text, choices, NEAREST) or [choices[0], choices[-1]]
    return f"one of the shop's {len(choices)}, such as {_listed(near)}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _written(sql: str, values: Mapping[str, Value]) -> str:
    return re.sub(r"\$(\w+)", lambda found: _as_sql(values[found[1]]), sql)


def _as_sql(value: Value) -> str:
    if isinstance(value, date):
        return f"date '{value}'"
    return "null" if value is None else str(value) if isinstance(value, int) else literal(value)
