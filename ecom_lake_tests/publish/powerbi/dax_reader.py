"""A reader of DAX expressions: it accepts what the grammar accepts, and collects what the expression refers to.

No DAX engine runs here, so this is syntax and names. The one public Python parser of DAX takes exponential time on nested calls
and refuses valid expressions; this grammar has the operators, calls, variables and table constructors that measures use.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from ecom_lake_tests.publish.powerbi.tokens import Tokens

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>"(?:[^"]|"")*")
    |(?P<table>'(?:[^']|'')+')
    |(?P<column>\[[^\[\]]+\])
    |(?P<number>\d+(?:\.\d+)?)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<operator>\|\||&&|==|<>|<=|>=|[-+*/^&=<>(),{}])""",
    re.VERBOSE,
)
_LEVELS = (("||",), ("&&",), ("=", "==", "<>", "<", ">", "<=", ">="), ("&",), ("+", "-"), ("*", "/"), ("^",))
FUNCTIONS = {
    **dict.fromkeys(("TRUE", "FALSE"), (0, 0)),
    **dict.fromkeys(
        ("AVERAGE", "COUNTROWS", "DISTINCTCOUNTNOBLANK", "HASONEVALUE", "ISBLANK", "ISCROSSFILTERED", "ISEMPTY"), (1, 1)
    ),
    **dict.fromkeys(("ISFILTERED", "KEEPFILTERS", "MAX", "RELATED", "REMOVEFILTERS", "SAMEPERIODLASTYEAR", "SUM"), (1, 1)),
    **dict.fromkeys(("AVERAGEX", "FILTER", "SUMX", "TOTALYTD"), (2, 2)),
    **dict.fromkeys(("DIVIDE", "IF"), (2, 3)),
    **dict.fromkeys(("CALCULATE", "CALCULATETABLE"), (2, 9)),
    "DATEADD": (3, 3),
}
"""The functions that the measures call, and how many arguments each takes. Another one is a typing error."""
_WORDS = frozenset(("MONTH",))
"""Words that are no table: intervals."""


class DaxError(Exception):
    pass


@dataclass
class Expression:
    columns: set[tuple[str, str]] = field(default_factory=set)
    measures: set[str] = field(default_factory=set)
    tables: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)


@cache
def read(text: str) -> Expression:
    """What an expression refers to. Raises `DaxError` where it is not DAX."""
    return _Reader(text).whole()


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = Tokens(text, _TOKEN, DaxError)
        self._variables: set[str] = set()
        self.found = Expression()

    def whole(self) -> Expression:
        self._expression()
        self._tokens.expect_end()
        return self.found

    def _expression(self) -> None:
        if self._is_word("VAR"):
            while self._is_word("VAR"):
                self._tokens.at += 1
                kind, variable = self._tokens.next()
                if kind != "name":
                    raise DaxError("VAR without a name")
                self._tokens.expect("=")
                self._expression()
                self._variables.add(variable)
            if not self._is_word("RETURN"):
                raise DaxError("VAR without RETURN")
            self._tokens.at += 1
            return self._expression()
        return self._operators(0)

    def _is_word(self, word: str) -> bool:
        return self._tokens.peek() == ("name", word)

    def _operators(self, level: int) -> None:
        if level == len(_LEVELS):
            return self._operand()
        self._operators(level + 1)
        while self._tokens.peek()[1] in _LEVELS[level] or (level == 2 and self._is_word("IN")):
            self._tokens.at += 1
            self._operators(level + 1)
        return None

    def _operand(self) -> None:
        kind, text = self._tokens.next()
        if (kind, text) in (("operator", "-"), ("name", "NOT")):
            return self._operand()
        if kind in ("text", "number"):
            return None
        if text == "(":
            self._expression()
            return self._tokens.expect(")")
        if text == "{":
            self._list("}")
            return None
        if kind == "column":
            self.found.measures.add(text[1:-1])
            return None
        if kind in ("name", "table"):
            return self._named(kind, text)
        raise DaxError(f"unexpected {text or 'end'}")

    def _named(self, kind: str, text: str) -> None:
        name = text if kind == "name" else text[1:-1].replace("''", "'")
        if self._tokens.peek()[0] == "column":
            self.found.columns.add((name, self._tokens.next()[1][1:-1]))
        elif self._tokens.peek()[1] == "(" and kind == "name":
            self.found.functions.add(name)
            self._tokens.at += 1
            least, most = FUNCTIONS.get(name, (0, 9))
            if not least <= (given := self._list(")")) <= most:
                raise DaxError(f"{name} does not take {given} arguments")
        elif name not in self._variables and name not in _WORDS:
            self.found.tables.add(name)

    def _list(self, closing: str) -> int:
        """The number of expressions up to the closing bracket."""
        number = 0
        while self._tokens.peek()[1] != closing:
            if number:
                self._tokens.expect(",")
            self._expression()
            number += 1
        self._tokens.expect(closing)
        return number
