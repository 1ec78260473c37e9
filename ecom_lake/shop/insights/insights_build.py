"""The table of insights: statements about a shop for its managers, each with its evidence.

The candidates of all rules are tested together, and their p-values are corrected for multiple testing. A rule whose evidence is
too weak is listed too, as "not enough evidence". Not here: the rules (sales.py and the other topics), the tests (evidence.py),
the correction (statistics/fisher_exact.py).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, get_args

import duckdb
import polars as pl

from ecom_lake.engine.contracts.sql_file import sql_file
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
from ecom_lake.shop.insights.rule import COMPLETE_MONTHS, DAYS, KNOWN_CUSTOMERS, InsightRule, Role
from ecom_lake.shop.insights.wording import Direction, Figure, Period, is_number
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.shop.settling import SETTLES_IN_DAYS
from ecom_lake.statistics.multiple_testing import by_family
from ecom_lake.words import counted

READS = (
    "basket_rules",
    "category_performance",
    "churn_scores",
    "customer_concentration",
    "customer_metrics",
    "delivery_effect",
    "delivery_performance",
    "dim_product",
    "experiment_plan",
    "fct_orders",
    "fct_sales",
    "kpi_breakdown",
    "kpi_bridge",
    "kpi_daily",
    "kpi_monthly",
    "kpi_summary",
    "model_cards",
    "product_performance",
    "reporting_period",
    "returns_leakage",
    "review_summary",
    "reviews",
    "rfm_segments",
    "sales_forecast",
    "segment_profile",
    "seller_scorecard",
    "settings",
)

_DIGITS = 9
_WEEKDAYS_DIFFER = "The months differ in their weekdays: without these, net sales per day moved in the opposite direction."


@dataclass(frozen=True)
class Candidate:
    """A row of a rule's query, and its evidence."""

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
        """A context never has one."""
        gain = None if self.rule.is_context else self.row.get("gain")
        return _cents(gain) if gain is not None and gain > 0 else None

    def weakness(self, settings: MiningSettings, currency: str | None) -> str | None:
        """The reason why the candidate is not shown."""
        rule, row, words = self.rule, self.row, _words(self, settings, currency)
        if row["n"] < rule.least_n:
            return f"The evidence is only {counted(row['n'], 'observation')}; at least {rule.least_n:,} are required."
        if abs(row.get("effect") or 0.0) < rule.least_effect:
            return f"The difference is below {rule.least_effect:.0%}, too small to act on."
        if row.get("weak_because"):
            return str(row["weak_because"]).format(**words)
        if self.p_adjusted is None and (rule.days or rule.tested_by):
            return "There are too few months to measure the usual variation."
        if self.p_adjusted is not None and self.p_adjusted > settings.alpha:
            return f"It may be chance (p = {self.p_adjusted:.2f}, corrected for all comparisons made)."
        against = row.get("against")
        if against is not None and (self.low is None or self.high is None):
            return "There are too few observations to estimate a likely range."
        if against is not None and self.low is not None and self.high is not None and self.low <= float(against) <= self.high:
            return "The likely range, {low} to {high}, includes {baseline}.".format(**words)
        return None


def build(con: duckdb.DuckDBPyConnection, settings: MiningSettings) -> pl.DataFrame:
    currency = _currency(con)
    with shared_tables(con):
        found = _with_weakness_of_test({rule: candidates(con, rule, settings) for rule in RULES})
    corrected = _corrected(found, settings.alpha)
    rows = [row for rule in RULES for row in statements(rule, corrected[rule], settings, currency)]
    for rank, row in enumerate(sorted((row for row in rows if row["status"] == SHOWN), key=_place), start=1):
        row["rank"] = rank
    return pl.DataFrame(rows, Insights.table.schema)


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """The key to rank by: opportunities by their gain, then news, then context; ties by the order of the rules and the row."""
    rules = [rule.id for rule in RULES]
    rule, _, key = row["insight_id"].partition(": ")
    return get_args(Role).index(row["role"]), -(row["monthly_gain"] or 0), rules.index(rule), key


def _currency(con: duckdb.DuckDBPyConnection) -> str | None:
    found = con.sql("select currency from settings").fetchall()
    return str(found[0][0]) if found and found[0][0] else None


