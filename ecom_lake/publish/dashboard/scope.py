"""The evidence of figures that are of other months or fewer filters than the page: it states what they are of."""

from __future__ import annotations

from dataclasses import replace

from ecom_lake.publish.dashboard.evidence import Why, why
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.span import Span
from ecom_lake.publish.dashboard.view import View


def why_of_span(view: View, span: Span | None, definition: str, query: Query, *tables: str, without: str = "") -> Why:
    """Of these months under the filters of the page, except the one by the dimension `without`."""
    return replace(why(view, definition, query, *tables), window=view.window_of(span, without))


def why_of_months(view: View, definition: str, query: Query, *tables: str) -> Why:
    """Of the whole shop in the chosen months."""
    months = view.span.text if view.span else "all orders"
    return replace(why(view, definition, query, *tables), window=f"{months}, the whole shop")


def why_of_history(view: View, definition: str, query: Query, *tables: str) -> Why:
    """Of the whole shop and its whole history."""
    return replace(why(view, definition, query, *tables), window="the whole history of the whole shop")
