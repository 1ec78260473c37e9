"""The search box of every page: pages, questions, tables, segments, categories, states, products and customers by a few letters.

Here: what is found and where it leads. Not here: who may see customers (people.py); Ctrl-K (static/search.js).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from ecom_lake.publish.dashboard.filters import Filters
from ecom_lake.publish.dashboard.query import Query
from ecom_lake.publish.dashboard.view import View

MOST = 8
"""Hits of a kind."""
LEAST_ID = 3
"""Characters of a customer's id from which customers are found."""
_PRODUCTS = """select product_id, name, category from dim_product
where contains(lower(coalesce(name, '')), $text) or starts_with(lower(product_id), $text)
order by starts_with(lower(coalesce(name, '')), $text) desc, name, product_id
limit 8"""
_CUSTOMERS = """select customer_id from dim_customer
where starts_with(lower(customer_id), $text) order by customer_id limit 8"""


@dataclass(frozen=True)
class Hit:
    text: str
    url: str
    detail: str = ""


@dataclass(frozen=True)
class Found:
    text: str
    """What was searched."""
    groups: Sequence[tuple[str, Sequence[Hit]]]


def search(view: View, text: str, labels: Mapping[str, str], may_see_people: bool) -> Found:
    """`labels`: the pages and their names. Without a text, the pages are found."""
    words = text.strip().lower()
    groups = dict(_groups(view, words, labels)) if words else {"Pages": _pages(view, labels)}
    if may_see_people and len(words) >= LEAST_ID and view.release.has("dim_customer"):
        groups["Customers"] = _customers(view, words)
    return Found(text.strip(), [(name, hits[:MOST]) for name, hits in groups.items() if hits])


def _groups(view: View, words: str, labels: Mapping[str, str]) -> Iterator[tuple[str, list[Hit]]]:
    yield "Pages", _matching(words, _pages(view, labels))
    yield "Questions", _matching(words, _questions(view))
    for dimension, members in view.choices.items():
        yield dimension.capitalize(), _matching(words, _members(view, dimension, members))
    yield "Products", _products(view, words) if view.release.has("dim_product") else []
    yield "Tables", _matching(words, _tables(view))


def _matching(words: str, hits: Iterable[Hit]) -> list[Hit]:
    """The hits that contain the words, those that start with them first."""
    found = [hit for hit in hits if words in f"{hit.text} {hit.detail}".lower()]
    return sorted(found, key=lambda hit: not hit.text.lower().startswith(words))


def _pages(view: View, labels: Mapping[str, str]) -> list[Hit]:
    return [Hit(label, view.url(name)) for name, label in labels.items()]


def _questions(view: View) -> list[Hit]:
    known = [one for one in view.release.site.registry.questions if one.name not in view.release.unanswerable]
    return [Hit(question.title, view.unfiltered_url(f"ask/{question.name}"), question.name) for question in known]


def _members(view: View, dimension: str, members: Sequence[str]) -> list[Hit]:
    return [Hit(member.replace("_", " "), _filtered(view, dimension, member)) for member in members]


def _products(view: View, words: str) -> list[Hit]:
    rows = view.release.rows(Query(_PRODUCTS, {"text": words}))
    return [
        Hit(row["name"] or row["product_id"], _filtered(view, "product", row["product_id"]), row["category"] or "")
        for row in rows
    ]


def _customers(view: View, words: str) -> list[Hit]:
    rows = view.release.rows(Query(_CUSTOMERS, {"text": words}))
    return [Hit(row["customer_id"], view.unfiltered_url(f"customer/{quote(row['customer_id'], safe='')}")) for row in rows]


def _tables(view: View) -> list[Hit]:
    tables = [table for table in view.release.site.registry.gold.values() if view.release.has(table.name)]
    return [Hit(table.name, view.unfiltered_url(f"tables/{table.name}"), table.grain) for table in tables]


def _filtered(view: View, dimension: str, member: str) -> str:
    return f"/{view.shop}/overview{Filters(members={dimension: member}, release=view.filters.release).query()}"
