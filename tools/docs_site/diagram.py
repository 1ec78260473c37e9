"""Diagrams of tables as SVG text: entities with their references, and the lineage of one table.

Here: positions and markup. Every name is a link, so that the keyboard reaches it; colours are in docs/stylesheets/site.css.
Not here: which tables and references there are (references.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

WIDTH, ROW, HEAD, GAP, ACROSS, EDGE = 196, 20, 28, 22, 100, 12
_THIN = 10
"""The height that a reference occupies where it passes a column of entities."""
_SWEEPS = 8


@dataclass(frozen=True)
class Row:
    """A column of an entity."""

    name: str
    mark: str = ""
    """key, or nothing."""


@dataclass(frozen=True)
class Entity:
    name: str
    href: str
    meaning: str
    rows: Sequence[Row]
    others: int = 0
    """The number of its columns that are not shown."""

    @property
    def height(self) -> int:
        return HEAD + ROW * (len(self.rows) + bool(self.others)) + 6


@dataclass(frozen=True)
class Line:
    """A reference from a row of one entity to a row of another."""

    source: str
    row: str
    target: str
    target_row: str
    is_one_to_one: bool = False


@dataclass(frozen=True)
class Tile:
    name: str
    href: str
    meaning: str


def entities(title: str, meaning: str, shown: Sequence[Entity], lines: Sequence[Line]) -> str:
    """Entities in columns: those that refer to no other on the left, each other one on the right of all that it refers to."""
    layout = _Layout(shown, lines)
    body = [*(_line(layout, line) for line in lines), *(_entity(layout, one) for one in shown)]
    return _svg(title, meaning, layout.width, layout.height, body)


class _Layout:
    """The place of each entity. A line that passes a column has a place in it as well, so that it crosses no entity."""

    def __init__(self, shown: Sequence[Entity], lines: Sequence[Line]) -> None:
        self.entities = {one.name: one for one in shown}
        self.lines = lines
        self.level = dict.fromkeys(self.entities, 0)
        for _ in self.entities:  # a longest path has fewer steps than there are entities
            for line in lines:
                self.level[line.source] = max(self.level[line.source], self.level[line.target] + 1)
        columns: list[list[str]] = [[] for _ in range(max(self.level.values(), default=0) + 1)]
        for name, level in self.level.items():
            columns[level].append(name)
        for number in range(len(lines)):
            for level in self.passed(number):
                columns[level].append(_passing(number, level))
        self.columns = _ordered(columns, self._neighbours())
        self.width = 2 * EDGE + len(columns) * WIDTH + (len(columns) - 1) * ACROSS
        heights = [sum(map(self._height, column)) + GAP * (len(column) - 1) for column in self.columns]
        self.height = max(heights, default=0) + 2 * EDGE
        self.top: dict[str, float] = {}
        for column, height in zip(self.columns, heights, strict=True):
            y = EDGE + (self.height - 2 * EDGE - height) / 2
            for name in column:
                self.top[name] = y
                y += self._height(name) + GAP

    def passed(self, number: int) -> range:
        """The columns that a line passes."""
        line = self.lines[number]
        return range(self.level[line.target] + 1, self.level[line.source])

    def left(self, level: int) -> int:
        return EDGE + level * (WIDTH + ACROSS)

    def row(self, entity: str, row: str) -> float:
        """The middle of a row."""
        names = [one.name for one in self.entities[entity].rows]
        return self.top[entity] + HEAD + ROW * (names.index(row) + 0.5)

    def _height(self, name: str) -> int:
        return self.entities[name].height if name in self.entities else _THIN

    def _neighbours(self) -> Mapping[str, set[str]]:
        found: dict[str, set[str]] = {}
        for number, line in enumerate(self.lines):
            stops = [line.target, *(_passing(number, level) for level in self.passed(number)), line.source]
            for one, other in pairwise(stops):
                found.setdefault(one, set()).add(other)
                found.setdefault(other, set()).add(one)
        return found


def _passing(number: int, level: int) -> str:
    return f"line {number} at {level}"


def _ordered(columns: Sequence[list[str]], neighbours: Mapping[str, set[str]]) -> list[list[str]]:
    """Each column sorted by the mean place of its neighbours, which brings together what belongs together."""
    ordered = [sorted(column) for column in columns]
    for _ in range(_SWEEPS):
        for number, column in enumerate(ordered):
            place = {
                name: (i + 0.5) / len(other) for j, other in enumerate(ordered) if j != number for i, name in enumerate(other)
            }
            own = {name: (i + 0.5) / len(column) for i, name in enumerate(column)}

            def mean(name: str, place: Mapping[str, float] = place, own: Mapping[str, float] = own) -> tuple[float, str]:
                near = [place[one] for one in neighbours.get(name, ()) if one in place]
                return (sum(near) / len(near) if near else own[name]), name

            ordered[number] = sorted(column, key=mean)
    return ordered


def _line(layout: _Layout, line: Line) -> str:
    number = layout.lines.index(line)
    x, y = float(layout.left(layout.level[line.target]) + WIDTH), layout.row(line.target, line.target_row)
    path = f"M{x:g} {y:g}"
    for level in layout.passed(number):
        left, middle = layout.left(level), layout.top[_passing(number, level)] + _THIN / 2
        path += f"{_curve(x, y, left, middle)}H{left + WIDTH}"
        x, y = left + WIDTH, middle
    end, height = float(layout.left(layout.level[line.source])), layout.row(line.source, line.row)
    path += _curve(x, y, end, height)
    words = "belongs to one row of" if not line.is_one_to_one else "is at most one row for each row of"
    text = f"{line.source}.{line.row}: {words} {line.target}"
    many = (
        ""
        if line.is_one_to_one
        else f'<path class="many" d="M{end:g} {height - 5:g}L{end - 9:g} {height:g}L{end:g} {height + 5:g}"/>'
    )
    one = layout.left(layout.level[line.target]) + WIDTH
    start = layout.row(line.target, line.target_row)
    return (
        f'<g class="line"><title>{escape(text)}</title><path d="{path}"/>'
        f'<path class="one" d="M{one + 7} {start - 5:g}V{start + 5:g}"/>{many}</g>'
    )


def _curve(x: float, y: float, to_x: float, to_y: float) -> str:
    middle = (x + to_x) / 2
    return f"C{middle:g} {y:g} {middle:g} {to_y:g} {to_x:g} {to_y:g}"


def _entity(layout: _Layout, one: Entity) -> str:
    x, y = layout.left(layout.level[one.name]), layout.top[one.name]
    rows = "".join(_row(row, x, y + HEAD + ROW * number) for number, row in enumerate(one.rows))
    if one.others:
        below = y + HEAD + ROW * len(one.rows)
        rows += f'<text class="others" x="{x + 12}" y="{below + 14:g}">{one.others} more column{"s" * (one.others != 1)}</text>'
    return (
        f'<g class="entity"><rect class="box" x="{x}" y="{y:g}" width="{WIDTH}" height="{one.height}" rx="6"/>'
        f'<a href="{escape(one.href)}"><title>{escape(one.meaning)}</title>'
        f'<path class="head" d="M{x} {y + HEAD - 4:g}v-18q0 -6 6 -6h{WIDTH - 12}q6 0 6 6v18z"/>'
        f'<text class="name" x="{x + 12}" y="{y + 17:g}">{escape(one.name)}</text></a>{rows}</g>'
    )


def _row(row: Row, x: float, y: float) -> str:
    mark = f'<text class="mark" x="{x + WIDTH - 12}" y="{y + 14:g}">{escape(row.mark)}</text>' if row.mark else ""
    return f'<text x="{x + 12}" y="{y + 14:g}">{escape(row.name)}</text>{mark}'


# ------------------------------------------------------------------------------------------------------------ lineage

TILE, TILE_WIDTH, TILES_HIGH, ARROW = 26, 176, 9, 46


def lineage(title: str, meaning: str, inputs: Sequence[Tile], table: str, readers: Sequence[Tile]) -> str:
    """The tables that a table is made from, the table, and the tables that are made from it."""
    left, right = _Frame(f"Made from {len(inputs)}", inputs), _Frame(f"Read by {len(readers)}", readers)
    height = max(left.height, right.height, 60) + 2
    middle = height / 2
    body, x = [*left.drawn(1, middle)], 1 + left.width
    if inputs:
        body.append(_arrow(x, x + ARROW, middle))
        x += ARROW
    body.append(
        f'<g class="this"><rect x="{x}" y="{middle - 17:g}" width="{TILE_WIDTH}" height="34" rx="6"/>'
        f'<text x="{x + TILE_WIDTH / 2:g}" y="{middle + 4:g}">{escape(table)}</text></g>'
    )
    x += TILE_WIDTH
    if readers:
        body += [_arrow(x, x + ARROW, middle), *right.drawn(x + ARROW, middle)]
        x += ARROW + right.width
    return _svg(title, meaning, x + 1, height, body)


@dataclass(frozen=True)
class _Frame:
    label: str
    tiles: Sequence[Tile]

    @property
    def across(self) -> int:
        return -(-len(self.tiles) // TILES_HIGH)

    @property
    def high(self) -> int:
        return -(-len(self.tiles) // max(self.across, 1))

    @property
    def width(self) -> int:
        return 10 + self.across * (TILE_WIDTH + 6) if self.tiles else 0

    @property
    def height(self) -> int:
        return 30 + self.high * TILE + 4 if self.tiles else 0

    def drawn(self, x: float, middle: float) -> Iterator[str]:
        if not self.tiles:
            return
        y = middle - self.height / 2
        yield f'<rect class="frame" x="{x:g}" y="{y:g}" width="{self.width}" height="{self.height}" rx="6"/>'
        yield f'<text class="label" x="{x + 10:g}" y="{y + 19:g}">{escape(self.label)}</text>'
        for number, tile in enumerate(self.tiles):
            across, down = divmod(number, self.high)
            left, top = x + 8 + across * (TILE_WIDTH + 6), y + 28 + down * TILE
            yield (
                f'<a class="tile" href="{escape(tile.href)}"><title>{escape(tile.meaning)}</title>'
                f'<rect x="{left:g}" y="{top:g}" width="{TILE_WIDTH - 6}" height="{TILE - 4}" rx="4"/>'
                f'<text x="{left + 8:g}" y="{top + 15:g}">{escape(tile.name)}</text></a>'
            )


def _arrow(x: float, to_x: float, y: float) -> str:
    return f'<path class="arrow" d="M{x + 4:g} {y:g}H{to_x - 4:g}m-7 -5l7 5l-7 5"/>'


def _svg(title: str, meaning: str, width: float, height: float, body: Sequence[str]) -> str:
    """In one line each, because a blank line or an indent would end the HTML in a Markdown page."""
    lines = "\n".join(body)
    return (
        f'<div class="diagram" role="region" aria-label="{escape(title)}" tabindex="0">\n'
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="group" '
        f'aria-label="{escape(title)}">\n'
        f"<title>{escape(title)}</title><desc>{escape(meaning)}</desc>\n{lines}\n</svg>\n</div>\n"
    )
