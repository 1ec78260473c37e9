"""Rendering a page from its template: numbers formatted for people, every text escaped, one stylesheet for all pages.

A page is one file that needs no other, runs no script, and forbids the browser to load anything. Not here: what is on a page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ecom_lake.publish.pages.incomplete import LEGEND
from ecom_lake.words import three_digits

if TYPE_CHECKING:
    from jinja2 import Environment

LONGEST = 400
_SIZES = ((1e9, 1e9, "B"), (1e6, 1e6, "M"), (1e4, 1e3, "k"))
"""From which amount on, in which unit, and its sign."""
_HERE = Path(__file__).parent
_STYLE = "style.css"


def rendered(template: str, currency: str | None = None, **values: Any) -> bytes:
    """The page. `currency` is the sign that amounts of money carry; None for none."""
    style = (_HERE / _STYLE).read_text(encoding="utf-8")
    return _environment(currency).get_template(template).render(style=style, **values).encode()


@cache
def _environment(currency: str | None) -> Environment:
    """One for all pages with this currency, because compiling a template takes longer than rendering a page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    # trim_blocks and lstrip_blocks give the same bytes on every machine.
    jinja = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=FileSystemLoader(_HERE),
    )
    jinja.globals["incomplete_legend"] = LEGEND
    jinja.filters |= FILTERS | {"amount": partial(amount, currency=currency)}
    return jinja


def printable(text: object) -> str:
    """The text with unprintable characters as their code, cut after LONGEST characters."""
    shown = "".join(c if c.isprintable() or c in "\n\N{NO-BREAK SPACE}" else f"\\u{ord(c):04x}" for c in str(text)[:LONGEST])
    more = len(str(text)) - LONGEST
    return f"{shown} … and {more:,} more characters" if more > 0 else shown


def amount(value: Any, digits: int = 0, *, currency: str | None = None) -> str:
    """An amount of money with the currency sign: -R$ 29,184."""
    number = f"{abs(value):,.{digits}f}"
    sign = "-" if value < 0 and number.strip("0.,") else ""
    return f"{sign}{currency}\N{NO-BREAK SPACE}{number}" if currency else f"{sign}{number}"


def axis_amount(value: float, *, currency: str | None = None) -> str:
    """An amount at the tick of an axis, as short as it is exact: R$ 1.5M, R$ 20k, R$ 5,000."""
    size, suffix = next(((size, suffix) for least, size, suffix in _SIZES if abs(value) >= least), (1.0, ""))
    number = f"{abs(value) / size:.10g}{suffix}" if suffix else f"{abs(value):,.10g}"
    sign = "-" if value < 0 else ""
    return f"{sign}{currency}\N{NO-BREAK SPACE}{number}" if currency else f"{sign}{number}"


def percent(share: float) -> str:
    """One decimal; two below 1% and between 99% and 100%, so that a small share is not 0.0%, nor a large one 100.0%.

    Growth has the same digits: it may be below zero or above 100%."""
    if share in (0, 1):
        return f"{share:.0%}"
    if 0 < share < 0.00005:
        return "< 0.01%"
    if 0.99 < share < 1:
        return f"{min(100 * share, 99.99):.2f}%"
    return f"{100 * share:.1f}%" if abs(share) >= 0.01 else f"{100 * share:.2f}%"


def _number(value: int) -> str:
    return f"{value:,}"


def _decimal(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _longest(texts: Iterable[str]) -> str:
    return max(texts, key=len, default="")


FILTERS: dict[str, Callable[..., str]] = {
    "n": _number,
    "percent": percent,
    "bound": three_digits,
    "longest": _longest,
    "printable": printable,
    "decimal": _decimal,
}
