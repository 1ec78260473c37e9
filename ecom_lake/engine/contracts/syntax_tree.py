"""The syntax tree of Python source.

Here: parsing that survives a defect of CPython before 3.12.1: `ast.parse` can raise SystemError ("AST constructor recursion depth
mismatch") while other threads run (github.com/python/cpython, issue 106905). The source is right, and parsing it again works.
"""

from __future__ import annotations

import ast

_ATTEMPTS = 10


def parse(source: str | bytes) -> ast.Module:
    """The tree of a module; a SyntaxError where the source is wrong."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return ast.parse(source)
        except SystemError:
            continue
    return ast.parse(source)
