"""Checking the files of a gold table against its contract, before the table is committed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from ecom_lake.engine.build.sql.sql_engine import FailedRows, Files, SqlEngine
from ecom_lake.engine.build.step.outcome import Check
from ecom_lake.engine.contracts.column_rules import all_row_rules
from ecom_lake.engine.contracts.table import Listing, Rule, Table
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.duckdb_engine import name
from ecom_lake.visible import visible
from ecom_lake.words import counted

EXAMPLES = 5
LISTED = 10
"""The largest number of values that a warning lists; the others are summed up."""
LONGEST_VALUE = 40
KEY_UNIQUE = "key_unique"
CONTRACT = "contract"
"""The name of the check for the blocking rules of a table."""
_AUDITED = "_audited"
"""A view of the files with failed rows."""


def all_rules(table: Table) -> list[Rule]:
    """All rules for the rows of a table: of its columns, of the table and of its key."""
    key = Rule(KEY_UNIQUE, "", f"No two rows share {', '.join(table.key)}.")
    return [*all_row_rules(table), *([key] if table.key else [])]


def audit(engine: SqlEngine, table: Table, file: Path) -> tuple[dict[str, int], list[Check]]:
    """The number of failed rows by rule, without rules that all rows pass; and the checks."""
    counts = engine.count_failed(table, [file])
    failed = _with_repeated(Counter(counts.by_file[file]), counts)
    return failed, _checks(engine, table, failed, [file])


def audit_parts(
    engine: SqlEngine, table: Table, written: Mapping[Part, Path], kept: Mapping[Path, Mapping[str, int]]
) -> tuple[dict[Part, dict[str, int]], list[Check]]:
    """The number of failed rows of each written part by rule, and the checks of the whole table, in one pass over these parts.

    `kept` are the other parts of the table, with their failed rows by rule. They are read for the keys, which are unique in the
    whole table, unless the key contains the month; and for the values of a failed rule.
    """
    counts = engine.count_failed(table, [*written.values()], () if "month" in table.key else [*kept])
    total: Counter[str] = Counter()
    for of_part in (*counts.by_file.values(), *kept.values()):
        total.update(of_part)
    failing = [*written.values(), *(file for file, failed_before in kept.items() if failed_before)]
    failed = {part: dict(counts.by_file[file]) for part, file in written.items()}
    return failed, _checks(engine, table, _with_repeated(total, counts), failing)


def _with_repeated(failed: Counter[str], counts: FailedRows) -> dict[str, int]:
    return dict(failed | Counter({KEY_UNIQUE: counts.repeated}))


def _checks(engine: SqlEngine, table: Table, failed: Mapping[str, int], files: Sequence[Path]) -> list[Check]:
    """The checks, with examples of failed rows from these files."""
    rules = [rule for rule in all_row_rules(table) if rule.name in failed]
    if rules:
        engine.attach(_AUDITED, Files(files, table))
    examples = {rule.name: _example(engine, table, rule) for rule in rules}
    return checks_of(table, failed, examples, listings(table, failed, files))


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


def _example(engine: SqlEngine, table: Table, rule: Rule) -> str:
    """Rows that fail a rule, without personal columns, because the run history and the store keep them."""
    shown = ", ".join(map(name, table.shareable)) or "null"
    rows = engine.rows(f"select {shown} from {_AUDITED} where not ({rule.holds})", EXAMPLES)
    return str(rows.to_dicts())[:2000]
