"""A business question, and reading one from its file.

Here: the fields of a question's head, and their validation. Not here: answering it (engine/serve/answering.py).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from ecom_lake.engine.contracts.sql_tables import tables_in
from ecom_lake.engine.contracts.text_file import read_text
from ecom_lake.errors import UserError

SHARED, CAVEATS = "parameters.toml", "caveats.toml"
TAKEN = ("root", "shop", "help", "version", "sql", "json", "csv")
"""Names of options of the command line, which no parameter may have."""

Kind = Literal["number", "text", "month"]
Drawn = Literal["bars", "lines", "heat", "waterfall"]
_FILE = re.compile(r"/\*\n(?P<head>.*?)\*/\n(?P<sql>.*)", re.DOTALL)
_USED = re.compile(r"\$(\w+)")
_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
Row = TypeVar("Row")


@dataclass(frozen=True)
class Parameter:
    name: str
    kind: Kind
    meaning: str
    default: str
    """SQL over gold that returns one value; no row if the shop has no value to choose from."""
    allowed: str | None = None
    """SQL over gold that returns every allowed value; optional for numbers."""
    or_all: bool = False
    """Whether `all` may be given too: the SQL then gets NULL."""
    at_least: int = 1
    at_most: int = 1000


@dataclass(frozen=True)
class Chart:
    """The chart of an answer: its kind, and the columns of the answer that it shows."""

    kind: Drawn
    label: str
    """The column with the name of each bar, point or row of the heat map."""
    value: str | tuple[str, ...]
    """The column with its value; lines may have several."""
    across: str | None = None
    """The column whose values are the columns of the heat map."""
    mark: str | None = None
    """A column that is true for pale bars, for points that a line leaves out, and for the sums of a waterfall."""

    @property
    def values(self) -> tuple[str, ...]:
        return (self.value,) if isinstance(self.value, str) else self.value

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.label, *self.values, self.across, self.mark)))


@dataclass(frozen=True)
class Question:
    name: str
    title: str
    group: str
    sql: str
    note: str = ""
    """How to read the answer, in a sentence or two."""
    caveat: str = ""
    """SQL over gold that returns a sentence on what the answer leaves out in this shop, or NULL; in the file, its name."""
    parameters: tuple[Parameter, ...] = ()
    needs: tuple[str, ...] = ()
    """Silver columns without which there is no answer, as in a gold table's contract: `a or b` where either is enough."""
    shares: tuple[str, ...] = ()
    """Columns of the answer that are shown as percentages."""
    chart: Chart | None = None

    @cached_property
    def reads(self) -> tuple[str, ...]:
        """The tables that the query, its caveat and the queries of its parameters read."""
        of_parameters = (sql for one in self.parameters for sql in (one.default, one.allowed))
        queries = filter(None, (self.sql, self.caveat, *of_parameters))
        return tuple(sorted({table for sql in queries for table in tables_in(sql)}))


@dataclass(frozen=True)
class Shared:
    """What several questions have: parameters, and queries of caveats, by name."""

    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    caveats: Mapping[str, str] = field(default_factory=dict)

    def with_folder(self, folder: Path) -> Shared:
        """These and those of a folder, which replace others of the same name."""
        parameters, caveats = (_read_toml(folder / name) for name in (SHARED, CAVEATS))
        return Shared({**self.parameters, **parameters}, {**self.caveats, **caveats})


def _read_toml(file: Path) -> dict[str, Any]:
    """The tables of a file; empty if there is no such file."""
    if not file.exists():
        return {}
    try:
        return tomllib.loads(read_text(file))
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"{file} is not valid TOML: {error}. Fix that line.") from None


def read_question(file: Path, shared: Shared, groups: Sequence[str], own_group: str) -> Question:
    """The question in a file; a ValueError states what its author has to change, and where.

    `groups` are the known headings, and `own_group` is the one for a question without a group.
    """
    parts = _FILE.fullmatch(read_text(file))
    if parts is None:
        raise ValueError(f"{file.name} must begin with a line /*, the head in TOML and a line */, followed by the SQL.")
    try:
        head = tomllib.loads(parts["head"])
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{file.name}: its head is not valid TOML: {error}; the head begins on line 2 of the file.") from None
    parameters = [
        _made(Parameter, {"name": name, **shared.parameters.get(name, {}), **own}, file)
        for name, own in head.pop("parameters", {}).items()
    ]
    if (caveat := head.pop("caveat", None)) is not None:
        if caveat not in shared.caveats:
            raise ValueError(f"{file.name}: there is no caveat '{caveat}'; {CAVEATS} has {', '.join(shared.caveats) or 'none'}.")
        head["caveat"] = shared.caveats[caveat]
    chart = _made(Chart, head.pop("chart"), file) if "chart" in head else None
    given = {"group": own_group, **head, "name": file.stem, "sql": parts["sql"].strip(), "parameters": parameters, "chart": chart}
    question = _made(Question, given, file)
    if wrong := _wrong(question, groups):
        raise ValueError(f"{file.name}: {wrong}")
    try:
        _ = question.reads
    except ValueError as error:
        raise ValueError(f"{file.name}: its SQL cannot be parsed: {error}") from None
    return question


def _made(kind: type[Row], given: Mapping[str, Any], file: Path) -> Row:
    known = {one.name for one in fields(kind)}  # type: ignore[arg-type]
    if strange := sorted(set(given) - known):
        raise ValueError(f"{file.name}: a {kind.__name__.lower()} has no '{strange[0]}'; it has {', '.join(sorted(known))}.")
    try:
        return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in given.items()})
    except TypeError as error:
        raise ValueError(f"{file.name}: a {kind.__name__.lower()} is incomplete: {error}.") from None


def _wrong(question: Question, groups: Sequence[str]) -> str | None:
    names = {parameter.name for parameter in question.parameters}
    used = set(_USED.findall(_COMMENT.sub("", question.sql)))
    if question.group not in groups:
        return f"there is no group '{question.group}'; the groups are {', '.join(groups)}."
    if used != names:
        return f"the SQL uses ${', $'.join(sorted(used)) or '(nothing)'}, the head has {', '.join(sorted(names)) or 'none'}."
    if any("$" in comment for comment in _COMMENT.findall(question.sql)):
        return "a comment contains a parameter: remove the $ from the comment."
    if taken := names & set(TAKEN):
        return f"no parameter may be called {taken.pop()}: it is an option of the command line."
    if question.chart and question.chart.kind not in get_args(Drawn):
        return f"a chart is one of {', '.join(get_args(Drawn))}."
    if question.chart and (question.chart.kind == "heat") != (question.chart.across is not None):
        return "a heat map needs `across`, and other charts must not have it."
    return next((wrong for parameter in question.parameters if (wrong := _wrong_parameter(parameter))), None)


def _wrong_parameter(parameter: Parameter) -> str | None:
    if parameter.kind not in get_args(Kind):
        return f"the kind of {parameter.name} is one of {', '.join(get_args(Kind))}."
    if parameter.kind != "number" and parameter.allowed is None:
        return f"{parameter.name} needs `allowed`, a query that returns the allowed values."
    return None
