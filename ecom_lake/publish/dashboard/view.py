"""What every page has: its release, its filters, the chosen months, and the links that change them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import quote

from ecom_lake.errors import UsageError
from ecom_lake.publish.api.access import PASSED_ON, Client
from ecom_lake.publish.dashboard.filters import Filters
from ecom_lake.publish.dashboard.not_there import NotForThisReaderError
from ecom_lake.publish.dashboard.options import NO_OPTIONS, Options
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.served_release import ServedRelease
from ecom_lake.publish.dashboard.span import Month, Span, compared_with, span_of

if TYPE_CHECKING:
    from ecom_lake.publish.dashboard.evidence import Shown, Why

_MONTHS = Query("select month, is_complete, net_sales from kpi_monthly order by month")
_MEMBERS = {
    "segment": Query("select segment as member from sales_cube group by segment order by sum(net_sales) desc, segment"),
    "category": Query("select category as member from sales_cube group by category order by category"),
    "state": Query("select state as member from sales_cube group by state order by state"),
}
_MEMBERS_OF_LINES = {
    "category": Query("select category as member from fct_sales where is_valid group by category order by category"),
    "state": Query("select coalesce(state, 'unknown') as member from fct_sales where is_valid group by 1 order by 1"),
}


@dataclass(frozen=True)
class View:
    shop: str
    page: str
    release: ServedRelease
    filters: Filters
    options: Options = NO_OPTIONS
    """The page's own query parameters."""
    client: Client = PASSED_ON
    """Who looks at the page."""
    shown: dict[str, Shown] = field(default_factory=dict, compare=False)
    """The figures and charts with evidence that the page has rendered, by id."""
    withheld: set[str] = field(default_factory=set, compare=False)
    """The lists of single customers and orders that the page has not shown to this reader, by id."""

    @property
    def sees_people(self) -> bool:
        """Whether the reader may see ids of customers and orders, and where sellers live."""
        return self.client.may("pii")

    @cached_property
    def months(self) -> Sequence[Month]:
        if not self.release.has("kpi_monthly"):
            return []
        return [Month(row["month"], row["is_complete"], row["net_sales"]) for row in self.release.rows(_MONTHS)]

    @cached_property
    def span(self) -> Span | None:
        return span_of(self.filters, self.months)

    @cached_property
    def before(self) -> Span | None:
        """The span that this one is compared with."""
        return compared_with(self.span, self.filters.compare, self.months) if self.span else None

    @cached_property
    def window(self) -> str:
        """The months and filters, as a person reads them."""
        return self.window_of(self.span)

    @cached_property
    def choices(self) -> dict[str, list[str]]:
        """The members that a filter offers, by dimension."""
        tables = {"sales_cube": _MEMBERS, "fct_sales": _MEMBERS_OF_LINES}
        queries = next((queries for table, queries in tables.items() if self.release.has(table)), {})
        return {name: [str(row["member"]) for row in self.release.rows(query)] for name, query in queries.items()}

    def window_of(self, span: Span | None, without: str = "") -> str:
        """These months and the filters, except the one by the dimension `without`, as a person reads them."""
        members = {name: member for name, member in self.filters.members.items() if name != without}
        named = (f"{name} {member.replace('_', ' ') if name == 'category' else member}" for name, member in members.items())
        return ", ".join([span.text if span else "all orders", *named])

    def url(self, page: str) -> str:
        """The address of another page with the same filters."""
        return f"/{self.shop}/{page}{self.filters.query()}"

    def unfiltered_url(self, page: str) -> str:
        """The address of another page, or file, of this release that no filter acts on."""
        return f"/{self.shop}/{page}{Filters(release=self.filters.release).query()}"

    @property
    def here(self) -> str:
        """The address of this page with its filters and parameters."""
        return self._address(self.filters, self.options)

    def file_url(self, name: str) -> str:
        """The address of a file of this page, with its filters and parameters."""
        return self._address(self.filters, self.options, f"/{name}")

    def month_url(self, month: date) -> str:
        """This page of one month; of the default months where that month is the chosen one."""
        chosen = None if self.span == Span(month, month) else month
        return self._with(self.filters.of_months(chosen, chosen))

    def toggled(self, dimension: str, member: str) -> str:
        """This page filtered by a member, or without that filter."""
        return self._with(self.filters.toggled(dimension, member))

    def cell_url(self, month: date, dimension: str, member: str) -> str:
        """This page of one month and one member."""
        others = {name: value for name, value in self.filters.members.items() if name != dimension}
        return self._with(replace(self.filters.of_months(month, month), members={**others, dimension: member}))

    def with_option(self, name: str, value: str) -> str:
        """This page with another value of one of its own parameters."""
        return self.with_options({name: value})

    def with_options(self, values: Mapping[str, str]) -> str:
        """This page with other values of its own parameters."""
        return self._address(self.filters, self.options.having(values))

    def span_url(self, span: Span) -> str:
        """This page of these months."""
        return self._with(self.filters.of_months(span.first, span.last))

    def show(self, name: str, title: str, why: Why) -> Shown:
        """Record a figure or chart while it is rendered: that is what gives it files and an evidence page."""
        from ecom_lake.publish.dashboard.evidence import Shown

        def address(below: str) -> str:
            return self._address(self.filters, self.options, f"/{quote(name, safe='')}{below}")

        file = f"{self.shop}-{self.page}-{name}-release-{self.release.number}"
        self.shown[name] = Shown(name, title, why, file, address(".csv"), address(".xlsx"), address("/evidence"))
        return self.shown[name]

    def withhold(self, name: str) -> None:
        """Record a list that the page leaves out, because the reader may not see people: its files are refused."""
        self.withheld.add(name)

    def evidence_of(self, name: str) -> Shown:
        """A figure or chart that the page has rendered. Raises `UsageError` where it has none of that id."""
        if name in self.withheld:
            raise NotForThisReaderError("Lists of single customers and orders are personal data: they need the scope pii.")
        if name not in self.shown:
            raise UsageError(
                f"The page {self.page} shows no chart '{name}' with these filters. It shows: {', '.join(self.shown)}."
            )
        return self.shown[name]

    def _with(self, filters: Filters) -> str:
        return self._address(filters, self.options)

    def _address(self, filters: Filters, options: Options, below: str = "") -> str:
        parts = [part for part in (filters.query().lstrip("?"), options.query()) if part]
        return f"/{self.shop}/{self.page}{below}{'?' if parts else ''}{'&'.join(parts)}"
