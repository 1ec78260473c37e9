"""What is worth telling the managers of this shop? Statements by rule, and only those for which the evidence holds.

All candidates of all rules are tried together, and their p-values corrected for that. What does not stand is listed too, as
"not enough evidence". Not here: the rules (insight_rules/), the tests (evidence.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import duckdb
import numpy as np
import polars as pl

from ecom_lake.contracts.gold.insights import SHOWN, TOO_WEAK, Insights
from ecom_lake.contracts.mining_settings import MiningSettings
from ecom_lake.models.insight_rules import RULES
from ecom_lake.models.insight_rules.evidence import both_tails, count_against_count, share_against_share, share_interval
from ecom_lake.models.insight_rules.rule import InsightRule
from ecom_lake.models.significance import benjamini_hochberg

READS = tuple(sorted({read for rule in RULES for read in rule.reads}))

_DIGITS = 9


@dataclass(frozen=True)
class Candidate:
    """A row that a rule looked at, and what speaks for it."""

    rule: InsightRule
    row: Mapping[str, Any]
    low: float | None
    high: float | None
    p: float | None
    tried: int
    p_adjusted: float | None = None

    @property
    def money(self) -> Decimal | None:
        money = self.row.get("money")
        return None if money is None else Decimal(str(money)).quantize(Decimal("0.01"), ROUND_HALF_UP)

    def weakness(self, alpha: float) -> str | None:
        """Why it is not shown."""
        rule, row = self.rule, self.row
        if row["n"] < rule.least_n:
            return f"It rests on {row['n']:,} only; {rule.least_n:,} are needed."
        if abs(row.get("effect") or 0.0) < rule.least_effect:
            return f"The difference is below {rule.least_effect:.0%}, too small to act on."
        if self.p_adjusted is not None and self.p_adjusted > alpha:
            return f"It may be chance (p = {self.p_adjusted:.2f}, corrected for all that was looked at)."
        against = row.get("against")
        if against is not None and (self.low is None or self.high is None or self.low <= float(against) <= self.high):
            return "Its interval holds what it is compared with."
        return None


def build(con: duckdb.DuckDBPyConnection, settings: MiningSettings) -> pl.DataFrame:
    found = {rule: _candidates(con, rule) for rule in RULES}
    corrected = iter(_corrected([one for candidates in found.values() for one in candidates]))
    rows = [row for rule in RULES for row in _statements(rule, [next(corrected) for _ in found[rule]], settings.alpha)]
    shown = sorted(
        (row for row in rows if row["status"] == SHOWN), key=lambda row: (-(row["money_at_stake"] or 0), row["insight_id"])
    )
    for rank, row in enumerate(shown, start=1):
        row["rank"] = rank
    return pl.DataFrame(rows, Insights.table.schema)


def _candidates(con: duckdb.DuckDBPyConnection, rule: InsightRule) -> list[Candidate]:
    rows = con.sql(f"select * from ({rule.sql}) order by row_key").pl().to_dicts()
    known = [row for row in rows if row["value"] is not None and row["row_key"] is not None]
    return [Candidate(rule, row, *_interval(row), _p_value(row), len(known)) for row in known]


def _interval(row: Mapping[str, Any]) -> tuple[float | None, float | None]:
    if row.get("low") is not None and row.get("high") is not None:
        return round(float(row["low"]), _DIGITS), round(float(row["high"]), _DIGITS)
    # A share's interval is of the share; of other numbers that are tested by shares there is none.
    if row.get("trials") and abs(int(row["hits"]) / int(row["trials"]) - float(row["value"])) < 1e-6:
        low, high = share_interval(int(row["hits"]), int(row["trials"]))
        return round(low, _DIGITS), round(high, _DIGITS)
    return None, None


def _p_value(row: Mapping[str, Any]) -> float | None:
    if row.get("p") is not None:
        return float(row["p"])
    if row.get("rest_trials") is not None:
        return share_against_share(*(int(row[count]) for count in ("hits", "trials", "rest_hits", "rest_trials")))
    if row.get("events_before") is not None:
        return count_against_count(int(row["events"]), int(row["events_before"]))
    if row.get("error"):
        return both_tails((float(row["value"]) - float(row["against"])) / float(row["error"]))
    return None


def _corrected(candidates: Sequence[Candidate]) -> list[Candidate]:
    """With the p-values of all that were tested corrected together."""
    tested = [one for one in candidates if one.p is not None]
    adjusted = benjamini_hochberg(np.array([one.p for one in tested])) if tested else ()
    by_place = {id(one): round(float(p), _DIGITS) for one, p in zip(tested, adjusted, strict=True)}
    return [replace(one, p_adjusted=by_place.get(id(one))) for one in candidates]


def _statements(rule: InsightRule, candidates: Sequence[Candidate], alpha: float) -> Iterator[dict[str, Any]]:
    """Those that stand, the most money first; or the nearest to it, or that there was nothing to look at."""
    strong = [one for one in candidates if one.weakness(alpha) is None]
    if strong:
        most_first = sorted(strong, key=lambda one: (-(one.money or 0), -abs(float(one.row["value"])), one.row["row_key"]))
        yield from (_row(rule, one, _sentence(one), SHOWN, rule.caveat) for one in most_first[: rule.most])
    elif candidates:
        nearest = min(candidates, key=lambda one: (one.p_adjusted or 0, -(one.money or 0), one.row["row_key"]))
        yield _row(rule, nearest, rule.silent, TOO_WEAK, nearest.weakness(alpha) or "")
    else:
        yield _row(rule, None, rule.silent, TOO_WEAK, "Nothing of the kind is known of this shop.")


def _row(rule: InsightRule, one: Candidate | None, statement: str, status: str, caveat: str) -> dict[str, Any]:
    key = one.row["row_key"] if one else None
    return {
        "insight_id": f"{rule.id}: {key}" if key else rule.id,
        "topic": rule.topic,
        "statement": statement,
        "kind": rule.kind,
        "table_name": rule.table,
        "row_key": key,
        "column_name": rule.column,
        "value": float(one.row["value"]) if one else None,
        "ci_low": one.low if one else None,
        "ci_high": one.high if one else None,
        "n": int(one.row["n"]) if one else 0,
        "p_adjusted": one.p_adjusted if one else None,
        "tried": one.tried if one else 0,
        "money_at_stake": one.money if one else None,
        "rank": None,
        "action": rule.action,
        "owner": rule.owner,
        "caveat": caveat,
        "status": status,
    }


def _sentence(one: Candidate) -> str:
    unit = one.rule.unit
    words = {name: value for name, value in one.row.items() if isinstance(value, str | int)}
    numbers = {"value": written(float(one.row["value"]), unit), "n": f"{int(one.row['n']):,}"}
    bounds = {name: written(bound, unit) for name, bound in (("low", one.low), ("high", one.high)) if bound is not None}
    money = {} if one.money is None else {"money": written(float(one.money), "money")}
    return one.rule.says.format(**{**words, **numbers, **bounds, **money})


def written(number: float, unit: str) -> str:
    """A number as it stands in a sentence."""
    if unit == "money":
        return f"{number:,.0f}"
    if unit == "share":
        return f"{number:.1%}"
    if unit == "change":
        return f"{abs(number):.1%}"
    if unit == "points":
        return f"{100 * number:+.2f}"
    if unit == "ratio":
        return f"{number:.1f}"
    return f"{number:,.0f}"
