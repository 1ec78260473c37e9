"""What is worth telling the managers of this shop? Statements by rule, and only those for which the evidence holds.

All candidates of all rules are tried together, and their p-values corrected for that. What does not stand is listed too, as
"not enough evidence". Not here: the rules (insight_rules/), the tests (evidence.py), the correction (significance.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, get_args

import duckdb
import polars as pl

from ecom_lake.shop.insights import RULES
from ecom_lake.shop.insights.evidence import (
    Noise,
    Trials,
    both_tails,
    by_month,
    level_noise,
    levels_differ,
    rate_interval,
    rate_noise,
    rate_noise_between_months,
    rates_differ,
)
from ecom_lake.shop.insights.insights import SHOWN, TOO_WEAK, Insights
from ecom_lake.shop.insights.rule import InsightRule, Role
from ecom_lake.shop.insights.wording import Direction, Figure, Period, is_number
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.statistics.multiple_testing import by_family

READS = tuple(sorted({"settings", *(read for rule in RULES for read in rule.reads)}))

_DIGITS = 9


@dataclass(frozen=True)
class Candidate:
    """A row that a rule looked at, and its evidence."""

    rule: InsightRule
    row: Mapping[str, Any]
    low: float | None
    high: float | None
    p: float | None
    tried: int = 1
    p_adjusted: float | None = None

    @property
    def role(self) -> Role:
        return "context" if self.rule.is_context else "opportunity" if self.gain else "news"

    @property
    def gain(self) -> Decimal | None:
        """By mechanism a context has none."""
        gain = None if self.rule.is_context else self.row.get("gain")
        return _cents(gain) if gain is not None and gain > 0 else None

    def weakness(self, alpha: float) -> str | None:
        """Why it is not shown."""
        rule, row = self.rule, self.row
        if row["n"] < rule.least_n:
            return f"It rests on {row['n']:,} only; {rule.least_n:,} are needed."
        if abs(row.get("effect") or 0.0) < rule.least_effect:
            return f"The difference is below {rule.least_effect:.0%}, too small to act on."
        if row.get("weak_because"):
            return str(row["weak_because"])
        if self.p_adjusted is None and (rule.days or rule.tested_by):
            return "There are too few months to measure the noise."
        if self.p_adjusted is not None and self.p_adjusted > alpha:
            return f"It may be chance (p = {self.p_adjusted:.2f}, corrected for all that was looked at)."
        against = row.get("against")
        if against is not None and (self.low is None or self.high is None or self.low <= float(against) <= self.high):
            return "Its interval contains the value that it is compared with."
        return None


def build(con: duckdb.DuckDBPyConnection, settings: MiningSettings) -> pl.DataFrame:
    currency = _currency(con)
    found = {rule: candidates(con, rule, settings) for rule in RULES}
    corrected = _corrected(found, settings.alpha)
    rows = [row for rule in RULES for row in statements(rule, corrected[rule], settings, currency)]
    for rank, row in enumerate(sorted((row for row in rows if row["status"] == SHOWN), key=_place), start=1):
        row["rank"] = rank
    return pl.DataFrame(rows, Insights.table.schema)


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """By what can be gained; then news without a gain, then context. Ties in the order of the rules, then of the rows."""
    rules = [rule.id for rule in RULES]
    rule, _, key = row["insight_id"].partition(": ")
    return get_args(Role).index(row["role"]), -(row["monthly_gain"] or 0), rules.index(rule), key


def _currency(con: duckdb.DuckDBPyConnection) -> str | None:
    found = con.sql("select currency from settings").fetchall()
    return str(found[0][0]) if found and found[0][0] else None


def candidates(con: duckdb.DuckDBPyConnection, rule: InsightRule, settings: MiningSettings) -> list[Candidate]:
    """The rows of which everything is known that the rule's sentences name."""
    given = {name: getattr(settings, name) for name in rule.settings}
    rows = con.sql(f"select * from ({rule.sql}) order by row_key", params=given or None).pl().to_dicts()
    return known(rule, rows, _days(con, rule) if rows else {}, settings)


