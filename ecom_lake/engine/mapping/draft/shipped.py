"""Whether files have the whole layout of a map that exists already, so that no draft is needed.

Not here: which maps there are (the command line reads those of the package).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ecom_lake.engine.contracts.delivered import Delivered
from ecom_lake.engine.landing.snake_case import snake_case
from ecom_lake.engine.mapping.definitions import Map
from ecom_lake.engine.mapping.draft.profile import KindProfile
from ecom_lake.engine.mapping.map_file import delivered


def fitting_map(kinds: Sequence[KindProfile], maps: Iterable[Map]) -> Map | None:
    """The map for whose every kind there is a file of its own with all the columns that the map reads; of several, the one that
    reads most columns."""
    fitting = [map_ for map_ in maps if _fits(kinds, delivered(map_))]
    return max(fitting, key=lambda map_: sum(len(table.required) for table in delivered(map_)), default=None)


def _fits(kinds: Sequence[KindProfile], tables: Sequence[Delivered]) -> bool:
    """The table with the most columns chooses its file first."""
    free = list(kinds)
    for table in sorted(tables, key=lambda table: -len(table.required)):
        found = next((kind for kind in free if _has_columns(kind, table)), None)
        if found is None:
            return False
        free.remove(found)
    return bool(tables)


def _has_columns(kind: KindProfile, table: Delivered) -> bool:
    headers = {snake_case(column.header) for column in kind.columns.values()}
    spelled = table.file_format.headers if table.file_format else {}
    return all({name, *spelled.get(name, ())} & headers for name in table.required)
