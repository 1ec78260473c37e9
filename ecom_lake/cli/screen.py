"""How things look in a terminal: tables, numbers, times, and values that come from data.

Here: rendering, and nothing that knows a lake. Text from data is never read as markup, and its control characters are shown,
not obeyed. Where the output is piped nothing is cut to a width, and there is no colour.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from rich.progress import Progress

PIPED_WIDTH = 10_000
NARROW = 28
"""Text columns are cut to this where a table does not fit otherwise."""
LISTED = 10
"""Of a list of sentences, no more than these are shown."""
_GAP = 2

Cell = str | Text


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError  # `main` ends quietly; rich would exit with 1, which means something else here


def out() -> Console:
    return _console(sys.stdout.isatty())


def err() -> Console:
    return _console(sys.stderr.isatty(), stderr=True)


def _console(is_terminal: bool, stderr: bool = False) -> Console:
    width = None if is_terminal else PIPED_WIDTH
    return _Console(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)


def say(*lines: Cell, style: str = "") -> None:
    for line in lines:
        out().print(line, style=style)


def complain(*sentences: str) -> None:
    """What went wrong, where errors go."""
    for sentence in sentences:
        err().print(shown(sentence), style="red")


@contextmanager
def progress() -> Iterator[Progress]:
    """A bar that goes when the work is done, and is not there when nobody watches."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = err()
    columns = (BarColumn(bar_width=30), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield bar


def emit_json(value: Any) -> None:
    """For programs: one JSON document, whole."""
    json.dump(value, sys.stdout, indent=2, default=plain, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")


def plain(value: Any) -> Any:
    """A value as JSON has it: money as a number, times in ISO, whatever else as text."""
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


# ------------------------------------------------------------------------------------------------------- values


def number(value: float) -> str:
    return f"{value:,}"


def size(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:,.0f} {unit}" if unit in ("B", "kB") else f"{count:,.1f} {unit}"
        count /= 1000
    return f"{count:,.1f} TB"


def age(then: datetime) -> str:
    """How long ago, as people say it."""
    seconds = (datetime.now(UTC) - then).total_seconds()
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count:,} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def local(then: datetime) -> str:
    return f"{then.astimezone():%Y-%m-%d %H:%M}"


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def value(found: Any) -> Text:
    """A value from data, on one line."""
    if found is None:
        return Text("NULL", style="dim")
    if isinstance(found, bool):
        return Text("true" if found else "false")
    if isinstance(found, float):
        return Text(f"{found:.6g}" if abs(found) < 1e6 else f"{found:.2f}")
    return Text(shown(str(found)))


def shown(text: str) -> str:
    """Text from data with its control characters spelled out: a terminal must not obey them."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


# ------------------------------------------------------------------------------------------------------- tables


def table(columns: Sequence[str], right: Iterable[str] = (), wrap: Iterable[str] = ()) -> Table:
    """An empty table; the columns in `right` hold numbers, those in `wrap` hold sentences."""
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold", padding=(0, _GAP, 0, 0))
    for name in columns:
        made.add_column(
            name,
            justify="right" if name in right else "left",
            no_wrap=name not in wrap,
            overflow="fold" if name in wrap else "ellipsis",
            ratio=None,
        )
    return made


def show_rows(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Rows of any shape: as a table where it fits, one under the other where there are few, else without the last columns."""
    cells = [[value(found) for found in row] for row in rows]
    widths = [max([cell_len(name), *(row[i].cell_len for row in cells)]) for i, name in enumerate(names)]
    room = out().width
    if _total(widths) > room and 0 < len(rows) <= 3:
        _show_records(names, cells)
        return
    numeric = [all(isinstance(row[i], int | float | Decimal | None) for row in rows) for i in range(len(names))]
    if _total(widths) > room:
        widths = [width if numeric[i] else min(width, max(NARROW, cell_len(names[i]))) for i, width in enumerate(widths)]
    fitting = max(1, next((i for i in range(len(names)) if _total(widths[: i + 1]) > room), len(names)))
    made = table(names[:fitting], right=[name for name, is_number in zip(names, numeric, strict=True) if is_number])
    for column, width in zip(made.columns, widths, strict=False):
        column.max_width = width
    for row in cells:
        made.add_row(*row[:fitting])
    out().print(made)
    if fitting < len(names):
        left_out = ", ".join(names[fitting:])
        say(f"… and {counted(len(names) - fitting, 'column')} that the window has no room for: {left_out}", style="dim")


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * len(widths)


def _show_records(names: Sequence[str], rows: Sequence[Sequence[Text]]) -> None:
    for position, row in enumerate(rows):
        made = table(["", " "], wrap=[" "])
        made.show_header = False
        for name, found in zip(names, row, strict=True):
            made.add_row(Text(name, style="bold"), found)
        if position:
            say("")
        out().print(made)


def show_pairs(pairs: Mapping[str, Cell]) -> None:
    """Names and values, aligned, the values wrapped where they must be."""
    made = Table(box=None, show_header=False, pad_edge=False, padding=(0, _GAP, 0, 0))
    made.add_column(no_wrap=True, style="bold")
    made.add_column(overflow="fold")
    for name, found in pairs.items():
        made.add_row(name, found)
    out().print(made)


def show_list(sentences: Iterable[Cell], mark: str = "•", style: str = "") -> None:
    """Sentences under each other, each with a mark and a hanging indent."""
    made = Table(box=None, show_header=False, pad_edge=False, padding=(0, 1, 0, 0))
    made.add_column(no_wrap=True, style=style)
    made.add_column(overflow="fold")
    for sentence in sentences:
        made.add_row(mark, sentence)
    if made.row_count:
        out().print(made)


def show_some(sentences: Iterable[str]) -> None:
    """The first of many sentences from data."""
    listed = [shown(sentence) for sentence in sentences]
    show_list(listed[:LISTED])
    if len(listed) > LISTED:
        say(f"… and {len(listed) - LISTED:,} more", style="dim")
