"""From a template to a page: numbers as people read them, and every text escaped.

A page is one file that needs nothing else, runs no script and forbids its reader's browser to. Not here: what stands on it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

LONGEST = 400


def rendered(template: str, **told: Any) -> bytes:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # Lines of the template end alike on every machine, and so do those of the page.
    jinja = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FileSystemLoader(Path(__file__).parent),
    )
    jinja.filters |= _FILTERS
    return jinja.get_template(template).render(**told).encode()


def seen(text: object) -> str:
    """A text as it can be shown to anybody: what is no printable character, by its number; not too much of it."""
    shown = "".join(c if c.isprintable() or c == "\n" else f"\\u{ord(c):04x}" for c in str(text)[:LONGEST])
    more = len(str(text)) - LONGEST
    return f"{shown} … and {more:,} characters more" if more > 0 else shown


def _number(value: int) -> str:
    return f"{value:,}"


def _money(value: Any) -> str:
    return f"{value:,.2f}"


def _percent(share: float) -> str:
    if share in (0, 1):
        return f"{share:.0%}"
    return f"{100 * share:.1f}%" if 0.01 <= share <= 0.99 else f"{min(100 * share, 99.99):.2f}%"


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _bound(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


_FILTERS: dict[str, Callable[..., str]] = {
    "n": _number,
    "money": _money,
    "whole": "{:,.0f}".format,
    "signed": "{:+,.0f}".format,
    "percent": _percent,
    "bound": _bound,
    "seen": seen,
    "plain": _plain,
}
