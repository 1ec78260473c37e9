"""`ecom-lake pull` beside `psql \\copy` and `mariadb --batch`: the same table of 500,000 rows, in turn, in one run.

Here: a real PostgreSQL and a real MariaDB on sockets, started by tools/. Not here: what a pull guarantees (its tests).
Run: .venv/bin/python benchmarks/pull.py [--rows 500000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from ecom_lake_tests.mariadb import mariadb
from ecom_lake_tests.postgres import postgres

ECOM_LAKE = str(Path(sys.executable).with_name("ecom-lake"))
CONFIG = """
[shops.mine]
connector = "canonical"
first_month = "2017-01"

[shops.mine.database]
url_env = "SHOP_DATABASE_URL"

[shops.mine.database.tables]
orders = { since = "updated_at" }
"""
COLUMNS = "order_id, customer_id, ordered_at, status, city, zip, updated_at"
ROWS = """
select {text}(n), {text}(n % 90000), {day} , 'delivered', 'sao paulo', '01001', {day}
from {series}
"""


@dataclass(frozen=True)
class Cost:
    wall: float
    cpu: float
    memory: int
    """Megabytes at most."""


def measured(command: Sequence[str], **environment: str) -> Cost:
    """The cost of a process and its children, without the server's."""
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **environment})
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command[0]} failed with the status {status}.")
    return Cost(time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024)


def pull(url: str, folder: Path) -> Cost:
    """A first pull of the whole table into a new lake."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / "lake.toml").write_text(CONFIG, encoding="utf-8")
    return measured([ECOM_LAKE, "pull", "--project", str(folder)], SHOP_DATABASE_URL=url)


def on_postgresql(rows: int, rounds: int, scratch: Path) -> None:
    with postgres() as url:
        host = parse_qs(urlsplit(url).query)["host"][0]
        psql = ["psql", "-q", "-h", host, "-U", "dagster", "dagster", "-c"]
        columns = "order_id text, customer_id text, ordered_at timestamp, status text, city text, zip text, updated_at timestamp"
        measured([*psql, f"create table orders ({columns})"])
        series = f"generate_series(1, {rows}) as n"
        day = "timestamp '2017-01-01' + n * interval '1 minute'"
        measured([*psql, "insert into orders " + ROWS.format(text="text", day=day, series=series)])
        measured([*psql, "analyze orders"])
        lake_url, copied = f"postgresql://dagster@/dagster?host={host}", f"\\copy (select {COLUMNS} from orders) to"
        compare("psql \\copy", [*psql, f"{copied} '{scratch / 'rival.csv'}' csv header"], lake_url, rounds, scratch)
        packed = f"{copied} program 'gzip -1 > {scratch / 'rival.csv.gz'}' csv header"
        compare("psql \\copy to gzip -1", [*psql, packed], lake_url, rounds, scratch)


def on_mariadb(rows: int, rounds: int, scratch: Path) -> None:
    with mariadb() as url:
        socket = parse_qs(urlsplit(url).query)["unix_socket"][0]
        client = ["mariadb", "--no-defaults", f"--socket={socket}", "--user=owner", "shop"]
        columns = "order_id text, customer_id text, ordered_at datetime, status text, city text, zip text, updated_at datetime"
        measured([*client, "-e", f"create table orders ({columns})"])
        day = "date_add('2017-01-01', interval n minute)"
        series = f"(select seq as n from seq_1_to_{rows}) as numbers"
        measured([*client, "-e", "insert into orders " + ROWS.format(text="concat", day=day, series=series)])
        rival = ["sh", "-c", f'exec "$@" > {scratch / "rival.tsv"}', "sh", *client, "--batch", "--quick", "-e"]
        compare("mariadb --batch --quick", [*rival, f"select {COLUMNS} from orders"], url, rounds, scratch)


def compare(name: str, rival: Sequence[str], url: str, rounds: int, scratch: Path) -> None:
    pairs = [(pull(url, scratch / "lake"), measured(rival)) for _ in range(rounds)]
    ours, theirs = zip(*pairs, strict=True)
    for what in ("wall", "cpu"):
        ratios = [getattr(one, what) / getattr(other, what) for one, other in pairs]
        mine, other = (statistics.median(getattr(cost, what) for cost in costs) for costs in (ours, theirs))
        print(f"{what}: pull {mine:.2f} s, {name} {other:.2f} s, ratio {statistics.median(ratios):.2f}")
    print(f"memory: pull {max(cost.memory for cost in ours)} MB, {name} {max(cost.memory for cost in theirs)} MB")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=500_000)
    arguments.add_argument("--rounds", type=int, default=3)
    chosen = arguments.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}, {chosen.rows:,} rows, {chosen.rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        on_postgresql(chosen.rows, chosen.rounds, Path(folder))
        on_mariadb(chosen.rows, chosen.rounds, Path(folder))


if __name__ == "__main__":
    main()
