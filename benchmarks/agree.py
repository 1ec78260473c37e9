"""Compares two builds of the gold tables. A speed counts only if the tables agree.

For each table of ours, theirs must have as many rows, and in each of our columns as many values and the same sum:
integers exactly, money to the cent, doubles to one part in 10⁹ (in the tables of models to one part in 10⁶, and what is drawn at
random to 1%). Flags, dates and texts are summed too (trues, days,
hashes), so that a wrong label does not hide behind a right total. No order is asked for. Who finds the customer segments
with another library draws other random numbers and finds others: with --own-segments only their rows, people and money count.
Not here: tables without a counterpart outside the lake (the ledger, the scorecard, the dictionary and the warnings).

    python benchmarks/agree.py OURS_GOLD_DIR THEIRS_DIR [--own-segments] [--json]
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

WITHOUT_COUNTERPART = frozenset({"anomalies", "ledger", "quality_scorecard", "data_dictionary"})
OWN_SEGMENTS = {
    "segment_centres": (),
    "customer_segments": ("customer_id", "is_one_time"),
    "segment_profile": ("customers", "share", "net_sales", "net_sales_share"),
}
"""The columns that must agree although each side found its own segments; as many rows only where the people are the rows."""
PROSE = frozenset({"definition"})
"""Sentences about numbers: a rival need not write them."""
DRAWN = frozenset({"low", "high", "placebo_p"})
"""Intervals and p-values from random draws, which depend on the order of the rows that are drawn from."""
CENT = 0.01
RELATIVE = 1e-9
OF_FITS = 1e-6
"""The optimizer of a model stops at slightly other parameters where the rows have another order."""
OF_DRAWS = 0.01


@dataclass(frozen=True)
class Agreement:
    """The comparison of one table of ours with bare's."""

    table: str
    our_rows: int
    their_rows: int | None
    differences: list[str]
    """Each a column (or the rows) and what either side has; empty where all agree."""

    @property
    def agrees(self) -> bool:
        return not self.differences


def compare(ours: Path, theirs: Path, own_segments: bool = False) -> list[Agreement]:
    """One agreement for each table in the folder `ours` (a file, or a folder of months) that can have a counterpart."""
    tables = sorted({path.stem for path in ours.iterdir() if path.is_dir() or path.suffix == ".parquet"})
    only = OWN_SEGMENTS if own_segments else {}
    return [_compare(table, ours, theirs, only.get(table)) for table in tables if table not in WITHOUT_COUNTERPART]


def _compare(table: str, ours: Path, theirs: Path, only: Sequence[str] | None) -> Agreement:
    con = duckdb.connect()
    rows_count = only is None or "customer_id" in only
    our_file, their_file = _files(ours, table), _files(theirs, table)
    kinds = {name: kind for name, kind in _columns(con, our_file).items() if name not in PROSE and (only is None or name in only)}
    our_rows, our_sums = _sums(con, our_file, kinds, set(kinds))
    if not (their_file.exists() or (theirs / table).is_dir()):
        return Agreement(table, our_rows, None, ["the table is missing"])
    present = set(_columns(con, their_file))
    their_rows, their_sums = _sums(con, their_file, kinds, present & set(kinds))
    differences = [f"{name}: missing" for name in kinds if name not in present] + [
        f"{name}: {our_sums[name]} / {their_sums[name]}"
        for name, kind in kinds.items()
        if name in present and not _same(kind, our_sums[name], their_sums[name], rows_count, _tolerance(table, name))
    ]
    if rows_count and our_rows != their_rows:
        differences.insert(0, f"rows: {our_rows} / {their_rows}")
    return Agreement(table, our_rows, their_rows, differences)


def _files(folder: Path, table: str) -> Path:
    """The files of a table, as DuckDB reads them."""
    return folder / table / "*.parquet" if (folder / table).is_dir() else folder / f"{table}.parquet"


def _columns(con: duckdb.DuckDBPyConnection, file: Path) -> dict[str, str]:
    return {row[0]: row[1] for row in con.execute(f"describe select * from '{file}'").fetchall()}


def _sums(
    con: duckdb.DuckDBPyConnection, file: Path, kinds: dict[str, str], wanted: set[str]
) -> tuple[int, dict[str, tuple[int, float]]]:
    """Rows, and for each column its number of values and their sum; their types are read as ours."""
    names = [name for name in kinds if name in wanted]
    asked = ["count(*)"]
    for name in names:
        asked += [f'count("{name}")', _sum_of(f'"{name}"', kinds[name])]
    (rows, *values) = con.execute(f"select {', '.join(asked)} from '{file}'").fetchall()[0]
    return rows, dict(zip(names, zip(values[::2], values[1::2], strict=True), strict=True))


def _sum_of(column: str, kind: str) -> str:
    if kind == "VARCHAR":
        return f"sum(hash({column}::VARCHAR)) filter (where {column} is not null)"
    if kind == "BOOLEAN":
        return f"count_if({column}::BOOLEAN)"
    if kind == "DATE":
        return f"sum({column}::DATE - DATE '1970-01-01')"
    if kind == "TIMESTAMP":
        return f"sum(epoch_us({column}::TIMESTAMP))"
    if kind.startswith("DECIMAL"):
        return f"sum({column})"
    if kind == "DOUBLE":
        return f"fsum({column}::DOUBLE)"
    return f"sum({column}::HUGEINT)"


def _tolerance(table: str, column: str) -> float:
    return OF_DRAWS if column in DRAWN else OF_FITS if table.endswith("_fit") else RELATIVE


def _same(kind: str, ours: tuple[int, float], theirs: tuple[int, float], rows_count: bool, relative: float) -> bool:
    if (rows_count and ours[0] != theirs[0]) or bool(ours[0]) != bool(theirs[0]):
        return False
    if not ours[0]:
        return True
    if kind == "DOUBLE":
        return math.isclose(ours[1], theirs[1], rel_tol=relative, abs_tol=RELATIVE)
    if kind.startswith("DECIMAL"):
        return abs(float(ours[1]) - float(theirs[1])) < CENT / 2
    return ours[1] == theirs[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ours", type=Path)
    parser.add_argument("theirs", type=Path)
    parser.add_argument("--own-segments", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = compare(asked.ours, asked.theirs, asked.own_segments)
    if not found:
        parser.error(f"there are no tables in {asked.ours}")
    for each in found:
        if asked.json:
            print(json.dumps({**asdict(each), "agrees": each.agrees}))
        else:
            print(f"{each.table:20} {each.our_rows:>10} {each.their_rows!s:>10}  {'agrees' if each.agrees else 'DIFFERS'}")
            print("".join(f"    {difference}\n" for difference in each.differences), end="")
    sys.exit(0 if all(each.agrees for each in found) else 1)


if __name__ == "__main__":
    main()
