"""The page "Profile": what the data of the shop look like, as a whole, and table by table.

Here: the whole shop and the choice of the table. Not here: one table (profile_table.py), what is computed (publish/profile/).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from ecom_lake.engine.config import month_name
from ecom_lake.engine.serve.profile.queries import Source
from ecom_lake.engine.serve.profile.table_profile import TableProfile
from ecom_lake.publish.dashboard.bar_table import UNKNOWN, BarRow, BarTable, Cell, Heading, widths
from ecom_lake.publish.dashboard.column_chart import ColumnChart, column_chart
from ecom_lake.publish.dashboard.correlation_table import correlation_table
from ecom_lake.publish.dashboard.evidence import Why
from ecom_lake.publish.dashboard.filters import Filters
from ecom_lake.publish.dashboard.heatmap import HeatMap
from ecom_lake.publish.dashboard.not_there import NotThereError
from ecom_lake.publish.dashboard.options import NO_OPTIONS, Allowed
from ecom_lake.publish.dashboard.profile_table import ProfiledTable, profiled_table
from ecom_lake.publish.dashboard.query import Query, Row
from ecom_lake.publish.dashboard.scope import why_of_history
from ecom_lake.publish.dashboard.view import View
from ecom_lake.publish.pages.month_chart import MonthChart, Point, month_chart
from ecom_lake.publish.pages.rendering import percent
from ecom_lake.publish.profile import shop_profile
from ecom_lake.publish.profile.findings import WEEKDAYS, shop_findings, table_findings
from ecom_lake.publish.profile.release_tables import silver_sources
from ecom_lake.publish.profile.shop_profile import ShopProfile, profile_of_release

OPTIONS: Allowed = {"table": ()}
"""The silver table that is shown; the whole shop without one."""
MOST_FINDINGS = 4
"""Findings of a table on the page of the whole shop."""
_MOST_ORDERS = 6
"""From this number of orders on, customers are one row."""


@dataclass(frozen=True)
class Choice:
    """A table in the navigation of the page."""

    name: str
    rows: int
    url: str
    is_chosen: bool


@dataclass(frozen=True)
class TableFindings:
    name: str
    url: str
    sentences: Sequence[str]
    more: int
    """Findings that are not shown."""


@dataclass(frozen=True)
class WholeShop:
    findings: Sequence[str]
    of_tables: Sequence[TableFindings]
    tables: BarTable
    sampled: Sequence[str]
    """The tables whose figures are of a sample."""
    sample_size: int
    """Of each of them, about."""
    months: MonthChart | None
    months_view: View
    """What a click on a month opens: the sales of that month."""
    weekdays: ColumnChart | None
    hours: ColumnChart | None
    frequency: BarTable | None
    correlations: HeatMap | None
    ranked: int | None
    """The orders that the correlations are of, about; None where they are of all."""
    why: Mapping[str, Why]
    """The evidence of each chart, by the name of its field."""


@dataclass(frozen=True)
class ProfilePage:
    choices: Sequence[Choice]
    whole_url: str
    whole: WholeShop | None
    table: ProfiledTable | None


def profile(view: View) -> ProfilePage:
    sources = silver_sources(view.release.site, view.release.entry)
    name = view.options["table"]
    chosen = next((one for one in sources if one.table.name == name), None)
    if name and chosen is None:
        raise NotThereError(f"Shop '{view.shop}' has no silver table '{name}' in release {view.release.number}.")
    choices = [Choice(one.table.name, one.rows, _url(view, one), one is chosen) for one in sources]
    whole_url = f"/{view.shop}/profile{Filters(release=view.filters.release).query()}"
    if chosen is None:
        return ProfilePage(choices, whole_url, _whole(view, sources), None)
    return ProfilePage(choices, whole_url, None, profiled_table(view, _profile(view, chosen)))


def _url(view: View, source: Source) -> str:
    query = Filters(release=view.filters.release).query()
    return f"/{view.shop}/profile{query}{'&' if query else '?'}{urlencode({'table': source.table.name})}"


def _profile(view: View, source: Source) -> TableProfile:
    return TableProfile(source, lambda sql: view.release.rows(Query(sql)))


def _whole(view: View, sources: Sequence[Source]) -> WholeShop:
    shop, profiles = _shop(view), [_profile(view, source) for source in sources]
    return WholeShop(
        shop_findings(shop, view.release.currency),
        [found for one in profiles if (found := _findings(view, one)).sentences],
        _tables(view, profiles),
        [one.table.name.replace("_", " ") for one in profiles if one.source.is_sampled],
        max((one.source.most_rows for one in profiles if one.source.is_sampled), default=0),
        _months(shop),
        _months_view(view),
        _weekdays(shop),
        _hours(shop),
        _frequency(shop),
        correlation_table("Rank correlations between measures of orders", shop.orders.correlations) if shop.orders else None,
        shop.orders.ranked if shop.orders and shop.orders.ranked < shop.orders.source.rows else None,
        _evidence(view, shop),
    )


def _shop(view: View) -> ShopProfile:
    release = view.release
    return profile_of_release(release.site, release.entry, lambda sql: release.rows(Query(sql)), release.gold)


def _evidence(view: View, shop: ShopProfile) -> dict[str, Why]:
    def of(definition: str, sql: str, *tables: str) -> Why:
        return why_of_history(view, definition, Query(sql), *tables)

    orders = "Valid orders"
    found = {
        "months": of(f"{orders} by month.", shop_profile.MONTHS, "kpi_monthly"),
        "weekdays": of(f"{orders} by weekday, 1 for Monday.", shop_profile.WEEKDAYS, "fct_orders"),
        "hours": of(f"{orders} by the hour in which they were placed.", shop_profile.HOURS, "fct_orders"),
        "frequency": of("Customers by their number of valid orders.", shop_profile.FREQUENCY, "fct_orders"),
    }
    if shop.orders and shop.orders.correlation_sql:
        meaning = "Spearman's rank correlation between measures of orders, valid or not, where both have a value."
        found["correlations"] = of(meaning, shop.orders.correlation_sql, "fct_orders")
    return found


def _findings(view: View, profile: TableProfile) -> TableFindings:
    found = table_findings(profile)
    name, url = profile.table.name, _url(view, profile.source)
    return TableFindings(name, url, found[:MOST_FINDINGS], max(len(found) - MOST_FINDINGS, 0))


def _tables(view: View, profiles: Sequence[TableProfile]) -> BarTable:
    headings = ("Rows", "Columns", "Not stated by the shop", "Values missing", "First month", "Last month")
    bars = widths([one.source.rows for one in profiles])
    return BarTable(
        "table",
        [Heading(text) for text in headings],
        [
            BarRow(one.table.name, bar, [Cell(text) for text in _figures(one)], _url(view, one.source))
            for one, bar in zip(profiles, bars, strict=True)
        ],
    )


def _figures(profile: TableProfile) -> list[str]:
    columns = profile.columns
    cells, missing = sum(one.rows for one in columns), sum(one.missing for one in columns)
    times = next((one.times for one in columns if one.times), None)
    return [
        f"{profile.source.rows:,}",
        str(len(columns) + len(profile.source.absent)),
        str(len(profile.source.absent) or UNKNOWN),
        percent(missing / cells) if cells else UNKNOWN,
        *(month_name(time.date().replace(day=1)) for time in ((times.earliest, times.latest) if times else ())),
        *(UNKNOWN for _ in range(0 if times else 2)),
    ]


def _months(shop: ShopProfile) -> MonthChart | None:
    points = [Point(row["month"], float(row["orders"]), row["is_complete"]) for row in shop.months]
    return month_chart("Orders by month", "bars", points, lambda value: f"{value:,.0f}") if points else None


def _months_view(view: View) -> View:
    filters = Filters(release=view.filters.release)
    if view.months:
        filters = filters.of_months(view.months[0].month, view.months[-1].month)
    return replace(view, page="sales", filters=filters, options=NO_OPTIONS)


def _weekdays(shop: ShopProfile) -> ColumnChart | None:
    sizes = {row["weekday"]: row["orders"] for row in shop.weekdays}
    if not sizes:
        return None
    total, orders = sum(sizes.values()), [sizes.get(number, 0) for number in range(1, 8)]
    shares = [percent(count / total) for count in orders]
    texts = [f"{day}: {count:,} orders, {share}" for day, count, share in zip(WEEKDAYS, orders, shares, strict=True)]
    return column_chart("Orders by weekday", orders, texts, [day[:3] for day in WEEKDAYS], shares)


def _hours(shop: ShopProfile) -> ColumnChart | None:
    sizes = {row["hour"]: row["orders"] for row in shop.hours}
    if not sizes:
        return None
    total, orders = sum(sizes.values()), [sizes.get(hour, 0) for hour in range(24)]
    texts = [f"{hour}:00 to {hour}:59: {count:,} orders, {percent(count / total)}" for hour, count in enumerate(orders)]
    return column_chart("Orders by hour of the day", orders, texts, [f"{i}:00" if i % 6 == 0 else "" for i in range(24)])


def _frequency(shop: ShopProfile) -> BarTable | None:
    if not shop.frequency:
        return None
    rows = [(f"{row['orders']:,}", row["customers"]) for row in shop.frequency if row["orders"] < _MOST_ORDERS]
    if more := _customers([row for row in shop.frequency if row["orders"] >= _MOST_ORDERS]):
        rows.append((f"{_MOST_ORDERS} or more", more))
    total = _customers(shop.frequency)
    return BarTable(
        "orders",
        [Heading("Customers"), Heading("Share")],
        [
            BarRow(label, bar, [Cell(f"{count:,}"), Cell(percent(count / total))])
            for (label, count), bar in zip(rows, widths([count for _, count in rows]), strict=True)
        ],
    )


def _customers(rows: Sequence[Row]) -> int:
    return sum(row["customers"] for row in rows)
