"""Parsing is repeated where CPython fails although the source is right."""

from __future__ import annotations

import ast

import pytest

from ecom_lake.engine.contracts.syntax_tree import parse


def test_a_spurious_failure_is_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    right, calls = ast.parse, 0

    def fails_twice(source: str) -> ast.Module:
        nonlocal calls
        calls += 1
        if calls < 3:
            raise SystemError("AST constructor recursion depth mismatch (before=51, after=48)")
        return right(source)

    monkeypatch.setattr(ast, "parse", fails_twice)
    assert ast.dump(parse("x = 1")) == ast.dump(right("x = 1"))
    assert calls == 3


def test_a_lasting_failure_and_a_wrong_source_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SyntaxError):
        parse("x = (")

    def always_fails(source: str) -> ast.Module:
        raise SystemError("broken")

    monkeypatch.setattr(ast, "parse", always_fails)
    with pytest.raises(SystemError):
        parse("x = 1")
