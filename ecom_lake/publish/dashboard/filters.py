"""The filters of a page: which months and members it shows, and what it compares them with.

A page's filters are exactly its URL's query. Not here: which values a shop has (view.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal
from urllib.parse import urlencode

from ecom_lake.errors import UsageError

Compare = Literal["previous", "year"]
RELEASE = "release"
"""The parameter that names a release."""
DIMENSIONS = ("segment", "category", "state", "product")
_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True)
class Filters:
    first: date | None = None
    """The first month; None for the default one."""
    last: date | None = None
    members: Mapping[str, str] = field(default_factory=dict)
    """The member that is shown, by dimension."""
    compare: Compare = "previous"
    release: int | None = None
    """None for the latest."""

    def of_months(self, first: date | None, last: date | None) -> Filters:
        return replace(self, first=first, last=last)

    def toggled(self, dimension: str, member: str) -> Filters:
        """With this member of the dimension, or without it where it is the chosen one."""
        others = {name: value for name, value in self.members.items() if name != dimension}
        return replace(self, members=others if self.members.get(dimension) == member else {**others, dimension: member})

    def query(self) -> str:
        """The query of the URL: only what differs from a page without filters, in a fixed order."""
        given: dict[str, str] = {}
        if self.first:
            given["from"] = self.first.isoformat()[:7]
        if self.last:
            given["to"] = self.last.isoformat()[:7]
        given |= {name: self.members[name] for name in DIMENSIONS if name in self.members}
        if self.compare != "previous":
            given["compare"] = self.compare
        if self.release is not None:
            given[RELEASE] = str(self.release)
        return f"?{urlencode(given)}" if given else ""


def read_filters(query: Mapping[str, str]) -> Filters:
    """The filters of a URL's query. Raises `UsageError`, one sentence, for a value that cannot be one."""
    members = {name: member for name in DIMENSIONS if (member := query.get(name))}
    return Filters(members=members, release=read_release(query), **dict(_given(query)))


def read_release(query: Mapping[str, str]) -> int | None:
    """The release that a URL's query names; None for the latest. Raises `UsageError` for a value that cannot be one."""
    text = query.get(RELEASE)
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        raise UsageError(f"release must be the number of a release, not '{text}'.")
    return int(text)


def _given(query: Mapping[str, str]) -> Iterator[tuple[str, Any]]:
    for name, parameter in (("first", "from"), ("last", "to")):
        if text := query.get(parameter):
            yield name, _month(parameter, text)
    if text := query.get("compare"):
        if text not in ("previous", "year"):
            raise UsageError(f"compare must be previous or year, not '{text}'.")
        yield "compare", text


def _month(parameter: str, text: str) -> date:
    found = _MONTH.fullmatch(text)
    if found is None or found[1] == "0000":
        raise UsageError(f"{parameter} must be a month such as 2018-03, not '{text}'.")
    return date(int(found[1]), int(found[2]), 1)
