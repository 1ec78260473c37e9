"""`ecom-lake pull` against the databases' own programs: 500,000 rows of ten columns from PostgreSQL and from MariaDB.

    python benchmarks/pull.py [--rows 500000] [--rounds 5]

The servers are those of the tests, on this machine; their CPU is in the wall time only. Ours is the whole command, and lands a
compressed file; the same command on no rows shows what of it is the start. `psql` writes the same rows in the same order to a
plain file, and to gzip. The ways take turns.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ecom_lake_tests.builders.database_shop import VARIABLE, DatabaseShop, MariaDBServer, PostgreSQLServer, Server
from ecom_lake_tests.mariadb import mariadb
from ecom_lake_tests.postgres import postgres

MEASURE = Path(__file__).with_name("measure.py")
"""As a process of its own: the kernel counts the memory of the process that starts a command as the command's."""
PULL = f"exec {shlex.quote(str(Path(sys.executable).with_name('ecom-lake')))} pull"
WHOLE, EMPTY = "ecom-lake pull", "ecom-lake pull, no rows"
TABLE = (
    "create table orders (order_id varchar(20) primary key, customer_id varchar(20), status varchar(20), city varchar(60), "
    "note varchar(200), quantity int, price decimal(12,2), freight decimal(12,2), ordered_at {zoned}, updated_at {zoned})"
)
ROWS = (
    "select concat('order-', n), concat('customer-', n % 90000), 'delivered', 'São Paulo', "
    "concat('leave it \"at the door\", no. ', n), n % 7, n % 10000 / 100.0, n % 300 / 10.0, {time}, {time} from {numbers}"
)
QUERY = "select * from orders order by order_id"


def fill(server: Server, rows: int) -> None:
    time = "timestamp '2024-02-01 10:00:00'"
    numbers = (
        f"generate_series(1, {rows}) n" if isinstance(server, PostgreSQLServer) else f"(select seq n from seq_1_to_{rows}) s"
    )
    server.reset()
    with server.session() as con:
        con.execute(TABLE.format(zoned=server.zoned))
        con.execute(f"insert into orders {ROWS.format(time=time, numbers=numbers)}")
        con.commit()


def ways(server: Server, folder: Path) -> Mapping[str, str]:
    """The lines of a shell that export the table, by their names."""
    if isinstance(server, PostgreSQLServer):
        psql = f"psql -q {shlex.quote(server.url)}"
        plain, piped = (
            shlex.quote(rf"\copy ({QUERY}) to {target} csv header") for target in (f"'{folder}/orders.csv'", "stdout")
        )
        theirs = {
            r"psql \copy": f"exec {psql} -c {plain}",
            r"psql \copy, gzip -1": f"{psql} -c {piped} | gzip -1 > {folder}/orders.csv.gz",
        }
    else:
        socket = server.url.rpartition("unix_socket=")[2]
        batch = f"mariadb --no-defaults --batch --quick -u owner -S {socket} shop -e '{QUERY}'"
        theirs = {
            "mariadb --batch": f"exec {batch} > {folder}/orders.tsv",
            "mariadb --batch, gzip -1": f"{batch} | gzip -1 > {folder}/orders.tsv.gz",
        }
    return {**theirs, WHOLE: PULL, EMPTY: PULL}


def run(server: Server, folder: Path, way: str, command: str, rows: int) -> dict[str, float]:
    """In a folder of its own, so that nothing was pulled before."""
    with tempfile.TemporaryDirectory(dir=folder) as own:
        where = ', where = "1 = 0"' if way == EMPTY else ""
        shop = DatabaseShop(Path(own) / "shop", server, {"orders": f'{{ since = "updated_at"{where} }}'})
        environment = {"ECOM_LAKE_CONFIG": str(shop.config), "ECOM_LAKE_ROOT": str(shop.folder / "data"), VARIABLE: server.url}
        measured = [sys.executable, str(MEASURE), "--", "bash", "-o", "pipefail", "-c", command]
        done = subprocess.run(measured, env={**os.environ, **environment}, stdout=subprocess.PIPE, check=True, text=True)
        if way == WHOLE and sum(shop.text(file).count("\n") - 1 for file in shop.landed()) != rows:
            raise SystemExit("Not all rows have landed.")
        return dict(json.loads(done.stdout.splitlines()[-1]))


def compare(name: str, server: Server, rows: int, rounds: int) -> None:
    fill(server, rows)
    with tempfile.TemporaryDirectory() as folder:
        commands = ways(server, Path(folder))
        measured: dict[str, list[dict[str, float]]] = {way: [] for way in commands}
        run(server, Path(folder), WHOLE, PULL, rows)
        for _ in range(rounds):
            for way, command in commands.items():
                measured[way].append(run(server, Path(folder), way, command, rows))
    for way, runs in measured.items():
        wall, cpu = (statistics.median(one[seconds] for one in runs) for seconds in ("wall_seconds", "cpu_seconds"))
        peak = max(one["peak_single_gib"] for one in runs) * 1024
        print(f"| {name} | {way} | {wall:.2f} | {cpu:.2f} | {peak:.0f} |", flush=True)


def main(rows: int, rounds: int) -> None:
    print(f"load before: {os.getloadavg()[0]:.1f}\n\n| server | what | wall s | CPU s | peak MiB |\n|---|---|---|---|---|")
    with postgres() as url:
        compare("PostgreSQL", PostgreSQLServer(url.replace("+psycopg2", "")), rows, rounds)
    with mariadb() as url:
        compare("MariaDB", MariaDBServer(url), rows, rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    main(given.rows, given.rounds)
