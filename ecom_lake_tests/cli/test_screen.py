from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console
from rich.text import Text

from ecom_lake.cli import screen


@given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=1, max_size=12), st.integers(20, 200))
def test_a_table_fits_its_window_and_uses_its_width(columns: list[tuple[int, bool]], room: int) -> None:
    natural = [width for width, _ in columns]
    widths = screen._fit(natural, [shrinks for _, shrinks in columns], room)
    taken = sum(widths) + 2 * (len(widths) - 1)
    assert taken <= room or len(widths) == 1
    for (wanted, shrinks), width in zip(columns, widths, strict=False):
        assert width == wanted or (shrinks and min(wanted, screen.NARROW) <= width < wanted)
    if any(width < wanted for width, wanted in zip(widths, natural, strict=False)):
        assert taken >= room
    if sum(natural) + 2 * (len(natural) - 1) <= room:
        assert widths == natural


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        (None, "NULL"),
        (True, "true"),
        (2017, "2017"),
        (Decimal("1234.50"), "1,234.50"),
        (37350.15, "37,350.15"),
        (300.0, "300"),
        (0.031234567, "0.0312346"),
        (float("inf"), "inf"),
        ("[red]fire[/red]", "[red]fire[/red]"),
        ("two\nlines", "two\\nlines"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("São\xa0Paulo", "São\xa0Paulo"),
        ("\u202egnorw", "\\u202egnorw"),
        ([1, 2], "[1, 2]"),
    ],
)
def test_a_value_is_formatted_on_one_line(found: Any, shown: str) -> None:
    assert screen.value(found).plain == shown


@pytest.mark.parametrize(
    ("ago", "said"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(minutes=1, seconds=5), "1 minute ago"),
        (timedelta(hours=3), "3 hours ago"),
        (timedelta(days=40), "40 days ago"),
    ],
)
def test_ages_have_one_unit(ago: timedelta, said: str) -> None:
    assert screen.age(datetime.now(UTC) - ago) == said


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 B"), (999, "999 B"), (1234, "1 kB"), (12_345_678, "12.3 MB"), (5e12, "5.0 TB")]
)
def test_sizes_are_rounded_for_people(count: float, said: str) -> None:
    assert screen.size(count) == said


def test_control_characters_are_escaped_everywhere(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "a\x1b]0;x\x9b\u202e[link=http://x]b[/link]"
    inert = "a\\x1b]0;x\\x9b\\u202e[link=http://x]b[/link]"
    screen.show(evil, Text(evil, style="bold"))
    screen.show_error(evil)
    screen.show_table([evil], [[evil], [Text(evil)]], right=[evil])
    screen.show_pairs([(evil, evil)])
    screen.show_json({evil: evil})
    said = capsys.readouterr()
    assert said.out.count(inert) == 2 + 3 + 2
    assert said.err == f"{inert}\n"
    assert all(c not in said.out + said.err for c in "\x1b\x9b\u202e")


def test_control_characters_are_escaped_in_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "out", lambda: Console(force_terminal=True, color_system=None, width=200, markup=False))
    evil = "a\x1b]0;x\x9b\u202e[link=http://x]b[/link]"
    screen.show_table([evil], [[evil], [Text(evil)]])
    said = capsys.readouterr().out
    assert said.count("a\\x1b]0;x\\x9b\\u202e[link=http://x]b[/link]") == 3
    assert all(c not in said for c in "\x1b\x9b\u202e")


def test_line_ends_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    screen.show("select 1\nfrom a")
    assert capsys.readouterr().out == "select 1\nfrom a\n"
