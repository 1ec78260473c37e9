"""A Markdown renderer shows values from data literally: they never become a link, a picture or markup."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ecom_lake.engine.dagster import markdown

RENDERER = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
PLAIN = {"text", "code_inline"}
FRAME = {f"{part}_{end}" for part in ("table", "thead", "tbody", "tr", "th", "td") for end in ("open", "close")} | {"inline"}
ADDRESS = re.compile(r"https?://|www\.", re.IGNORECASE)
"""Text that the UI's renderer turns into a link, even if it is escaped."""
HOSTILE = (
    "![x](http://127.0.0.1:9/p.png)",
    "<img src=http://127.0.0.1:9/p.png>",
    "[x]: http://127.0.0.1:9",
    "see www.example.com and https://example.com",
    "`![x](http://a)` and ``b``",
    "a|b\\|c\\\\|d",
    "\\`",
    "`",
    "__init__ and *bold* and ~~gone~~",
    "# title\n\n- item\n| a | b |",
    "&lt;b&gt; &amp; <!-- -->",
)
SIGNS = st.text(st.sampled_from("!|`<>[]()\\*_#~&:/.-=+ \n\tabwhtps0")) | st.text()


def cells(rendered: str) -> Iterator[Token]:
    """The tokens of the table's cells, or of the only paragraph."""
    for token in RENDERER.parse(rendered):
        assert token.type in FRAME | {"paragraph_open", "paragraph_close"}, token
        yield from token.children or ()


def as_displayed(value: str) -> str:
    """The value with runs of spaces collapsed, and with a question mark for each character that cannot be printed."""
    return " ".join("".join(c if c.isprintable() or c.isspace() else "?" for c in value).split())


@given(SIGNS, SIGNS)
@example(HOSTILE[0], HOSTILE[1])
@example(HOSTILE[3], HOSTILE[4])
@example(HOSTILE[5], HOSTILE[6])
def test_every_cell_is_text_and_the_table_keeps_its_shape(first: str, second: str) -> None:
    rows: list[Mapping[str, object]] = [{"a": first, "b": second}, {"a": second, "b": None}]
    found = list(cells(markdown.table(rows, ["a", "b"], longest=10_000)))
    assert {token.type for token in found} <= PLAIN
    assert not any(ADDRESS.search(token.content) for token in found if token.type == "text")
    opened = [token.type for token in RENDERER.parse(markdown.table(rows, ["a", "b"]))]
    assert (opened.count("tr_open"), opened.count("td_open")) == (3, 4)


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_value_is_displayed_literally(value: str) -> None:
    [shown] = cells(markdown.text(value))
    assert (shown.type, shown.content) == ("code_inline", as_displayed(value))


@given(SIGNS.filter(lambda value: bool(as_displayed(value))))
def test_a_line_is_text(value: str) -> None:
    found = list(cells("Said: " + markdown.text(value)))
    assert {token.type for token in found} <= PLAIN
    assert not any(ADDRESS.search(token.content) for token in found if token.type == "text")


@pytest.mark.parametrize("value", ["health_beauty", "12 rows of 3,400 (0.4%); see 2018-08: it's fine.", "São Paulo", -3.5, True])
def test_a_harmless_value_is_not_changed(value: object) -> None:
    assert markdown.text(value) == str(value)


def test_a_long_cell_is_truncated_before_it_is_formatted_as_code() -> None:
    [line] = markdown.table([{"a": "`" * 500}], ["a"]).splitlines()[2:]
    assert line.count("`") < 1_000
    assert [token.type for token in cells("Said: " + line.strip("| "))][-1] == "code_inline"
