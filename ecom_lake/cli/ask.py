"""The command `ask`: lists the business questions and answers one, as a table with a chart, JSON, CSV or its SQL."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.text import Text

from ecom_lake.cli import chart, screen
from ecom_lake.cli.lake_options import AsJson, Flag, LakeOptions, Options
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
    options: Options,
    **parameters: Annotated[str, Parameter(help="A parameter of the question, such as --year 2017 or year=2017.")],
) -> int:
    """Answer a business question: ask best-month --year 2017.

    Without a question, list the questions.

    Parameters
    ----------
    words
        Name of the question, and its parameters as NAME=VALUE.
    sql
        Print the SQL of the answer instead of the answer.
    as_json
        Print JSON.
    as_csv
        Print CSV, rows only.
    raw
        In CSV, do not put an apostrophe before text that a spreadsheet would run as a formula.
    """
    from ecom_lake.engine.serve.answering import answer, find, unanswerable
    from ecom_lake.engine.serve.csv_text import write_csv
    from ecom_lake.engine.serve.query import session
    from ecom_lake.engine.serve.released import released
    from ecom_lake.engine.serve.views import RELEASED

    if raw and not as_csv:
        raise UsageError("--raw applies to --csv only: other formats are always raw.")
    if sql + as_json + as_csv > 1:
        raise UsageError("Use only one of --sql, --json and --csv.")
    name, given = _given(words, parameters)
    site = options.site()
    entry = released(site)
    unavailable = unanswerable(site, entry)
    if not name:
        if given or sql or as_csv:
            raise UsageError("Name a question; `ecom-lake ask` lists them.")
        _list(options, site.shop.name, site.registry, entry.number, unavailable, as_json)
        return 0
    question = find(site.registry, name)
    if why := unavailable.get(question.name):
        raise UsageError(f"Shop '{site.shop.name}' cannot answer {question.name}: {why}")
    with session(site, entry, layers=RELEASED) as opened:
        answered = answer(opened, question, given)
    if sql:
        screen.show(answered.sql)
    elif as_json:
        screen.show_json({"shop": site.shop.name, "release": entry.number, **_brief(question), **_as_data(answered)})
    elif as_csv:
        write_csv(sys.stdout, answered.columns, answered.rows, raw)
    else:
        show(answered, options)
    return 0


def _given(words: Sequence[str], options: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """The words of the question, and its parameters from --name value and from name=value."""
    pairs = [word.partition("=") for word in words if "=" in word]
    given = {name.replace("-", "_"): value for name, value in options.items()}
    for name, _, value in pairs:
        if name in given:
            raise UsageError(f"{name} was given twice.")
        given[name] = value
    return [word for word in words if "=" not in word], given


# ------------------------------------------------------------------------------------------------------------- listing


def _list(options: LakeOptions, shop: str, registry: Registry, release: int, unavailable: dict[str, str], as_json: bool) -> None:
    if as_json:
        listed = [{**_brief(question), "cannot": unavailable.get(question.name)} for question in registry.questions]
        screen.show_json({"shop": shop, "release": release, "questions": listed})
        return
    rows: list[tuple[screen.Cell, ...]] = []
    heading = ""
    for question in registry.questions:
        if question.name in unavailable:
            continue
        if question.group != heading:
            heading = question.group
            rows.append((Text(heading, style="bold cyan"), "", ""))
        rows.append((f"  {question.name}", question.title, " ".join(f"--{one.name}" for one in question.parameters)))
    screen.show_table(["question", "title", "parameters"], rows, wrap=["title"])
    if unavailable:
        screen.show("", "Not available for this shop:")
        screen.show_list(f"{name}: {why}" for name, why in sorted(unavailable.items()))
    if invalid := registry.invalid_questions:
        screen.show("", "Not available because the file has an error:")
        screen.show_list(invalid.values())
    screen.show("", f"Next: {options.command('ask this-month')}; --sql shows the SQL of an answer")


def _brief(question: Question) -> dict[str, Any]:
    parameters = [{"name": one.name, "kind": one.kind, "meaning": one.meaning} for one in question.parameters]
    return {"question": question.name, "title": question.title, "group": question.group, "takes": parameters}


def _as_data(answered: Answered) -> dict[str, Any]:
    rows = [dict(zip(answered.columns, map(json_value, row), strict=True)) for row in answered.rows]
    return {"parameters": dict(answered.values), "sql": answered.sql, "caveat": answered.caveat, "rows": rows}


# ----------------------------------------------------------------------------------------------------------- answering


def show(answered: Answered, options: LakeOptions) -> None:
    from ecom_lake.engine.serve.answering import values_as_given

    question = answered.question
    asked = " · ".join(f"{name} {value}" for name, value in values_as_given(answered).items())
    screen.show(Text.assemble((question.title, "bold"), (f"  {asked}" if asked else "", "cyan")), "")
    if not answered.rows:
        screen.show("No rows: the shop has no data for this question.")
        return
    drawn = _chart_of(answered)
    if not (drawn and question.chart and question.chart.kind == "heat"):  # a heat map replaces the table
        _show_rows(answered, but=question.chart.mark if drawn and question.chart else None)
        screen.show(*[""] * bool(drawn))
    screen.show(*drawn)
    screen.show(*["", answered.caveat] if answered.caveat else [])
    if screen.out().is_terminal:
        _show_footer(answered, options)


def _show_rows(answered: Answered, but: str | None) -> None:
    """The table, without the column that the chart shows as marks."""
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


def _show_footer(answered: Answered, options: LakeOptions) -> None:
    """The note of the question, its parameters, and the command that shows its SQL."""
    from ecom_lake.engine.serve.answering import ALL, said, values_as_given

    question = answered.question
    screen.show("", *filter(None, [question.note]), style="dim")
    for parameter in question.parameters:
        choices = [said(choice) for choice in answered.choices.get(parameter.name, ())]
        choices += [ALL] * (parameter.or_all and bool(choices))
        listed = f" One of {', '.join(choices)}." if 1 < len(choices) <= screen.LISTED else ""
        screen.show(f"--{parameter.name}  {parameter.meaning}{listed}", style="dim")
    asked = "".join(f" --{name} {quote(value)}" for name, value in values_as_given(answered).items() if value != said(None))
    screen.show(f"SQL of this answer: {options.command(f'ask {question.name}{asked} --sql')}", style="dim")


def _chart_of(answered: Answered) -> list[Text]:
    """The chart of the answer; empty where the output is no terminal or too narrow."""
    drawn, width = answered.question.chart, screen.out().width
    if drawn is None or not screen.out().is_terminal or width < chart.NARROWEST:
        return []
    labels = [screen.printable(str(label)) for label in _column(answered, drawn.label)]
    values = {name: [_number(value) for value in _column(answered, name)] for name in drawn.values}
    first = values[drawn.values[0]]
    by_kind = {"lines": _short, "heat": _ungrouped}.get(drawn.kind, _two_decimals)
    number = screen.percent if drawn.values[0] in answered.question.shares else by_kind
    marks = [bool(mark) for mark in _column(answered, drawn.mark)] if drawn.mark else [False] * len(labels)
    if drawn.kind == "lines":
        shown = {name: [None if m else v for v, m in zip(column, marks, strict=True)] for name, column in values.items()}
        return chart.lines(labels, shown, width, number)
    if drawn.kind == "heat":
        across = [screen.printable(str(name)) for name in _column(answered, drawn.across or "")]
        cells = dict(zip(zip(labels, across, strict=True), first, strict=True))
        has_colour = screen.out().color_system is not None and not screen.out().no_color
        return chart.heat(list(dict.fromkeys(labels)), list(dict.fromkeys(across)), cells, width, number, has_colour)
    return (chart.waterfall if drawn.kind == "waterfall" else chart.bars)(labels, first, width, number, marks)


def _column(answered: Answered, name: str) -> list[Any]:
    position = answered.columns.index(name)
    return [row[position] for row in answered.rows]


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _two_decimals(value: float) -> str:
    return f"{value:,.2f}".removesuffix(".00")


def _ungrouped(value: float) -> str:
    return _two_decimals(value).replace(",", "")


def _short(value: float) -> str:
    for unit, size in (("bn", 1e9), ("m", 1e6), ("k", 1e3)):
        if abs(value) >= size:
            return f"{value / size:,.1f} {unit}"
    return _two_decimals(value)