def known(
    rule: InsightRule, rows: Sequence[Mapping[str, Any]], days: Mapping[str, pl.DataFrame], settings: MiningSettings
) -> list[Candidate]:
    """A row that is NULL, NaN or infinite where a sentence or the evidence needs a number is no candidate."""
    there = [row for row in rows if all(row.get(name) is not None for name in ("row_key", "value", "n")) and _is_finite(row)]
    found = [_candidate(rule, row, _noise(rule, days.get(row["row_key"]))) for row in there]
    found = [one for one in found if rule.fields <= _words(one, settings, None).keys()]
    return [replace(one, tried=len(found)) for one in found]


def _is_finite(row: Mapping[str, Any]) -> bool:
    return all(math.isfinite(value) for value in row.values() if isinstance(value, float | Decimal))


def _days(con: duckdb.DuckDBPyConnection, rule: InsightRule) -> dict[str, pl.DataFrame]:
    if not rule.days:
        return {}
    rows = con.sql(f"select * from ({rule.days}) order by row_key, day").pl()
    return {str(key): frame for (key,), frame in rows.group_by("row_key", maintain_order=True)}


def _noise(rule: InsightRule, days: pl.DataFrame | None) -> Noise | None:
    if days is None:
        return None
    if "amount" in days.columns:
        return level_noise([(amounts, week) for week, [amounts] in by_month(days["day"].to_list(), days["amount"].to_list())])
    named = [name for name in ("hits", "trials", "expected") if name in days.columns]
    if rule.noise_of == "months":
        return rate_noise_between_months(Trials(*(days[name].cast(pl.Float64).to_numpy() for name in named)))
    return rate_noise([Trials(*month) for _, month in by_month(days["day"].to_list(), *(days[name].to_list() for name in named))])


def _candidate(rule: InsightRule, row: Mapping[str, Any], noise: Noise | None) -> Candidate:
    return Candidate(rule, row, *_interval(row, noise), _p_value(row, noise))


def _interval(row: Mapping[str, Any], noise: Noise | None) -> tuple[float | None, float | None]:
    if row.get("low") is not None and row.get("high") is not None:
        return round(float(row["low"]), _DIGITS), round(float(row["high"]), _DIGITS)
    # A rate's interval is of the rate; of other numbers that are tested by rates there is none.
    hits, trials = (float(row.get(name) or 0) for name in ("hits", "trials"))
    if trials and abs(hits / trials - float(row["value"])) < 1e-6:
        low, high = rate_interval(hits, trials, noise.variance if noise else 1.0)
        return round(low, _DIGITS), round(high, _DIGITS)
    return None, None


def _p_value(row: Mapping[str, Any], noise: Noise | None) -> float | None:
    if row.get("p") is not None:
        return float(row["p"])
    if noise and (counts := _numbers(row, "hits", "trials", "rest_hits", "rest_trials")):
        return rates_differ(counts[0], counts[1], counts[2], counts[3], noise)
    if noise and (levels := _numbers(row, "per_day", "days_in_month", "per_day_before", "days_before")):
        return levels_differ(levels[0], levels[1], levels[2], levels[3], noise)
    if (known := _numbers(row, "value", "against", "error")) and known[2]:
        return both_tails((known[0] - known[1]) / known[2])
    return None


def _numbers(row: Mapping[str, Any], *names: str) -> list[float] | None:
    """All of them, or none."""
    values = [row.get(name) for name in names]
    return None if any(value is None for value in values) else [float(value) for value in values if value is not None]


def _corrected(found: Mapping[InsightRule, Sequence[Candidate]], alpha: float) -> dict[InsightRule, list[Candidate]]:
    """With the p-values of all that were tested corrected together, each rule being a family of tests."""
    families = {rule.id: [one.p for one in ones if one.p is not None] for rule, ones in found.items() if not rule.tested_by}
    corrected = {rule: [round(p, _DIGITS) for p in ps] for rule, ps in by_family(families, alpha).items()}
    told = {rule: iter(ps) for rule, ps in corrected.items()}
    return {rule: [replace(one, p_adjusted=_p_of(one, corrected, told)) for one in ones] for rule, ones in found.items()}


