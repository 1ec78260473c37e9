"""The reference of the API as a page and as Markdown, made from its OpenAPI document; it loads nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

_START, _END = "<!-- addresses: made by tools/snapshot.py -->", "<!-- end of addresses -->"
_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ecom_lake API</title>
<link rel="stylesheet" href="/dashboard.css">
</head>
<body>
<main>
<h1>API</h1>
<p>Every address is a GET of one release. <a href="/openapi.json">The OpenAPI document</a> has the shapes of the answers.</p>
"""


@dataclass(frozen=True)
class Address:
    path: str
    meaning: str
    parameters: tuple[tuple[str, str], ...]
    """The name and the meaning of each query parameter."""
    statuses: tuple[str, ...]


def addresses(document: Mapping[str, Any]) -> Iterator[Address]:
    for path, operations in document["paths"].items():
        operation = operations["get"]
        of_query = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
        yield Address(
            path,
            " ".join(operation["description"].split()),
            tuple((one["name"], one.get("description", "")) for one in of_query),
            tuple(sorted(operation["responses"])),
        )


def page(document: Mapping[str, Any]) -> str:
    return _HEAD + "".join(map(_section, addresses(document))) + "</main>\n</body>\n</html>\n"


def _section(one: Address) -> str:
    rows = "".join(f"<tr><th>{escape(name)}</th><td>{_html(meaning)}</td></tr>\n" for name, meaning in one.parameters)
    table = f"<table>\n{rows}</table>\n" if rows else ""
    statuses = ", ".join(one.statuses)
    return f"<h2>{escape(one.path)}</h2>\n<p>{_html(one.meaning)}</p>\n{table}<p>Answers: {statuses}.</p>\n"


def _html(text: str) -> str:
    return re.sub("`([^`]*)`", r"<code>\1</code>", escape(text))


def markdown(document: Mapping[str, Any]) -> str:
    """The addresses as a table, for the documentation."""
    rows = (
        f"| `{one.path}` | {_cell(one.meaning)} | {_cell(', '.join(name for name, _ in one.parameters))} |"
        for one in addresses(document)
    )
    return "\n".join(["| address | gives | parameters |", "|---|---|---|", *rows, ""])


def in_page(text: str, document: Mapping[str, Any]) -> str:
    """The Markdown page of the API with the table of its addresses renewed."""
    before, _, rest = text.partition(f"{_START}\n")
    _, _, after = rest.partition(_END)
    return f"{before}{_START}\n{markdown(document)}{_END}{after}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
