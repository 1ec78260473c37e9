"""A copy of a lake with many times its orders and customers, to measure how a large shop is read.

Building such a shop takes longer than measuring its pages. So the gold tables of orders and customers are multiplied, in their
Parquet files: each copy has ids of its own, and a customer of a copy lives in a state drawn for the customer, so that more
combinations occur. Products, sellers and the tables that grow with months only stay as they are. The lake's log states the hashes
and rows of the original: this lake can be read, and not built or checked.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb

MULTIPLIED = ("fct_orders", "fct_sales", "customer_segments", "dim_customer", "rfm", "customer_metrics", "customer_value",
              "churn_scores", "review_risk")  # fmt: skip
IDS = ("order_id", "customer_id")


def copy_lake(project: Path, target: Path, times: int = 1) -> None:
    """A copy of a project folder. Files that stay the same are links to those of the original."""
    shutil.copytree(project, target, copy_function=_linked)
    if times == 1:
        return
    with duckdb.connect(config={"threads": 2, "memory_limit": "4GB", "preserve_insertion_order": False}) as con:
        for table in MULTIPLIED:
            for file in sorted(target.glob(f"*/*/_store/gold/{table}/*.parquet")):
                _multiply(con, file, times)


def _linked(source: str, target: str) -> None:
    """Parquet files are never changed; other files are copied, because a server may write next to them."""
    if source.endswith(".parquet"):
        os.link(source, target)
    else:
        shutil.copy2(source, target)


def _multiply(con: duckdb.DuckDBPyConnection, file: Path, times: int) -> None:
    columns = con.sql(f"select * from read_parquet('{file}')").columns
    replaced = [f"case when copy = 0 then {name} else {name} || '-' || copy end as {name}" for name in IDS if name in columns]
    if "state" in columns:
        person = "coalesce(customer_id, order_id)" if "order_id" in columns else "customer_id"
        states = "(select list(distinct state order by state) filter (where state is not null) from states)"
        drawn = f"{states}[1 + (hash({person} || copy) % len({states}))::bigint]"
        con.execute("create table if not exists states as select null::varchar as state where false")
        con.execute(f"insert into states select distinct state from read_parquet('{file}')")
        replaced.append(f"case when copy = 0 or state is null then state else {drawn} end as state")
    written = file.with_suffix(".draft")
    con.execute(
        f"copy (select * exclude (copy) replace ({', '.join(replaced)}) from read_parquet('{file}')"
        f" cross join (select unnest(range({times})) as copy)) to '{written}' (format parquet, compression snappy)"
    )
    written.replace(file)