def _p_of(one: Candidate, corrected: Mapping[str, Sequence[float]], told: Mapping[str, Iterator[float]]) -> float | None:
    if one.rule.tested_by:
        return next(iter(corrected[one.rule.tested_by]), None)
    return None if one.p is None else next(told[one.rule.id])


def statements(
    rule: InsightRule, found: Sequence[Candidate], settings: MiningSettings, currency: str | None
) -> Iterator[dict[str, Any]]:
    """Those that stand, the most to gain first; or the nearest to it, or that there was nothing to look at."""
    strong = [one for one in found if one.weakness(settings.alpha) is None]
    if strong:
        most_first = sorted(strong, key=lambda one: (-(one.gain or 0), one.p or 0.0, -abs(_effect(one)), one.row["row_key"]))
        for one in most_first[: rule.most]:
            yield _row(rule, one, *sentences(one, settings, currency), SHOWN, rule.caveat)
    elif found:
        nearest = min(
            found, key=lambda one: (1.0 if one.p_adjusted is None else one.p_adjusted, -abs(_effect(one)), one.row["row_key"])
        )
        yield _row(rule, nearest, rule.silent, None, TOO_WEAK, nearest.weakness(settings.alpha) or "")
    else:
        yield _row(rule, None, rule.without_numbers, None, TOO_WEAK, "The shop has no numbers of this kind.")


def sentences(one: Candidate, settings: MiningSettings, currency: str | None) -> tuple[str, str]:
    """Headline and reason."""
    words = _words(one, settings, currency)
    return one.rule.headline.format(**words), one.rule.reason.format(**words)


def _effect(one: Candidate) -> float:
    return float(one.row.get("effect") or one.row["value"])


def _row(
    rule: InsightRule, one: Candidate | None, statement: str, reason: str | None, status: str, caveat: str
) -> dict[str, Any]:
    key = one.row["row_key"] if one else None
    baseline = one.row.get("baseline") if one else None
    money = one.row.get("money") if one else None
    return {
        "insight_id": f"{rule.id}: {key}" if key else rule.id,
        "topic": rule.topic,
        "statement": statement,
        "reason": reason,
        "kind": rule.kind,
        "role": one.role if one and status == SHOWN else "context" if rule.is_context else "news",
        "table_name": rule.table,
        "row_key": key,
        "column_name": rule.column,
        "value": float(one.row["value"]) if one else None,
        "baseline": None if baseline is None else float(baseline),
        "ci_low": one.low if one else None,
        "ci_high": one.high if one else None,
        "n": int(one.row["n"]) if one else 0,
        "p_adjusted": one.p_adjusted if one else None,
        "tried": one.tried if one else 0,
        "money_at_stake": None if money is None else _cents(money),
        "monthly_gain": one.gain if one and status == SHOWN else None,
        "gain_basis": rule.gain_basis,
        "rank": None,
        "action": rule.action,
        "owner": rule.owner,
        "caveat": caveat,
        "status": status,
    }


def _words(one: Candidate, settings: MiningSettings, currency: str | None) -> dict[str, object]:
    """Everything that the rule's sentences may name, of what is known."""
    rule, row = one.rule, one.row
    words: dict[str, object] = {"setting": settings}
    for name, value in {**row, "low": one.low, "high": one.high}.items():
        if is_number(value):
            unit = rule.unit if name in ("value", "baseline", "low", "high") else "count"
            words[name] = Figure(float(value), unit, currency)
        elif isinstance(value, date):
            words[name] = Period(value, value)
        elif isinstance(value, str):
            words[name] = value
    if row.get("first_before") and row.get("last_before"):
        words["before"] = Period(row["first_before"], row["last_before"])
    if row.get("value") is not None and row.get("baseline") is not None:
        words["compared"] = Direction(float(row["value"]), float(row["baseline"]))
        if row["baseline"]:
            words["change"] = Figure(float(row["value"]) / float(row["baseline"]) - 1, "change")
    return words


def _cents(money: Any) -> Decimal:
    return Decimal(str(money)).quantize(Decimal("0.01"), ROUND_HALF_UP)
