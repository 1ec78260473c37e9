"""Text charts: bars, a waterfall, lines and a heat map; each as lines of text that fit a width.

Colour is never the only distinction: pale, negative and dark cells have different characters too. Labels must be printable
(`screen.printable`). Not here: questions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import accumulate, pairwise

from rich.cells import cell_len, set_cell_size
from rich.text import Text

NARROWEST = 30
"""The minimum width of a chart, in characters."""
_EIGHTHS = " ▏▎▍▌▋▊▉"
_SHADES = " ░▒▓█"
_HEATS = (("", ""), ("#000000", "#d0e4f5"), ("#000000", "#8fbfe6"), ("#ffffff", "#2b6cb0"), ("#ffffff", "#123f73"))
"""Text and background colour of the cells of a heat map, by shade."""
_LINES = ("cyan", "yellow", "magenta", "green")
_HEIGHT = 10
_WIDEST = 4
"""The maximum width of a cell of a heat map without numbers."""
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The dots of a braille character, from the top."""
Number = float | None
Format = Callable[[float], str]
Drawing = list[Text]


# ----------------------------------------------------------------------------------------------------------------- bars


def bars(
    labels: Sequence[str], values: Sequence[Number], width: int, number_format: Format, pale: Sequence[bool] = ()
) -> Drawing:
    """A bar for each value, from zero; negative bars go to the left."""
    known = [value for value in values if value is not None]
    low, high = min([0.0, *known]), max([0.0, *known])
    made = _Frame(labels, values, width, number_format)
    drawing = []
    for number, (label, value) in enumerate(zip(labels, values, strict=True)):
        is_pale = number < len(pale) and pale[number]
        if low < 0:
            bar = _span(min(0.0, value or 0), max(0.0, value or 0), low, high, made.room, "▒" if is_pale else "█")
        else:
            bar = _fine(value or 0, high, made.room, is_pale)
        style = "red" if (value or 0) < 0 else "dim cyan" if is_pale else "cyan"
        drawing.append(made.line(label, bar, style, value))
    return drawing


def waterfall(
    labels: Sequence[str], values: Sequence[Number], width: int, number_format: Format, sums: Sequence[bool]
) -> Drawing:
    """Steps that each start where the one before ended; a sum starts at zero."""
    amounts = [value or 0.0 for value in values]
    ends = list(accumulate(zip(amounts, sums, strict=True), lambda at, step: step[0] if step[1] else at + step[0], initial=0.0))
    spans = [(0.0, end) if is_sum else (start, end) for (start, end), is_sum in zip(pairwise(ends), sums, strict=True)]
    low, high = min(0.0, *ends), max(0.0, *ends)
    made = _Frame(labels, values, width, number_format)
    drawing = []
    for label, value, (start, end), is_sum in zip(labels, values, spans, sums, strict=True):
        style, fill = ("cyan", "█") if is_sum else ("green", "▓") if end >= start else ("red", "▒")
        bar = _span(min(start, end), max(start, end), low, high, made.room, fill)
        drawing.append(made.line(label, bar, style, value))
    return drawing


