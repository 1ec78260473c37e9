"""Asking in words: the business questions that the lake answers, and the answers as a table, a chart and the SQL behind them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from ecom_lake.cli import chart, screen
from ecom_lake.cli.place import AsJson, Flag, Here, Place
from ecom_lake.cli.sql import json_value
from ecom_lake.errors import UsageError

if TYPE_CHECKING:
    from ecom_lake.engine.contracts.question import Question
    from ecom_lake.engine.contracts.registry import Registry
    from ecom_lake.engine.serve.answering import Answered


def ask(
    *words: str,
    sql: Flag = False,
    as_json: AsJson = False,
    as_csv: Annotated[bool, Parameter(name="--csv", negative="", show_default=False)] = False,
    raw: Flag = False,
    place: Here,
    **parameters: Annotated[str, Parameter(help="A parameter of the question, such as --year 2017; year=2017 does as well.")],
) -> int:
    """Answer a business question: ask best-month --year 2017.

    Without a question, those that there are are listed.

    Parameters
    ----------
    words
        The question's name, and its parameters as NAME=VALUE.
    sql
        The SQL behind the answer, alone.
    as_json
        As JSON.
    as_csv
        As CSV: the rows alone.
    raw
        In CSV, write text that a spreadsheet would run as a formula as it is; else it gets an apostrophe in front.
    """
    from ecom_lake.engine.serve.answering import answer, find, unanswerable
    from ecom_lake.engine.serve.csv_text import write_csv
    from ecom_lake.engine.serve.query import session
    from ecom_lake.engine.serve.released import released

    if raw and not as_csv:
        raise UsageError("--raw is for --csv: other formats are raw.")
    if sql + as_json + as_csv > 1:
        raise UsageError("Ask for one of --sql, --json and --csv.")
    name, given = _given(words, parameters)
    site = place.site()
    entry = released(site)
    open_ones = unanswerable(site, entry)
    if not name:
        if given or sql or as_csv:
            raise UsageError("Which question? `ecom-lake ask` lists them.")
        _list(place, site.registry, entry.number, open_ones, as_json)
        return 0
    question = find(site.registry, name)
    if why := open_ones.get(question.name):
        raise UsageError(f"Shop '{site.shop.name}' cannot answer {question.name}: {why}")
    with session(site, entry) as opened:
        answered = answer(opened, question, given)
    if sql:
        screen.say(answered.sql)
    elif as_json:
        screen.emit_json({"shop": site.shop.name, "release": entry.number, **_brief(question), **_as_data(answered)})
    elif as_csv:
        write_csv(sys.stdout, answered.columns, answered.rows, raw)
    else:
        show(answered, place)
    return 0


def _given(words: Sequence[str], options: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """The words of the question, and what it is asked with, whichever way that was written."""
    pairs = [word.partition("=") for word in words if "=" in word]
    given = {name.replace("-", "_"): value for name, value in options.items()}
    for name, _, value in pairs:
        if name in given:
            raise UsageError(f"{name} was given twice.")
        given[name] = value
    return [word for word in words if "=" not in word], given


# ------------------------------------------------------------------------------------------------------------- listing


def _list(place: Place, registry: Registry, release: int, open_ones: dict[str, str], as_json: bool) -> None:
    if as_json:
        listed = [{**_brief(question), "cannot": open_ones.get(question.name)} for question in registry.questions]
        screen.emit_json({"shop": place.shop, "release": release, "questions": listed})
        return
    rows: list[tuple[screen.Cell, ...]] = []
    heading = ""
    for question in registry.questions:
        if question.name in open_ones:
            continue
        if question.group != heading:
            heading = question.group
            rows.append((Text(heading, style="bold cyan"), "", ""))
        rows.append((f"  {question.name}", question.title, " ".join(f"--{one.name}" for one in question.parameters)))
    screen.show_table(["question", "what it asks", "with"], rows, wrap=["what it asks"])
    if open_ones:
        screen.say("", "Not for this shop:")
        screen.show_list(f"{name}: {why}" for name, why in sorted(open_ones.items()))
    if invalid := registry.invalid_questions:
        screen.say("", "Not read, because the file is wrong:")
        screen.show_list(invalid.values())
    screen.say("", f"Next: {place.command('ask this-month')}; --sql shows the SQL behind an answer")


def _brief(question: Question) -> dict[str, Any]:
    parameters = [{"name": one.name, "kind": one.kind, "meaning": one.meaning} for one in question.parameters]
    return {"question": question.name, "title": question.title, "group": question.group, "takes": parameters}


def _as_data(answered: Answered) -> dict[str, Any]:
    rows = [dict(zip(answered.columns, map(json_value, row), strict=True)) for row in answered.rows]
    return {"parameters": dict(answered.values), "sql": answered.sql, "rows": rows}


# ----------------------------------------------------------------------------------------------------------- answering


def show(answered: Answered, place: Place) -> None:
    from ecom_lake.engine.serve.answering import said

    question = answered.question
    asked = " · ".join(f"{name} {said(value)}" for name, value in answered.values.items())
    screen.say(Text.assemble((question.title, "bold"), (f"  {asked}" if asked else "", "cyan")), "")
    if not answered.rows:
        screen.say("Nothing: the shop has no rows for this.")
        return
    drawn = _drawn(answered)
    if not (drawn and question.chart and question.chart.kind == "heat"):  # a heat map is its own table
        _show_rows(answered, but=question.chart.mark if drawn and question.chart else None)
        screen.say(*[""] * bool(drawn))
    screen.say(*drawn)
    if screen.out().is_terminal:
        _show_foot(answered, place)


def _show_rows(answered: Answered, but: str | None) -> None:
    """The table; without the column that the chart shows by its marks."""
    names = [name for name in answered.columns if name != but]
    columns = {name: _column(answered, name) for name in names}
    shares = answered.question.shares
    cells = list(zip(*([_cell(value, name in shares) for value in column] for name, column in columns.items()), strict=True))
    numeric = {name for name, column in columns.items() if screen.holds_numbers(column)}
    screen.show_table(names, cells, right=numeric, cut=set(names) - numeric)


def _cell(value: Any, is_share: bool) -> screen.Cell:
    if is_share and value is not None:
        return screen.percent(value)
    return screen.number(value) if isinstance(value, int) and not isinstance(value, bool) else screen.value(value)


def _show_foot(answered: Answered, place: Place) -> None:
    """How to read it, what else can be asked, and how to see the SQL."""
    from ecom_lake.engine.serve.answering import said

    question = answered.question
    screen.say("", *filter(None, [question.note]), style="dim")
    for parameter in question.parameters:
        choices = [said(choice) for choice in answered.choices.get(parameter.name, ())]
        listed = f" One of {', '.join(choices)}." if 1 < len(choices) <= screen.LISTED else ""
        screen.say(f"--{parameter.name}  {parameter.meaning}{listed}", style="dim")
    asked = "".join(f" --{name} {quote(said(value))}" for name, value in answered.values.items() if value is not None)
    screen.say(f"The SQL behind it: {place.command(f'ask {question.name}{asked} --sql')}", style="dim")


def _drawn(answered: Answered) -> list[Text]:
    """The answer's chart; none where nobody looks or there is no room."""
    drawn, width = answered.question.chart, screen.out().width
    if drawn is None or not screen.out().is_terminal or width < chart.NARROWEST:
        return []
    labels = [screen.shown(str(label)) for label in _column(answered, drawn.label)]
    values = {name: [_number(value) for value in _column(answered, name)] for name in drawn.values}
    first = values[drawn.values[0]]
    in_words = {"lines": _short, "heat": _bare}.get(drawn.kind, _plain)
    say = screen.percent if drawn.values[0] in answered.question.shares else in_words
    marks = [bool(mark) for mark in _column(answered, drawn.mark)] if drawn.mark else [False] * len(labels)
    if drawn.kind == "lines":
        shown = {name: [None if m else v for v, m in zip(column, marks, strict=True)] for name, column in values.items()}
        return chart.lines(labels, shown, width, say)
    if drawn.kind == "heat":
        across = [screen.shown(str(name)) for name in _column(answered, drawn.across or "")]
        cells = dict(zip(zip(labels, across, strict=True), first, strict=True))
        has_colour = screen.out().color_system is not None and not screen.out().no_color
        return chart.heat(list(dict.fromkeys(labels)), list(dict.fromkeys(across)), cells, width, say, has_colour)
    return (chart.waterfall if drawn.kind == "waterfall" else chart.bars)(labels, first, width, say, marks)


def _column(answered: Answered, name: str) -> list[Any]:
    place = answered.columns.index(name)
    return [row[place] for row in answered.rows]


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _plain(value: float) -> str:
    return f"{value:,.2f}".removesuffix(".00")


def _bare(value: float) -> str:
    return _plain(value).replace(",", "")


def _short(value: float) -> str:
    for unit, size in (("bn", 1e9), ("m", 1e6), ("k", 1e3)):
        if abs(value) >= size:
            return f"{value / size:,.1f} {unit}"
    return _plain(value)
