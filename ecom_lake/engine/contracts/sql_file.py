"""The text of a SQL file that lies beside a module."""

from __future__ import annotations

from pathlib import Path

from ecom_lake.engine.contracts.text_file import read_text


def sql_file(module_file: str, name: str) -> str:
    """`sql_file(__file__, "features.sql")`: written as a literal, the name makes the file part of the module's code version."""
    return read_text(Path(module_file).with_name(name))
