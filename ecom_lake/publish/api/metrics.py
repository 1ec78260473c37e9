"""KPIs for any months and members: one definition each, and no sum of what does not add up.

KPIs of months and of the whole span are computed from the facts, with exact distinct counts. By segment, category or state only
the columns that the contract of sales_cube states as additive are summed. Not here: the formulas (shop/vocabulary.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from typing import Any, Literal, get_args

from ecom_lake.publish.api.problem import ProblemError
from ecom_lake.publish.dashboard.filters import Filters
from ecom_lake.publish.dashboard.kpi_query import SHOWN, kpi_query
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake.publish.dashboard.serving.kpis import served_kpis
from ecom_lake.publish.dashboard.span import Span
from ecom_lake.shop import vocabulary

CUBE = "sales_cube"
By = Literal["month", "segment", "category", "state"]
DIMENSIONS = ("segment", "category", "state")
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])(-01)?", re.ASCII)
_MONTHS = Query("select min(month) as first, max(month) as last from kpi_monthly")


@dataclass(frozen=True)
class Asked:
    by: str
    """month, a dimension, or empty for one number."""
    since: str
    until: str
    members: Mapping[str, str]
    """The member of each filtered dimension."""


def listed(release: ServedRelease) -> dict[str, Any]:
    additive = _additive(release)
    found = [
        {
            "metric": name,
            "definition": vocabulary.KPIS[name].column.meaning,
            "unit": vocabulary.KPIS[name].column.unit,
            "by": ["month", *(DIMENSIONS if name in additive else ())],
        }
        for name in _names(release)
    ]
    return {"shop": release.site.shop.name, "release": release.number, "metrics": found}


def metric(release: ServedRelease, name: str, asked: Asked) -> dict[str, Any]:
    _refuse_unknown_dimensions(asked)
    if name not in _names(release):
        raise ProblemError(404, f"There is no metric '{name}': there are {', '.join(_names(release))}.")
    span = _span(release, asked)
    if asked.by == "month" and span is None:
        raise ProblemError(422, "The shop's orders have no dates, so there are no months: leave by out.")
    if "segment" in asked.members and not release.has("customer_segments"):
        raise ProblemError(404, f"The shop has no segments: {release.absent.get('customer_segments', 'they are not built yet.')}")
    _refuse_unknown_members(release, asked.members)
    of_cube = asked.by in DIMENSIONS or name not in SHOWN
    query = _of_cube(release, name, asked, span) if of_cube else _of_facts(release, asked, span)
    *groups, total = release.rows(query)
    return {
        "shop": release.site.shop.name,
        "release": release.number,
        "metric": name,
        "definition": vocabulary.KPIS[name].column.meaning,
        "unit": vocabulary.KPIS[name].column.unit,
        "currency": release.currency,
        "since": span.first if span else None,
        "until": span.last if span else None,
        "filters": dict(asked.members),
        "by": asked.by or None,
        "rows": [_group(row, name, asked.by) for row in groups] if asked.by else [],
        "total": total[name],
        "sql": query.written,
    }


def _refuse_unknown_dimensions(asked: Asked) -> None:
    """Their names become part of the SQL text, whoever calls."""
    if asked.by and asked.by not in get_args(By):
        raise ProblemError(422, f"by must be {', '.join(get_args(By)[:-1])} or {get_args(By)[-1]}, not '{asked.by}'.")
    if unknown := next((one for one in asked.members if one not in DIMENSIONS), None):
        raise ProblemError(422, f"Members are of {', '.join(DIMENSIONS)}, not of '{unknown}'.")


def _refuse_unknown_members(release: ServedRelease, members: Mapping[str, str]) -> None:
    """A misspelled member would have sales of 0."""
    for dimension, member in members.items() if release.has(CUBE) else ():
        known = [row["member"] for row in release.rows(Query(f"select distinct {dimension} as member from {CUBE} order by 1"))]
        if member not in known:
            near = get_close_matches(member, filter(None, known), 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {len(known):,} others."
            raise ProblemError(422, f"There are no sales of the {dimension} '{member}': {hint}")


def _group(row: Row, name: str, by: str) -> dict[str, Any]:
    return {by: row[by], "value": row[name]}


def _names(release: ServedRelease) -> list[str]:
    return list(dict.fromkeys([*SHOWN, *(name for name in _additive(release) if name in vocabulary.KPIS)]))


def _additive(release: ServedRelease) -> tuple[str, ...]:
    return release.site.registry.table(CUBE).additive if release.has(CUBE) else ()


def _of_facts(release: ServedRelease, asked: Asked, span: Span | None) -> Query:
    filters = Filters(members=asked.members)
    query = kpi_query(filters, span, float(release.site.shop.numbers.cost_coverage))
    return replace(query, served=served_kpis(filters, span, SHOWN))


def _of_cube(release: ServedRelease, name: str, asked: Asked, span: Span | None) -> Query:
    if not release.has(CUBE):
        raise ProblemError(404, f"By {asked.by} needs {CUBE}: {release.absent.get(CUBE, 'it is not built yet.')}")
    if name not in _additive(release):
        raise ProblemError(
            422,
            f"{name} does not add up over the cells of {CUBE}: an order or a customer may be in several of them. Ask for {name} "
            f"by month, or of one {asked.by} at a time with {asked.by}=.",
        )
    conditions = ["month between $first and $last", *(f"{one} = ${one}" for one in asked.members)]
    by = asked.by or "month"
    order = "month" if by == "month" else f"{name} desc, {by}"
    sql = f"""select {by}, sum({name}) as {name}, grouping({by}) as is_total
from {CUBE}
where {" and ".join(conditions)}
group by grouping sets (({by}), ())
order by is_total, {order}"""
    assert span is not None, "a shop with a cube has months"
    return Query(sql, {"first": span.first, "last": span.last, **asked.members})


def _span(release: ServedRelease, asked: Asked) -> Span | None:
    """The months from `since` to `until`; by default all months of the shop. None for a shop without dates."""
    months = release.rows(_MONTHS)[0] if release.has("kpi_monthly") else None
    if months is None or months["first"] is None:
        if asked.since or asked.until:
            raise ProblemError(422, "The shop's orders have no dates: leave since and until out.")
        return None
    first = _month("since", asked.since) if asked.since else months["first"]
    last = _month("until", asked.until) if asked.until else months["last"]
    if first > last:
        raise ProblemError(422, f"since ({first:%Y-%m}) is after until ({last:%Y-%m}).")
    return Span(first, last)


def _month(parameter: str, text: str) -> date:
    if not _MONTH.fullmatch(text) or text[:4] == "0000":
        raise ProblemError(422, f"{parameter} must be a month such as 2018-08, not '{text}'.")
    return date(int(text[:4]), int(text[5:7]), 1)