class _Frame:
    """The columns of a bar chart: labels, bars, values."""

    def __init__(self, labels: Sequence[str], values: Sequence[Number], width: int, number_format: Format) -> None:
        self._format = number_format
        self._labels = min(max(map(cell_len, labels), default=0), max(width // 3, 8))
        self._values = max((len(self._value_text(value)) for value in values), default=0)
        self.room = max(width - self._labels - self._values - 2, 1)

    def line(self, label: str, bar: str, style: str, value: Number) -> Text:
        name = f"{_cut(label, self._labels)} "
        return Text.assemble(name, (set_cell_size(bar, self.room), style), f" {self._value_text(value):>{self._values}}")

    def _value_text(self, value: Number) -> str:
        return "" if value is None else self._format(value)


def _within(line: Text, width: int) -> Text:
    line.truncate(width, overflow="ellipsis")
    return line


def _cut(label: str, width: int) -> str:
    return set_cell_size(label, width) if cell_len(label) <= width else f"{set_cell_size(label, width - 1)}…"


def _fine(value: float, high: float, room: int, is_pale: bool) -> str:
    """A bar in eighths of a character; a value above zero is at least one eighth."""
    eighths = max(round(8 * room * (value / high)), 1) if value > 0 else 0
    if is_pale:
        return "▒" * max(eighths // 8, min(eighths, 1))
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _span(start: float, end: float, low: float, high: float, room: int, fill: str) -> str:
    """A bar from start to end, in whole characters, at least one if they differ."""
    if start == end:
        return ""
    first, last = (round(room * ((at - low) / (high - low))) for at in (start, end))
    first = min(first, room - 1)
    return " " * first + fill * max(last - first, 1)


# ---------------------------------------------------------------------------------------------------------------- lines


def lines(labels: Sequence[str], series: Mapping[str, Sequence[Number]], width: int, number_format: Format) -> Drawing:
    """A line for each series over the same labels; the second is dashed, the third dotted."""
    known = [value for values in series.values() for value in values if value is not None]
    if not known:
        return []
    low, high = min(0.0, *known), max(0.0, *known)
    scale = [number_format(high), *[""] * (_HEIGHT - 2), number_format(low)]
    margin = max(map(len, scale))
    room = max(width - margin - 2, 2)
    canvas = _Canvas(room, _HEIGHT)
    for number, values in enumerate(series.values()):
        canvas.draw([None if value is None else (value - low) / ((high - low) or 1) for value in values], number)
    drawing = [
        Text.assemble(f"{text:>{margin}} ", ("┤", "dim"), *canvas.row(row))
        for row, text in zip(range(_HEIGHT), scale, strict=True)
    ]
    drawing.append(Text(" " * (margin + 2) + _axis(labels, room)))
    if len(series) > 1:
        drawing.append(Text.assemble(" " * (margin + 2), *_legend(series)))
    return [_within(line, width) for line in drawing]


class _Canvas:
    """A grid of braille characters, two by four dots each."""

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = 2 * width, 4 * height
        self._cells: dict[tuple[int, int], int] = {}
        self._owners: dict[tuple[int, int], int] = {}

    def draw(self, values: Sequence[Number], number: int) -> None:
        """Draws values from 0 to 1, left to right; the line breaks at a missing value."""
        step = (self._width - 1) / max(len(values) - 1, 1)
        points = [None if v is None else (i * step, (1 - v) * (self._height - 1)) for i, v in enumerate(values)]
        for point in filter(None, points):
            self._dot(*point, number)
        for one, other in pairwise(points):
            if one and other:
                length = max(round(max(abs(other[0] - one[0]), abs(other[1] - one[1]))), 1)
                for i in range(length + 1):
                    if _is_drawn(round(one[0]) + i, number):
                        self._dot(one[0] + (other[0] - one[0]) * i / length, one[1] + (other[1] - one[1]) * i / length, number)

    def row(self, row: int) -> list[tuple[str, str]]:
        cells = [(row, column) for column in range(self._width // 2)]
        return [
            (chr(0x2800 + self._cells[cell]), _LINES[self._owners[cell] % len(_LINES)]) if cell in self._cells else (" ", "")
            for cell in cells
        ]

    def _dot(self, x: float, y: float, number: int) -> None:
        across, down = round(x), round(y)
        cell = (down // 4, across // 2)
        self._cells[cell] = self._cells.get(cell, 0) | _DOTS[down % 4][across % 2]
        self._owners.setdefault(cell, number)


def _is_drawn(position: int, number: int) -> bool:
    """Dashes for the second line, dots for the others."""
    return number == 0 or (position % 6 < 3 if number == 1 else position % 4 == 0)


def _axis(labels: Sequence[str], room: int) -> str:
    """The labels that fit: the first, the last and evenly spaced ones between."""
    width = max(map(cell_len, labels))
    if len(labels) == 1 or room < 2 * width + 1:
        return _cut(labels[0], min(width, room))
    shown = min(len(labels), max(room // (width + 4), 2))
    line = [" "] * room
    for i in range(shown):
        at = round(i * (len(labels) - 1) / (shown - 1))
        start = min(max(round(at * (room - 1) / (len(labels) - 1)) - width // 2, 0), room - width)
        line[start : start + width] = f"{labels[at]:<{width}}"
    return "".join(line).rstrip()


def _legend(series: Mapping[str, Sequence[Number]]) -> list[tuple[str, str]]:
    marks = ("⠤⠤⠤⠤", "⠤⠄⠠⠤", "⠄⠠⠄⠠")
    return [
        (f"{marks[min(number, len(marks) - 1)]} {name}   ", _LINES[number % len(_LINES)]) for number, name in enumerate(series)
    ]


# ------------------------------------------------------------------------------------------------------------- heat map


def heat(
    labels: Sequence[str],
    across: Sequence[str],
    cells: Mapping[tuple[str, str], Number],
    width: int,
    number_format: Format,
    colour: bool,
) -> Drawing:
    """A grid, darker for larger values, with numbers if they fit. Columns that do not fit are counted."""
    known = [value for value in cells.values() if value is not None]
    if not known:
        return []
    low, high = min(known), max(known)
    margin = min(max(map(cell_len, labels)), max(width // 4, 8))
    cell = max(*(len(number_format(value)) for value in known), *map(cell_len, across)) + (1 if colour else 2)
    has_numbers = margin + 1 + cell * len(across) <= width
    if not has_numbers:
        cell = min(max((width - margin - 1) // len(across), 1), _WIDEST)
    shown = across[: max((width - margin - 1) // cell, 1)]
    drawing = [Text(" " * (margin + 1) + _heads(shown, cell), style="bold")]
    for label in labels:
        line = Text(f"{_cut(label, margin)} ")
        for column in shown:
            value = cells.get((label, column))
            text, style = _cell(value, low, high, number_format if has_numbers else None, cell, colour)
            line.append(text, style)
        drawing.append(line)
    drawing.append(
        Text(
            f"{'':{margin}} {number_format(low)} {''.join(_SHADES[1:])} {number_format(high)}" if not colour else "", style="dim"
        )
    )
    if len(shown) < len(across):
        drawing.append(Text(f"… and {len(across) - len(shown)} more columns (too narrow)", style="dim"))
    return [_within(line, width) for line in drawing if line.plain.strip()]


def _heads(across: Sequence[str], cell: int) -> str:
    """The column names; only some of them if they are wider than the columns."""
    width = max(map(cell_len, across))
    every = -(-(width + 1) // cell)
    if every == 1:
        return "".join(f"{name:>{cell - 1}} " for name in across)
    line = "".join(f"{name:<{cell * every}}" for name in across[::every])
    return line[: cell * len(across)] if cell * len(across) > width else ""


def _cell(value: Number, low: float, high: float, number_format: Format | None, width: int, colour: bool) -> tuple[str, str]:
    if value is None:
        return " " * width, ""
    level = 1 + min(int(4 * (value - low) / ((high - low) or 1)), 3)
    shade = _SHADES[level]
    if colour:
        ink, ground = _HEATS[level]
        text = f"{number_format(value):>{width - 1}} " if number_format else " " * width
        return text, f"{ink} on {ground}"
    return (f"{number_format(value):>{width - 2}}{shade} " if number_format else shade * width), ""
