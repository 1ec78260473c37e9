"""Checking the file of a gold table against its contract, in one query, before the table is committed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import polars as pl

from ecom_lake.engine.build.step.outcome import Check
from ecom_lake.engine.contracts.column_rules import derived_rules
from ecom_lake.engine.contracts.table import Listing, Rule, Table
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.duckdb_engine import name, parquet
from ecom_lake.visible import visible
from ecom_lake.words import counted

EXAMPLES = 5
LISTED = 10
"""The largest number of values that a warning lists; the others are summed up."""
LONGEST_VALUE = 40
KEY_UNIQUE = "key_unique"
CONTRACT = "contract"
"""The name of the check for the blocking rules of a table."""
_PATH = "_path_of_part"
"""A column with the path of the file of each row; no contract has a column with this name."""


def all_rules(table: Table) -> list[Rule]:
    """All rules for the rows of a table: of its columns, of the table and of its key."""
    key = Rule(KEY_UNIQUE, "", f"No two rows share {', '.join(table.key)}.")
    return [*derived_rules(table), *table.rules, *([key] if table.key else [])]


def audit(con: duckdb.DuckDBPyConnection, table: Table, file: Path) -> tuple[dict[str, int], list[Check]]:
    """The number of failed rows by rule, without rules that all rows pass; and the checks."""
    rules = [*derived_rules(table), *table.rules]
    source = parquet([file])
    counts = [f"count_if(not ({rule.holds}))" for rule in rules]
    keys = f"count(distinct hash({', '.join(map(name, table.key))}))"
    *found, distinct, rows = con.execute(f"select {', '.join([*counts, keys, 'count(*)'])} from {source}").fetchall()[0]
    failed = {rule.name: int(n) for rule, n in zip(rules, found, strict=True) if n}
    if distinct < rows and (repeated := _repeated(con, table, source, rows)):
        failed[KEY_UNIQUE] = repeated
    examples = {rule.name: _example(con, table, rule, source) for rule in rules if rule.name in failed}
    return failed, checks_of(table, failed, examples, listings(table, failed, [file]))


def audit_parts(
    con: duckdb.DuckDBPyConnection, table: Table, written: Mapping[Part, Path], kept: Mapping[Path, Mapping[str, int]]
) -> tuple[dict[Part, dict[str, int]], list[Check]]:
    """The number of failed rows of each written part by rule, and the checks of the whole table, in one pass over these parts.

    `kept` are the other parts of the table, with their failed rows by rule. They are read for the keys, which are unique in the
    whole table, unless the key contains the month; and for the values of a failed rule.
    """
    rules = [*derived_rules(table), *table.rules]
    path = name(_PATH)
    counts = ", ".join(["count(*)", *(f"count_if(not ({rule.holds}))" for rule in rules)])
    rows = con.execute(f"select {path}, {counts} from {parquet(written.values(), path_as=_PATH)} group by 1").fetchall()
    found = {Path(file): results for file, _, *results in rows}
    failed = {
        part: {rule.name: int(n) for rule, n in zip(rules, found[file], strict=True) if n}
        for part, file in written.items()
        if file in found  # a part without rows is not
    }
    total: Counter[str] = Counter()
    for of_part in (*failed.values(), *kept.values()):
        total.update(of_part)
    if repeated := _repeated_in(con, table, parquet([*written.values(), *([] if "month" in table.key else kept)])):
        total[KEY_UNIQUE] = repeated
    failing = [*written.values(), *(file for file, failed_before in kept.items() if failed_before)]
    examples = {rule.name: _example(con, table, rule, parquet(failing)) for rule in rules if rule.name in total}
    return failed, checks_of(table, total, examples, listings(table, total, failing))


def listings(table: Table, failed: Mapping[str, int], files: Sequence[Path]) -> dict[str, str]:
    """By rule with a listing: the values of its failed rows. The files are read only if rows failed."""
    return {
        rule.name: _list(pl.scan_parquet(list(files), glob=False).filter(~pl.sql_expr(rule.holds)), rule.listing)
        for rule in table.rules
        if rule.listing and rule.name in failed
    }


def _list(rows: pl.LazyFrame, listing: Listing) -> str:
    sums = rows.group_by(listing.by).agg(rows=pl.len(), total=pl.sum(listing.sum_of))
    largest = sums.sort(["total", "rows", listing.by], descending=[True, True, False], nulls_last=True).collect()
    amounts = [
        f"'{visible(str(value))[:LONGEST_VALUE]}' {_amounts(listing, count, total)}"
        for value, count, total in largest.head(LISTED).iter_rows()
    ]
    rest = largest.slice(LISTED)
    if len(rest):
        amounts.append(f"{counted(len(rest), 'more value')} {_amounts(listing, int(rest['rows'].sum()), rest['total'].sum())}")
    return f"By {listing.by}: {'; '.join(amounts)}."


def _amounts(listing: Listing, rows: int, total: object) -> str:
    return f"({counted(rows, listing.noun)}, {listing.sum_of.replace('_', ' ')} {total:,})"


def checks_of(table: Table, failed: Mapping[str, int], examples: Mapping[str, str], listed: Mapping[str, str]) -> list[Check]:
    """The results of an audit: one check with evidence for all blocking rules, and one check for each warning."""
    place = TableId("gold", table.name)
    rules = all_rules(table)
    broken = [rule for rule in rules if rule.severity == "block" and rule.name in failed]
    contract = Check(
        place,
        CONTRACT,
        passed=not broken,
        severity="block",
        says=f"Failed rules: {', '.join(rule.name for rule in broken)}."
        if broken
        else f"{counted(len(rules), 'rule', 'was/were')} checked.",
        evidence=tuple(
            {"rule": rule.name, "promise": rule.meaning, "rows": failed[rule.name], "example": examples.get(rule.name, "")}
            for rule in broken
        ),
    )
    warnings = [rule for rule in rules if rule.severity == "warn"]
    return [
        contract,
        *(
            _warning(place, rule, failed.get(rule.name, 0), examples.get(rule.name, ""), listed.get(rule.name, ""))
            for rule in warnings
        ),
    ]


def _warning(place: TableId, rule: Rule, rows: int, example: str, listed: str) -> Check:
    noun = rule.listing.noun if rule.listing else "row"
    says = f"{counted(rows, noun)} failed the rule {rule.name}: {rule.meaning} {listed}".strip() if rows else rule.meaning
    evidence = ({"promise": rule.meaning, "rows": rows, "example": example},) if example else ()
    return Check(place, rule.name, passed=not rows, severity="warn", says=says, evidence=evidence)


def _repeated_in(con: duckdb.DuckDBPyConnection, table: Table, source: str) -> int:
    keys = f"count(distinct hash({', '.join(map(name, table.key))}))"
    distinct, rows = con.execute(f"select {keys}, count(*) from {source}").fetchall()[0]
    return _repeated(con, table, source, rows) if distinct < rows else 0


def _repeated(con: duckdb.DuckDBPyConnection, table: Table, source: str, rows: int) -> int:
    """The number of rows with a repeated key. The keys are compared only where their hashes repeat."""
    keys = ", ".join(map(name, table.key))
    return rows - int(con.execute(f"select count(*) from (select distinct {keys} from {source})").fetchall()[0][0])


def _example(con: duckdb.DuckDBPyConnection, table: Table, rule: Rule, source: str) -> str:
    """Rows that fail a rule, without personal columns, because the run history and the store keep them."""
    shown = ", ".join(map(name, table.shareable)) or "null"
    rows = con.sql(f"select {shown} from {source} where not ({rule.holds}) limit {EXAMPLES}").pl().to_dicts()
    return str(rows)[:2000]
