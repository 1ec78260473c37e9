"""`ecom-lake publish` into PostgreSQL and MariaDB: 200,000 rows, with readers meanwhile.

    python benchmarks/publish.py [--rows 200000] [--rounds 3]

A table of the shape of `fct_sales` and a table with its total are written in turn with the amounts of two releases: created,
replaced whole, exchanged as if a column had changed, and one month of 24 replaced. Meanwhile a reader asks again and again for
the sum of the one and the total of the other in one query: each answer must be of one release, and the slowest one is shown with
the slowest that the same reader had while nothing was published. A second reader keeps a transaction open, as a long query
does; an exchange waits for it, so it has none. Server CPU is that of all processes of the server.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import psutil

from ecom_lake.engine.contracts.columns import Count, Date, Integer, Key, Money, Month
from ecom_lake.engine.contracts.table import Gold, Table
from ecom_lake.engine.contracts.table_id import Part
from ecom_lake.engine.database import Target
from ecom_lake.engine.serve.publish import figures
from ecom_lake.engine.serve.publish.content import Content
from ecom_lake.engine.serve.publish.target_database import Change, Plan, connected, utc_now
from ecom_lake.engine.store.access import Secret
from ecom_lake.engine.store.entry import File
from ecom_lake_tests.builders.database_shop import MariaDBServer, PostgreSQLServer, Server
from ecom_lake_tests.builders.published_shop import SCHEMA, is_postgresql, read
from ecom_lake_tests.mariadb import mariadb
from ecom_lake_tests.postgres import postgres

MONTHS = 24
_BOTH = "select (select sum(net_sales) from {}.totals), (select sum(net_sales) from {}.lines)"


class Lines(Gold, monthly=True):
    """One row per order line."""

    order_id = Key("The order.")
    line = Integer("The number of the line.", key=True)
    month = Month("The month of the order.")
    order_date = Date("The day of the order.")
    customer_id = Key("The customer.", key=False)
    product_id = Key("The product.", key=False)
    category = Key("The category.", key=False)
    status = Key("The status.", key=False)
    quantity = Count("Units.")
    net_sales = Money("Revenue.")
    freight = Money("Freight.")
    tax = Money("Tax.", nullable=True)


class Totals(Gold):
    """One row."""

    name = Key("The total.")
    net_sales = Money("Revenue.")


@dataclass(frozen=True)
class _Files:
    """What `Content` asks of a lake: the paths of files that are local already."""

    folder: Path

    @property
    def lake(self) -> _Files:
        return self

    def locals(self, files: Any) -> list[Path]:
        return [self.folder / file.path for file in files]


def content(folder: Path, table: Table, parts: Mapping[str, pl.DataFrame], release: int, indexes: tuple[str, ...]) -> Content:
    files = {}
    for month, rows in parts.items():
        name = f"{table.name}-{month}-{release}.parquet"
        rows.write_parquet(folder / name, row_group_size=100_000)
        files[Part(month)] = File(rows=rows.height, fingerprint="", run="", path=name, bytes=1, hash=name)
    return Content(table, tuple(table.columns.values()), indexes, files, _Files(folder))  # type: ignore[arg-type]


def release(folder: Path, rows: int, number: int) -> list[Content]:
    """Amounts are `number` cents higher than those of release 0."""
    each = rows // MONTHS
    parts = {}
    for index in range(MONTHS):
        month = date(2016 + index // 12, index % 12 + 1, 1)
        n = pl.int_range(index * each, (index + 1) * each, eager=True)
        text = n.cast(pl.String)
        parts[f"{month:%Y-%m}"] = pl.DataFrame(
            {
                "order_id": "order-00000000-" + text,
                "line": n % 3 + 1,
                "month": [month] * each,
                "order_date": [month] * each,
                "customer_id": "customer-00000000-" + (n % 90_000).cast(pl.String),
                "product_id": "product-00000000-" + (n % 30_000).cast(pl.String),
                "category": "category " + (n % 70).cast(pl.String),
                "status": ["delivered"] * each,
                "quantity": n % 5 + 1,
                "net_sales": (n % 10_000 + number).cast(pl.Decimal(18, 2)) / 100,
                "freight": (n % 900).cast(pl.Decimal(18, 2)) / 100,
                "tax": pl.Series([None] * each, dtype=pl.Decimal(18, 2)),
            }
        ).cast(Lines.table.schema)  # type: ignore[arg-type]
    total = sum(part["net_sales"].sum() for part in parts.values())
    totals = pl.DataFrame({"name": ["all"], "net_sales": [total]}, schema=Totals.table.schema)
    return [
        content(folder, Lines.table, parts, number, ("month", "customer_id", "product_id")),
        content(folder, Totals.table, {"": totals}, number, ()),
    ]


@dataclass
class Reader:
    """Asks again and again, in a thread of its own."""

    server: Server
    slowest: float = 0
    answers: int = 0
    mixed: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def read(self) -> None:
        with self.server.session() as con:
            while not self._stop.is_set():
                began = time.perf_counter()
                [(total, lines)] = read(con, _BOTH)
                con.commit()
                self.slowest = max(self.slowest, time.perf_counter() - began)
                self.answers += 1
                self.mixed += total != lines

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        thread = threading.Thread(target=self.read, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()


def plan(contents: list[Content], parts: frozenset[str] | None, is_new: bool, number: int) -> Plan:
    changes = [Change(one, parts if one.contract.monthly and not is_new else None, is_new) for one in contents]
    listed = tuple(
        (one.name, part.month, file.rows, file.content, one.definition, one.comments)
        for one in contents
        for part, file in one.parts.items()
    )
    return Plan(tuple(changes), (), ("bench", number, utc_now(), utc_now()), listed, tuple(contents))


def cpu(server: Server) -> float:
    """Of all processes of the server, those that have ended too."""
    root = _process(server)
    while True:
        try:
            times = [process.cpu_times() for process in (root, *root.children(recursive=True))]
        except psutil.NoSuchProcess:  # a process ended between the list and its reading: it counts as one that has ended
            continue
        return float(sum(one.user + one.system + one.children_user + one.children_system for one in times))


def _process(server: Server) -> psutil.Process:
    """The process that starts the others: PostgreSQL has one for each connection, which ends with it."""
    if not is_postgresql(server):
        return next(child for child in psutil.Process().children(recursive=True) if child.name() == "mariadbd")
    with server.session() as con:
        [(own,)] = read(con, "select pg_backend_pid()")
        root = psutil.Process(own).parent()
    assert root
    return root


def compare(name: str, server: Server, rows: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as temporary, duckdb.connect() as con:
        releases = {number: release(Path(temporary), rows, number) for number in (0, 1)}
        target = Target("bench", Secret(server.url), "BENCH_URL", SCHEMA, (), True)

        def run(what: str, number: int, parts: frozenset[str] | None, is_new: bool, beside: bool) -> None:
            contents = releases[number]
            if parts is not None:
                before, after = releases[1 - number][0], contents[0]
                merged = replace(after, parts={**before.parts, **{Part(part): after.parts[Part(part)] for part in parts}})
                totals = contents[1]
                path = Path(temporary) / totals.parts[Part("")].path
                total = sum(pl.read_parquet(one)["net_sales"].sum() for one in merged.paths())
                pl.DataFrame({"name": ["all"], "net_sales": [total]}, schema=Totals.table.schema).write_parquet(path)
                contents = [merged, totals]

            def check(one: Content, values: Any) -> None:
                gold = figures.in_gold(one, con, is_check=False)
                figures.refuse_difference(one, gold, figures.named(one, values, is_check=False))

            alone = Reader(server)
            if beside:
                with alone.reading():
                    time.sleep(3)
            reader, server_cpu, client_cpu, began = Reader(server), cpu(server), time.process_time(), time.perf_counter()
            with connected(target, "bench") as database:
                if beside:
                    with reader.reading(), server.session() as long:
                        if not is_new:
                            read(long, "select count(*) from {}.lines")
                        database.publish(plan(contents, parts, is_new, number), check, lambda table: None)
                else:
                    database.publish(plan(contents, parts, is_new, number), check, lambda table: None)
            seconds = time.perf_counter() - began
            if reader.mixed:
                raise SystemExit(f"{reader.mixed} answers were of two releases.")
            waits = f"{alone.slowest * 1000:.0f} | {reader.slowest * 1000:.0f} | {reader.answers}" if beside else "| |"
            client, served = time.process_time() - client_cpu, cpu(server) - server_cpu
            print(f"| {name} | {what} | {seconds:.2f} | {client:.2f} | {served:.2f} | {waits} |", flush=True)

        for _ in range(rounds):
            with server.session() as session:
                session.execute(f"drop schema if exists {SCHEMA}{' cascade' if is_postgresql(server) else ''}")
                session.commit()
            run("created", 0, None, True, beside=False)
            run("replaced whole", 1, None, False, beside=False)
            run("replaced whole, with readers", 0, None, False, beside=True)
            run("exchanged, with a reader", 1, None, True, beside=True)
            run("one month of 24, with readers", 0, frozenset({"2017-12"}), False, beside=True)
            releases = {number: release(Path(temporary), rows, number) for number in (0, 1)}


def main(rows: int, rounds: int) -> None:
    print(
        f"load before: {os.getloadavg()[0]:.1f}\n\n| server | what | wall s | CPU s | server CPU s | slowest read ms, before "
        "| meanwhile | answers |\n|---|---|---|---|---|---|---|---|"
    )
    with postgres() as url:
        compare("PostgreSQL", PostgreSQLServer(url.replace("+psycopg2", "")), rows, rounds)
    with mariadb() as url:
        compare("MariaDB", MariaDBServer(url), rows, rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    main(given.rows, given.rounds)
