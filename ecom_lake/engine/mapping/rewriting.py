"""A checked cell rewritten for a query: helpers become macros of the engine, and columns those of the query's steps.

Here: what is rewritten in every cell, and which texts a cell parses. Not here: helpers that look at a group (groups.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ecom_lake.engine.mapping.definitions import Kind
from ecom_lake.engine.mapping.functions import NUMBERS, WORDS
from ecom_lake.engine.mapping.syntax import (
    Node,
    arguments,
    column,
    column_path,
    function_name,
    parse_expression,
    print_expression,
    renamed,
    replaced,
)

Change = Callable[[Node], Node | None]


@dataclass
class Formats:
    """The texts that are read as dates in one of several formats, which is chosen for each delivery: text → its formats."""

    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def column_of(self, text: str, formats: tuple[str, ...]) -> str:
        """The column that will hold the number of the chosen format."""
        self.choices.setdefault(text, formats)
        return f"_format{list(self.choices).index(text) + 1}"


@dataclass(frozen=True)
class Read:
    """A text that a helper parses."""

    text: str
    value: str

    @property
    def unread(self) -> str:
        """NULL, or the text if it could not be parsed."""
        return f"case when {self.text} is not null and {self.value} is null then {self.text}::varchar end"


@dataclass
class Rewriter:
    """Rewrites the expressions of one table. `unlisted` collects the arguments of word lists, `reads` what a cell parses."""

    kind: Kind
    formats: Formats
    words: set[tuple[str, str]] = field(default_factory=set)
    """Each word list that is used, with the SQL of the text that is looked up in it."""
    reads: list[Read] = field(default_factory=list)

    def rewritten(self, node: Node, first: Change | None = None) -> Node:
        """The node with its columns and helpers rewritten; `first` may replace a node as a whole."""

        def change(node: Node) -> Node | None:
            if first and (other := first(node)) is not None:
                return other
            if path := column_path(node):
                return column(".".join(path).lower())
            if node.get("class") == "CAST":
                return self._cast(node, first)
            name = function_name(node)
            if name == "num":
                return self._read(renamed(self._inside(node, first), NUMBERS[self.kind.decimal]))
            if name in ("flag", "local"):
                return self._read(self._inside(node, first))
            if name == "day":
                return self._day(node, first)
            if name.startswith(WORDS):
                return self._words(self._inside(node, first), name.removeprefix(WORDS))
            return None

        result: Node = replaced(node, change)
        return result

    def _inside(self, node: Node, first: Change | None) -> Node:
        """The call with rewritten arguments."""
        given = [{**one, "expression": self.rewritten(one["expression"], first)} for one in node["arguments"]]
        return {**node, "arguments": given}

    def _read(self, call: Node) -> Node:
        self._note(arguments(call)[0], call)
        return call

    def _cast(self, node: Node, first: Change | None) -> Node:
        """A cast that fails is like a text that cannot be read; a try_cast gives NULL, as its author asked."""
        child = self.rewritten(node["child"], first)
        cast = {**node, "child": child, "type_expr": _wide(node["type_expr"]), "try_cast": True}
        is_literal = child.get("class") == "CONSTANT"
        if not node["try_cast"] and not is_literal and node["type_expr"].get("type_name") != "VARCHAR":
            self._note(child, cast)
        return cast

    def _day(self, node: Node, first: Change | None) -> Node:
        text, *stated = arguments(self._inside(node, first))
        formats = (str(stated[0]["literal"]["text"]),) if stated else self.kind.date_formats
        sql = print_expression(text)
        if not formats:
            read = f"plain_time({sql})"
        elif len(formats) == 1:
            read = _in_format(sql, formats[0])
        else:
            choice = self.formats.column_of(sql, formats)
            cases = (f"when {number} then {_in_format(sql, one)}" for number, one in enumerate(formats, start=1))
            read = f"case {choice} {' '.join(cases)} end"
        call = parse_expression(read)
        self._note(text, call)
        return call

    def _words(self, call: Node, name: str) -> Node:
        self.words.add((name, print_expression(arguments(call)[0])))
        return renamed(call, f"words_{name}")

    def _note(self, text: Node, read: Node) -> None:
        noted = Read(print_expression(text), print_expression(read))
        if noted not in self.reads:
            self.reads.append(noted)


def _in_format(text: str, one: str) -> str:
    return f"try_strptime({text}, '{one.replace(chr(39), chr(39) * 2)}')"


def _wide(kind: Node) -> Node:
    """A decimal of at least 38 digits: the product of two narrow ones would overflow."""
    if kind.get("type_name", "").upper() != "DECIMAL" or len(kind["children"]) != 2:
        return kind
    width, scale = kind["children"]
    return {**kind, "children": [{**width, "literal": {**width["literal"], "text": "38"}}, scale]}
