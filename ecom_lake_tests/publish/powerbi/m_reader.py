"""A reader of M expressions: it accepts the grammar that the project's queries use, and collects the names they refer to.

The full grammar is checked by `make powerbi-validate`. Functions of M are names with a dot, such as `Table.Combine`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from ecom_lake_tests.publish.powerbi.tokens import Tokens

_TOKEN = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>"(?:[^"]|"")*")
    |(?P<number>\d+)
    |(?P<name>\#?[A-Za-z_][\w.]*)
    |(?P<operator>=>|<>|<=|>=|[-+*/&=<>(),{}\[\];])""",
    re.VERBOSE,
)
_WORDS = frozenset(
    ["let", "in", "each", "if", "then", "else", "error", "type", "as", "is", "meta", "and", "or", "not", "true", "false", "null"]
)
_TYPES = frozenset(["text", "number", "logical", "date", "datetime", "record", "table", "list", "any", "function"])
_BINARY = frozenset(["=", "<>", "<", "<=", ">", ">=", "&", "+", "-", "*", "/", "and", "or", "meta"])
FUNCTIONS = frozenset(
    [
        "#datetime",
        "#table",
        "AzureStorage.Blobs",
        "AzureStorage.DataLake",
        "Currency.Type",
        "Date.From",
        "Date.FromText",
        "Date.ToText",
        "DateTime.From",
        "Error.Record",
        "File.Contents",
        "Folder.Files",
        "Int64.Type",
        "Json.Document",
        "List.Combine",
        "List.Generate",
        "List.IsEmpty",
        "List.Transform",
        "Number.FromText",
        "Parquet.Document",
        "Table.AddColumn",
        "Table.Combine",
        "Table.FromRecords",
        "Table.IsEmpty",
        "Table.SelectColumns",
        "Table.SelectRows",
        "Table.TransformColumnTypes",
        "Text.BetweenDelimiters",
        "Text.Combine",
        "Text.Contains",
        "Text.EndsWith",
        "Text.StartsWith",
        "Web.Contents",
    ]
)
"""The names of the M library that the queries use. Another one is a typing error, until it is added here."""


class MError(Exception):
    pass


@dataclass
class Expression:
    names: set[str] = field(default_factory=set)
    """Names that the expression does not define itself: shared queries."""
    functions: set[str] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)


@cache
def read(text: str) -> Expression:
    """What an expression refers to. Raises `MError` where it is not M."""
    return _Reader(text).whole()


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = Tokens(text, _TOKEN, MError)
        self._scopes: list[set[str]] = [set()]
        self.found = Expression()

    def whole(self) -> Expression:
        self._expression()
        self._tokens.expect_end()
        return self.found

    def _expression(self) -> None:
        word = self._tokens.peek()[1]
        if word == "let":
            return self._let()
        if word in ("each", "error", "not"):
            self._tokens.at += 1
            return self._expression()
        if word == "if":
            for keyword in ("if", "then", "else"):
                self._tokens.expect(keyword)
                self._expression()
            return None
        if word == "type":
            self._tokens.at += 1
            return self._type()
        if word == "(" and self._is_function():
            return self._function()
        self._operand()
        while self._tokens.peek()[1] in _BINARY:
            self._tokens.at += 1
            self._expression()
        return None

    def _let(self) -> None:
        self._tokens.expect("let")
        steps: set[str] = set()
        self._scopes.append(steps)
        while True:
            kind, name = self._tokens.next()
            if kind != "name" or name in _WORDS or name in steps:
                raise MError(f"{name} is no new step")
            self._tokens.expect("=")
            self._expression()
            steps.add(name)
            if self._tokens.peek()[1] != ",":
                break
            self._tokens.at += 1
        self._tokens.expect("in")
        self._expression()
        self._scopes.pop()

    def _is_function(self) -> bool:
        """Whether a parenthesis opens parameters."""
        depth, ahead = 0, 0
        while (text := self._tokens.peek(ahead)[1]) or self._tokens.peek(ahead)[0] != "end":
            depth += (text == "(") - (text == ")")
            ahead += 1
            if depth == 0:
                return self._tokens.peek(ahead)[1] in ("=>", "as")
        return False

    def _function(self) -> None:
        self._tokens.expect("(")
        names: set[str] = set()
        while self._tokens.peek()[1] != ")":
            names.add(self._tokens.next()[1])
            self._tokens.expect("as")
            self._type()
            if self._tokens.peek()[1] == ",":
                self._tokens.at += 1
        self._tokens.expect(")")
        if self._tokens.peek()[1] == "as":
            self._tokens.at += 1
            self._type()
        self._tokens.expect("=>")
        self._scopes.append(names)
        self._expression()
        self._scopes.pop()

    def _type(self) -> None:
        name = self._tokens.next()[1]
        if name not in _TYPES:
            raise MError(f"{name} is no type")
        if name == "table" and self._tokens.peek()[1] == "[":
            self._record()

    def _operand(self) -> None:
        kind, text = self._tokens.next()
        if text == "(":
            self._expression()
            self._tokens.expect(")")
        elif text == "{":
            self._list("}")
        elif text == "[":
            self._tokens.at -= 1
            self._record()
        elif kind == "text":
            self.found.texts.append(text[1:-1].replace('""', '"'))
        elif kind == "name" and (text not in _WORDS or text in ("true", "false", "null")):
            self._refer(text)
        elif kind != "number":
            raise MError(f"unexpected {text or 'end'}")
        self._suffixes()

    def _suffixes(self) -> None:
        while self._tokens.peek()[1] in ("(", "{", "["):
            opening = self._tokens.next()[1]
            if opening == "[":
                self._tokens.next()
                self._tokens.expect("]")
            else:
                self._list({"(": ")", "{": "}"}[opening])

    def _refer(self, name: str) -> None:
        if name in ("true", "false", "null", "_") or any(name in scope for scope in self._scopes):
            return
        if "." in name or name.startswith("#"):
            self.found.functions.add(name)
        elif name not in _TYPES:
            self.found.names.add(name)

    def _list(self, closing: str) -> None:
        while self._tokens.peek()[1] != closing:
            self._expression()
            if self._tokens.peek()[1] == ",":
                self._tokens.at += 1
                if self._tokens.peek()[1] == closing:
                    raise MError("a comma without a value")
            elif self._tokens.peek()[1] != closing:
                raise MError(f"expected {closing}, not {self._tokens.peek()[1] or 'the end'}")
        self._tokens.expect(closing)

    def _record(self) -> None:
        """[name = value, …], or the access [name] of the current row."""
        self._tokens.expect("[")
        if self._tokens.peek(1)[1] == "]":
            self._tokens.at += 2
            return
        while self._tokens.peek()[1] != "]":
            if self._tokens.next()[0] != "name":
                raise MError("a field without a name")
            self._tokens.expect("=")
            self._expression()
            if self._tokens.peek()[1] == ",":
                self._tokens.at += 1
            elif self._tokens.peek()[1] != "]":
                raise MError(f"expected ], not {self._tokens.peek()[1] or 'the end'}")
        self._tokens.expect("]")
