"""A gold table held against its contract, in one query over the finished file, before anybody sees it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb

from ecom_lake.contracts.promises import derived_rules
from ecom_lake.contracts.table import Rule, Table
from ecom_lake.lake.engine import name, parquet
from ecom_lake.pipeline.outcome import Check

EXAMPLES = 5
KEY_UNIQUE = "key_unique"


def all_rules(table: Table) -> list[Rule]:
    """Every promise about the rows of a table: its columns', its own, its key's."""
    key = Rule(KEY_UNIQUE, "", f"No two rows share {', '.join(table.key)}.")
    return [*derived_rules(table), *table.rules, *([key] if table.key else [])]


def audit(con: duckdb.DuckDBPyConnection, table: Table, file: Path) -> tuple[dict[str, int], list[Check]]:
    """The rows that fail each rule, where any do, and what is to be said of it."""
    rules = [*derived_rules(table), *table.rules]
    source = parquet([file])
    counts = ", ".join(f"count_if(not ({rule.holds}))" for rule in rules)
    found = con.execute(f"select {counts or 'count(*)'} from {source}").fetchall()[0]
    failed = {rule.name: int(n) for rule, n in zip(rules, found, strict=False) if n}
    if repeated := _repeated(con, table, source):
        failed[KEY_UNIQUE] = repeated
    return failed, [_contract_check(con, table, rules, failed, source), *_warnings(table, failed)]


def _repeated(con: duckdb.DuckDBPyConnection, table: Table, source: str) -> int:
    """Rows too many for the key, counted on the key's hashes first, which are small, and exactly only where two are equal."""
    if not table.key:
        return 0
    keys = ", ".join(map(name, table.key))
    rows, hashes = con.execute(f"select count(*), count(distinct hash({keys})) from {source}").fetchall()[0]
    if rows == hashes:
        return 0
    return int(
        con.execute(f"select count(*) - (select count(*) from (select distinct {keys} from {source})) from {source}").fetchall()[
            0
        ][0]
    )


def _contract_check(
    con: duckdb.DuckDBPyConnection, table: Table, rules: list[Rule], failed: Mapping[str, int], source: str
) -> Check:
    """The promises that must hold, as one check: its evidence names each broken one and shows rows."""
    broken = [rule for rule in rules if rule.severity == "block" and rule.name in failed]
    evidence = [
        {"rule": rule.name, "promise": rule.meaning, "rows": failed[rule.name], "example": _example(con, rule, source)}
        for rule in broken
    ]
    if KEY_UNIQUE in failed:
        evidence.append(
            {
                "rule": KEY_UNIQUE,
                "promise": f"No two rows share {', '.join(table.key)}.",
                "rows": failed[KEY_UNIQUE],
                "example": "",
            }
        )
    promises = len([rule for rule in rules if rule.severity == "block"]) + bool(table.key)
    return Check(
        f"gold/{table.name}",
        "contract",
        passed=not evidence,
        severity="block",
        says=f"Broken: {', '.join(str(e['rule']) for e in evidence)}." if evidence else f"All {promises} promises hold.",
        evidence=tuple(evidence),
    )


def _example(con: duckdb.DuckDBPyConnection, rule: Rule, source: str) -> str:
    rows = con.sql(f"select * from {source} where not ({rule.holds}) limit {EXAMPLES}").pl().to_dicts()
    return str(rows)[:2000]


def _warnings(table: Table, failed: Mapping[str, int]) -> list[Check]:
    return [
        Check(
            f"gold/{table.name}",
            rule.name,
            passed=rule.name not in failed,
            severity="warn",
            says=f"{failed[rule.name]} rows break: {rule.meaning}" if rule.name in failed else rule.meaning,
        )
        for rule in table.rules
        if rule.severity == "warn"
    ]
