"""A project as its checks read it: the files, the tables of the model, and what the release has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ecom_lake.engine.contracts.table import Table
from ecom_lake_tests.publish.powerbi.tmdl_reader import Node, TmdlError, read

MODEL = "EcomLake.SemanticModel/definition/"
REPORT = "EcomLake.Report/"
PAGES = f"{REPORT}definition/pages/"


@dataclass
class Project:
    files: Mapping[str, str]
    contracts: Mapping[str, Table]
    """The gold tables of the release."""
    problems: list[str] = field(default_factory=list)
    """Files that cannot be read."""

    @cached_property
    def tmdl(self) -> Mapping[str, Node]:
        found = {}
        for path, text in self.files.items():
            if path.startswith(MODEL):
                try:
                    found[path.removeprefix(MODEL)] = read(text)
                except TmdlError as error:
                    self.problems.append(f"{path}: {error}")
        return found

    def objects(self, file: str, kind: str) -> list[Node]:
        return self.tmdl[file].of(kind) if file in self.tmdl else []

    @cached_property
    def tables(self) -> Mapping[str, Node]:
        files = [path for path in self.tmdl if path.startswith("tables/")]
        return {table.name: table for path in files for table in self.objects(path, "table")}

    @cached_property
    def columns(self) -> Mapping[tuple[str, str], Node]:
        return {(name, column.name): column for name, table in self.tables.items() for column in table.of("column")}

    @cached_property
    def measures(self) -> Mapping[str, tuple[str, Node]]:
        return {one.name: (name, one) for name, table in self.tables.items() for one in table.of("measure")}

    @cached_property
    def json(self) -> Mapping[str, Any]:
        found = {}
        for path, text in self.files.items():
            if not path.startswith(MODEL) and path != ".gitignore":
                try:
                    found[path] = json.loads(text)
                except ValueError as error:
                    self.problems.append(f"{path}: {error}")
        return found

    @cached_property
    def visuals(self) -> Mapping[str, Any]:
        return {path: content for path, content in self.json.items() if path.endswith("/visual.json")}
