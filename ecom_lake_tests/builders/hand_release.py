"""A release of hand-written gold tables that pages can read; columns that a row does not state are NULL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from ecom_lake.engine.build.shop_context import open_site
from ecom_lake.publish.dashboard.filters import read_filters
from ecom_lake.publish.dashboard.options import NO_OPTIONS, Options
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake.publish.dashboard.view import View
from ecom_lake.settings import load
from ecom_lake_tests import catalog

FRAME: Mapping[str, Any] = {"shops": ["shop"], "labels": {}, "verdict": None, "fates": (), "brush": (), "unreleased": None}
"""What the frame of a page needs."""


class HandRelease(ServedRelease):
    def __init__(self, folder: Path, **tables: Sequence[Mapping[str, Any]]) -> None:
        (folder / "lake.toml").write_text('[shops.shop]\nnumbers.currency = "€"\n', encoding="utf-8")
        self.site = open_site(load(project=str(folder)), "shop")
        self.number = 1
        self.absent = {}
        self.con = duckdb.connect()
        for name, rows in tables.items():
            schema = catalog.gold()[name].schema
            frame = pl.DataFrame([{column: row.get(column) for column in schema} for row in rows], schema)
            self.con.register("given", frame)
            self.con.execute(f"create table {name} as select * from given")

    def has(self, table: str) -> bool:
        return bool(
            self.con.execute("select 1 from information_schema.tables where table_name = $name", {"name": table}).fetchall()
        )

    def rows(self, query: Query) -> Sequence[Row]:
        answer = self.con.execute(query.sql, dict(query.values))
        names = [column[0] for column in answer.description or ()]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]

    def rows_once(self, query: Query) -> Sequence[Row]:
        return self.rows(query)

    def view(self, page: str, options: Options = NO_OPTIONS, **query: str) -> View:
        return View("shop", page, self, read_filters(query), options)
