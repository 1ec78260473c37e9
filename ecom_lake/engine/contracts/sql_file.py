"""The text of a SQL file that lies beside a module."""

from __future__ import annotations

from pathlib import Path


def sql_file(module_file: str, name: str) -> str:
    """The text; `module_file` is the caller's `__file__`. A name that is a literal there is part of the code version."""
    return Path(module_file).with_name(name).read_text(encoding="utf-8")