def candidates(con: duckdb.DuckDBPyConnection, rule: InsightRule, settings: MiningSettings) -> list[Candidate]:
    """The rows of a rule's query in which every field of its sentences is known; the query reads the shared tables."""
    values = {**rule.parameters, **{name: getattr(settings, name) for name in rule.settings}}
    days = _days(con, rule)
    with _registered(con, DAYS, days):
        rows = con.sql(f"select * from ({rule.query}) order by row_key", params=values or None).pl().to_dicts()
    by_key = {str(key): frame for (key,), frame in days.group_by("row_key", maintain_order=True)} if days is not None else {}
    return known(rule, rows, by_key, settings)


@contextmanager
def shared_tables(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """What the queries of several rules read: the complete months, and what known customers leave out.

    What the shop sold after its as-of date is not known on that day: such months are not compared."""
    months = con.sql(sql_file(__file__, "complete_months.sql"), params={"settles_in_days": SETTLES_IN_DAYS}).pl()
    known = con.sql(sql_file(__file__, "known_customers.sql")).pl()
    with _registered(con, COMPLETE_MONTHS, months), _registered(con, KNOWN_CUSTOMERS, known):
        yield


def _days(con: duckdb.DuckDBPyConnection, rule: InsightRule) -> pl.DataFrame | None:
    return con.sql(f"select * from ({rule.days_query}) order by row_key, day").pl() if rule.days else None


@contextmanager
def _registered(con: duckdb.DuckDBPyConnection, table: str, rows: pl.DataFrame | None) -> Iterator[None]:
    """The rows as a table that the queries can read."""
    if rows is None:
        yield
        return
    con.register(table, rows.to_arrow())
    try:
        yield
    finally:
        con.unregister(table)


def known(
    rule: InsightRule, rows: Sequence[Mapping[str, Any]], days: Mapping[str, pl.DataFrame], settings: MiningSettings
) -> list[Candidate]:
    """Candidates of those rows in which no number that a sentence or the evidence needs is NULL, NaN or infinite."""
    complete = [row for row in rows if all(row.get(name) is not None for name in ("row_key", "value", "n")) and _is_finite(row)]
    found = [_candidate(rule, row, _noise(rule, days.get(row["row_key"]))) for row in complete]
    found = [one for one in found if rule.fields <= _words(one, settings, None).keys()]
    return [replace(one, tried=len(found)) for one in found]


def _is_finite(row: Mapping[str, Any]) -> bool:
    return all(math.isfinite(value) for value in row.values() if isinstance(value, float | Decimal))


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
    levels, change = _levels(row, noise), _numbers(row, "value", "baseline")
    if levels and change and not row.get("weak_because") and (levels[0] - levels[2]) * (change[0] - change[1]) < 0:
        row = {**row, "weak_because": _WEEKDAYS_DIFFER}
    return Candidate(rule, row, *_interval(row, noise), _p_value(row, noise))


def _levels(row: Mapping[str, Any], noise: Noise | None) -> list[float] | None:
    """The two daily levels with the months' weekdays removed, each with its number of days on which the shop is open."""
    levels = _numbers(row, "per_day", "days_in_month", "per_day_before", "days_before")
    month, month_before = row.get("month"), row.get("month_before")
    if noise is None or levels is None or month is None or month_before is None:
        return None
    per_day, days, per_day_before, days_before = levels
    return [
        per_day / noise.weekday_factor(month),
        days * noise.open_share(month),
        per_day_before / noise.weekday_factor(month_before),
        days_before * noise.open_share(month_before),
    ]


def _interval(row: Mapping[str, Any], noise: Noise | None) -> tuple[float | None, float | None]:
    if row.get("low") is not None and row.get("high") is not None:
        return round(float(row["low"]), _DIGITS), round(float(row["high"]), _DIGITS)
    # A rate has an interval of its own; other numbers that are tested by way of a rate have none.
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
    if noise and (levels := _levels(row, noise)):
        return levels_differ(levels[0], levels[1], levels[2], levels[3], noise)
    if (normal := _numbers(row, "value", "against", "error")) and normal[2]:
        return both_tails((normal[0] - normal[1]) / normal[2])
    return None


def _numbers(row: Mapping[str, Any], *names: str) -> list[float] | None:
    """All of them, or None where one is missing."""
    values = [row.get(name) for name in names]
    return None if any(value is None for value in values) else [float(value) for value in values if value is not None]


def _corrected(found: Mapping[InsightRule, Sequence[Candidate]], alpha: float) -> dict[InsightRule, list[Candidate]]:
    """The candidates with their p-values corrected together; each rule is a family of tests."""
    families = {rule.id: [one.p for one in ones if one.p is not None] for rule, ones in found.items() if not rule.tested_by}
    corrected = {rule: [round(p, _DIGITS) for p in ps] for rule, ps in by_family(families, alpha).items()}
    remaining = {rule: iter(ps) for rule, ps in corrected.items()}
    return {rule: [replace(one, p_adjusted=_p_of(one, corrected, remaining)) for one in ones] for rule, ones in found.items()}


def _with_weakness_of_test(found: Mapping[InsightRule, Sequence[Candidate]]) -> dict[InsightRule, Sequence[Candidate]]:
    """What makes a test meaningless does so for every rule that is tested by it."""
    first = {rule.id: ones[0].row.get("weak_because") for rule, ones in found.items() if ones}
    return {
        rule: [replace(one, row={**one.row, "weak_because": weak}) for one in ones]
        if (weak := first.get(rule.tested_by))
        else ones
        for rule, ones in found.items()
    }


def _p_of(one: Candidate, corrected: Mapping[str, Sequence[float]], remaining: Mapping[str, Iterator[float]]) -> float | None:
    if one.rule.tested_by:
        return next(iter(corrected[one.rule.tested_by]), None)
    return None if one.p is None else next(remaining[one.rule.id])


def statements(
    rule: InsightRule, found: Sequence[Candidate], settings: MiningSettings, currency: str | None
) -> Iterator[dict[str, Any]]:
    """The candidates with strong evidence, largest gain first; or the nearest to it; or that there were no numbers to examine."""
    strong = [one for one in found if one.weakness(settings, currency) is None]
    if strong:
        largest_gain_first = sorted(
            strong, key=lambda one: (-(one.gain or 0), one.p or 0.0, -abs(_effect(one)), one.row["row_key"])
        )
        for one in largest_gain_first[: rule.most]:
            caveat = " ".join(filter(None, (rule.caveat, one.row.get("caveat"))))
            yield _row(rule, one, *sentences(one, settings, currency), SHOWN, caveat)
    elif found:
        nearest = min(
            found, key=lambda one: (1.0 if one.p_adjusted is None else one.p_adjusted, -abs(_effect(one)), one.row["row_key"])
        )
        headline = rule.silent.format(**_words(nearest, settings, currency))
        yield _row(rule, nearest, headline, None, TOO_WEAK, nearest.weakness(settings, currency) or "")
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
        "action": (one.row.get("action") if one and status == SHOWN else None) or rule.action,
        "owner": rule.owner,
        "caveat": caveat,
        "status": status,
    }


def _words(one: Candidate, settings: MiningSettings, currency: str | None) -> dict[str, object]:
    """The fields that the rule's sentences may use, as far as the row has values for them."""
    rule, row = one.rule, one.row
    words: dict[str, object] = {"setting": settings}
    for name, value in {**row, "low": one.low, "high": one.high}.items():
        if is_number(value):
            unit = rule.unit if name in ("value", "baseline", "low", "high") else "count"
            words[name] = Figure(float(value), unit, currency)
        elif isinstance(value, date):
            words[name] = Period(value, value)
        elif isinstance(value, str):
            words[name] = value.replace("_", " ")
    if row.get("first_before") and row.get("last_before"):
        words["before"] = Period(row["first_before"], row["last_before"])
    if row.get("value") is not None and row.get("baseline") is not None:
        words["compared"] = Direction(float(row["value"]), float(row["baseline"]))
        if row["baseline"]:
            words["change"] = Figure(float(row["value"]) / float(row["baseline"]) - 1, "change")
    return words


def _cents(money: Any) -> Decimal:
    return Decimal(str(money)).quantize(Decimal("0.01"), ROUND_HALF_UP)
