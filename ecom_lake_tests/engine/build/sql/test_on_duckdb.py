"""An audit with DuckDB counts the failed rows of exactly these files, wherever they are."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pytest

from ecom_lake.engine.build.sql.on_duckdb import OnDuckDB
from ecom_lake.engine.contracts.columns import Integer, Key
from ecom_lake.engine.contracts.table import Gold, Rule


class Ordering(Gold):
    """One row per person."""

    customer_id = Key("The person.")
    orders = Integer("Their orders.")

    rules = (Rule("has_ordered", "orders > 0", "Everybody has ordered."),)


def _file(folder: Path, orders: int) -> Path:
    folder.mkdir()
    pl.DataFrame({"customer_id": ["a"], "orders": [orders]}).write_parquet(folder / "ordering.parquet")
    return folder / "ordering.parquet"


@pytest.mark.parametrize(("root", "sibling"), [("shop*", "shop_old"), ("shop[1]", "shop1"), ("shop?", "shop2"), ("**", "shop")])
def test_a_folder_whose_name_is_a_pattern_is_read_and_its_siblings_are_not(root: str, sibling: str, tmp_path: Path) -> None:
    file = _file(tmp_path / root, orders=0)
    _file(tmp_path / sibling, orders=1)
    with duckdb.connect() as con:
        found = OnDuckDB(con).count_failed(Ordering.table, [file])
    assert (found.by_file, found.repeated) == ({file: {"has_ordered": 1}}, 0)


def test_a_file_that_is_not_one_of_the_audited_ones_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DuckDB replaces `~` and names the file in another way: its failed rows would be those of no file."""
    _file(tmp_path / "lake", orders=0)
    monkeypatch.setenv("HOME", str(tmp_path / "lake"))
    with duckdb.connect() as con, pytest.raises(ValueError, match="which is none of the audited files"):
        OnDuckDB(con).count_failed(Ordering.table, [Path("~/ordering.parquet")])
