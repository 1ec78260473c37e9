"""Rank correlations as a triangle: a row and a column for each measure, the stronger the darker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ecom_lake.engine.serve.profile.table_profile import Correlation
from ecom_lake.publish.column_words import as_heading, in_words
from ecom_lake.publish.dashboard.heatmap import SHADES, Cell, HeatMap, HeatRow
from ecom_lake.publish.profile.numbers_in_words import correlation


def correlation_table(title: str, pairs: Sequence[Correlation]) -> HeatMap | None:
    """None where no two columns can be compared."""
    found = {(one.one, one.other): one for one in pairs}
    names = list(dict.fromkeys(name for one in pairs for name in (one.one, one.other)))
    if not names:
        return None
    rows = [HeatRow(as_heading(name), _cells(names, number, found)) for number, name in enumerate(names) if number]
    return HeatMap(title, "", "", [in_words(name) for name in names[:-1]], rows)


def _cells(names: Sequence[str], row: int, found: Mapping[tuple[str, str], Correlation]) -> list[Cell]:
    """A cell for each name but the last; those to the right of the diagonal are blank."""
    return [_cell(found.get((one, names[row]))) if place < row else Cell() for place, one in enumerate(names[:-1])]


def _cell(pair: Correlation | None) -> Cell:
    if pair is None:
        return Cell()
    text = correlation(pair.value)
    title = f"{in_words(pair.one)} and {in_words(pair.other)}: {text} over {pair.rows:,} rows"
    return Cell(text, shade=round(SHADES * abs(pair.value)), title=title)
