"""Terminal output: tables, lists, progress, errors and JSON; numbers, times and values formatted for people.

Text from data is never interpreted as markup, and its control characters are escaped. Piped output is not cut to a width and
has no colour. Not here: anything about a lake.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich import box
from rich.cells import cell_len
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from ecom_lake.visible import visible
from ecom_lake.words import counted

if TYPE_CHECKING:
    from rich.progress import Progress

PIPED_WIDTH = 10_000
NARROW = 20
"""The minimum width of a column that may be cut or wrapped."""
LISTED = 10
"""The number of items of a list that are shown."""
_GAP = 2

Cell = str | Text


class _Console(Console):
    def on_broken_pipe(self) -> None:
        raise BrokenPipeError  # `main` exits with 0; rich would exit with 1


def out() -> Console:
    return _console(sys.stdout.isatty())


def err() -> Console:
    return _console(sys.stderr.isatty(), stderr=True)


def _console(is_terminal: bool, stderr: bool = False) -> Console:
    width = None if is_terminal else PIPED_WIDTH
    return _Console(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)


def show(*lines: Cell, style: str = "") -> None:
    for line in lines:
        out().print(_escaped(line), style=style)


def _escaped(cell: Cell) -> Cell:
    """The text with control characters escaped, except line ends; rich adds colours afterwards."""
    if isinstance(cell, str):
        return visible(cell, keep="\n")
    clean = visible(cell.plain, keep="\n")
    return cell if clean == cell.plain else Text(clean, style=cell.style)


def show_error(*sentences: str) -> None:
    """Prints sentences to standard error."""
    for sentence in sentences:
        err().print(printable(sentence), style="red")


@contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar that disappears at the end; nothing where standard error is no terminal."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = err()
    columns = (BarColumn(bar_width=30), TimeElapsedColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield bar


def show_json(value: Any) -> None:
    """Prints one JSON document."""
    sys.stdout.write(json_text(value, indent=2) + "\n")


def json_text(value: Any, indent: int | None = None) -> str:
    """JSON with control characters as JSON escapes: the same document for a program, and harmless in a terminal."""
    text = json.dumps(value, indent=indent, default=_json_value, ensure_ascii=False, allow_nan=False)
    if text.isascii():
        return text
    return "".join(c if visible(c, keep="\n") == c else json.dumps(c)[1:-1] for c in text)


def _json_value(value: Any) -> Any:
    """Money as a number, times in ISO format, everything else as text."""
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
    """The time since then, such as 3 hours ago."""
    seconds = (datetime.now(UTC) - then).total_seconds()
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{counted(count, unit)} ago"
    return "just now"


def local(then: datetime) -> str:
    return f"{then.astimezone():%Y-%m-%d %H:%M}"


def value(found: Any) -> Text:
    """A value from data, on one line. Integers have no thousands separators: some are years or identifiers."""
    if found is None:
        return Text("NULL", style="dim")
    if isinstance(found, bool):
        return Text("true" if found else "false")
    if isinstance(found, float):
        return Text(f"{found:.6g}" if abs(found) < 100 else f"{found:,.2f}".removesuffix(".00"))
    if isinstance(found, Decimal):
        return Text(f"{found:,}")
    return Text(printable(str(found)))


def percent(share: float) -> str:
    return f"{round(share, 3) + 0.0:.1%}"  # avoids -0.0%


def printable(text: str) -> str:
    """Text from data on one line, with control characters escaped."""
    return visible(text)


# ------------------------------------------------------------------------------------------------------- tables


def show_table(
    names: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    right: Iterable[str] = (),
    wrap: Iterable[str] = (),
    cut: Iterable[str] = (),
    header: bool = True,
) -> None:
    """Prints a table. If it is too wide, columns in `wrap` are wrapped, columns in `cut` are cut, and the last are dropped."""
    cells = [[_escaped(cell) for cell in row] for row in rows]
    right, wrap, cut = ({visible(name) for name in chosen} for chosen in (right, wrap, cut))
    names = [visible(name) for name in names]
    natural = [max(map(_width, [name, *(row[i] for row in cells)])) for i, name in enumerate(names)]
    may_shrink = [name in wrap or name in cut for name in names]
    widths = _fit(natural, may_shrink, out().width)
    made = Table(
        box=box.SIMPLE_HEAD if header else None,
        show_header=header,
        show_edge=False,
        pad_edge=False,
        header_style="bold",
        padding=(0, 1 if header else _GAP, 0, 0),  # the box adds one
    )
    for name, width in zip(names, widths, strict=False):
        folds = name in wrap
        justify: JustifyMethod = "right" if name in right else "left"
        made.add_column(name, justify=justify, no_wrap=not folds, overflow="fold" if folds else "ellipsis", width=width)
    for row in cells:
        made.add_row(*row[: len(widths)])
    _print(made)
    if left_out := names[len(widths) :]:
        show(f"… and {counted(len(left_out), 'more column')} (window too narrow): {', '.join(left_out)}", style="dim")


def _print(table: Table) -> None:
    console = out()
    if console.is_terminal:
        console.print(table)
        return
    with console.capture() as captured:
        console.print(table)
    show(*(line.rstrip() for line in captured.get().splitlines()))  # rich pads every line


def _fit(natural: Sequence[int], may_shrink: Sequence[bool], room: int) -> list[int]:
    """The widths of the columns that fit; remaining room goes to the shrunk columns, from the left."""
    widths = [min(width, NARROW) if shrinks else width for width, shrinks in zip(natural, may_shrink, strict=True)]
    while len(widths) > 1 and _total(widths) > room:
        widths.pop()
    for i, width in enumerate(widths):
        widths[i] += min(natural[i] - width, max(room - _total(widths), 0))
    return widths


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * (len(widths) - 1)


def _width(cell: Cell) -> int:
    return cell.cell_len if isinstance(cell, Text) else cell_len(cell)


def show_rows(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Prints rows as a table, or as names and values if there is one row that is too wide."""
    cells: list[list[Cell]] = [[value(found) for found in row] for row in rows]
    numeric = {name for i, name in enumerate(names) if holds_numbers([row[i] for row in rows])}
    widest = [max(map(_width, [name, *(row[i] for row in cells)])) for i, name in enumerate(names)]
    if len(rows) == 1 and _total(widest) > out().width:
        show_pairs(zip(names, cells[0], strict=True))
    else:
        show_table(names, cells, right=numeric, cut=set(names) - numeric)


def holds_numbers(column: Sequence[Any]) -> bool:
    """Whether all values of a column are numbers; these are right-aligned."""
    found = [value for value in column if value is not None]
    return bool(found) and all(isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in found)


def show_pairs(pairs: Iterable[tuple[str, Cell]]) -> None:
    """Prints names and values in two columns; values are wrapped."""
    rows: list[list[Cell]] = [[Text(name, style="bold"), found] for name, found in pairs]
    show_table(["", " "], rows, wrap=[" "], header=False)


def show_list(sentences: Iterable[Cell], mark: str = "•", style: str = "") -> None:
    """Prints a list: each sentence with a mark and a hanging indent."""
    rows: list[list[Cell]] = [[Text(mark, style=style), sentence] for sentence in sentences]
    if rows:
        show_table(["", " "], rows, wrap=[" "], header=False)


def show_some(sentences: Iterable[str]) -> None:
    """Prints the first LISTED sentences, and the number of the others."""
    listed = [printable(sentence) for sentence in sentences]
    show_list(listed[:LISTED])
    show_remaining(len(listed))


def show_remaining(count: int, listed: int = LISTED) -> None:
    """Prints how many items of a list are not shown."""
    if count > listed:
        show(f"… and {count - listed:,} more", style="dim")
