"""Small shops that several tests share, and a reader that is independent of the writer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shop import generate
from ecom_lake_tests.synth.made import FILES, Made, Make, Query


@pytest.fixture(scope="session")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Generates a shop, or returns the one generated earlier with the same options."""
    made: dict[SynthOptions, Made] = {}

    def make_once(**options: Any) -> Made:
        asked = SynthOptions(**options)
        if asked not in made:
            folder = tmp_path_factory.mktemp("synth") / "shop"
            made[asked] = Made(folder, generate(folder, asked))
        return made[asked]

    return make_once


@pytest.fixture(scope="session")
def query() -> Iterator[Query]:
    """Answers from the files: `orders` and `items` hold the latest version of each row, `all_orders` every delivered one."""
    read: dict[Path, duckdb.DuckDBPyConnection] = {}

    def ask(shop: Made, question: str) -> list[tuple[Any, ...]]:
        if shop.folder not in read:
            read[shop.folder] = _tables_of(shop)
        return read[shop.folder].execute(question).fetchall()

    yield ask
    for con in read.values():
        con.close()


def _tables_of(shop: Made) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config={"threads": 2})
    for table in FILES:
        files = [str(file) for file in shop.files(table)]
        con.execute(
            f"create table all_{table} as select * from read_csv({files}, all_varchar = true, header = true,"
            " delim = ',', quote = '\"', escape = '\"', filename = true)"
        )
        key = {"orders": "order_id", "items": "order_id, order_item_id"}.get(table)
        latest = f" qualify row_number() over (partition by {key} order by filename desc) = 1" if key else ""
        con.execute(f"create view {table} as select * from all_{table}{latest}")
    return con
