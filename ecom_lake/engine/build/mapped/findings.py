"""What a mapped part records for warnings: values that no word list has, and records that fail a check of the map.

The counts of deliveries that were mapped together are recorded once, with the last of them.
Not here: the sentences (checks.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from ecom_lake.engine.build.bronze.delivered_rows import kind_rows
from ecom_lake.engine.build.mapped.facets import bronze_table, map_of
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.mapping.checks import run_checks
from ecom_lake.engine.mapping.definitions import Facet
from ecom_lake.engine.mapping.run_facet import MappedRows
from ecom_lake.engine.store.entry import Entry, Parts

_VALUES = 50
"""The largest number of values of a word list that are recorded: every state of the log stores them."""
_WORDS, _CHECK = "words ", "check "


def found_in(site: Site, entry: Entry, facet: Facet, deliveries: Collection[int], mapped: MappedRows) -> dict[str, int]:
    """The rows with each value that is not listed, and the records that fail each check."""
    found = {
        f"{_WORDS}{words} {value}": rows
        for words, values in mapped.not_listed.items()
        for value, rows in Counter(values).most_common(_VALUES)
    }
    return found | dict(_failed_checks(site, entry, facet, deliveries))


def _failed_checks(site: Site, entry: Entry, facet: Facet, deliveries: Collection[int]) -> Iterator[tuple[str, int]]:
    """The checks of the file that a facet reads. Of several facets that read it, the first one runs them."""
    map_, kind = map_of(site), bronze_table(site, facet).name
    first = next(one for one in map_.facets if map_.file_kind(one.kind).name == kind)
    checked = {map_.file_kind(check.kind).name for check in map_.checks}
    if facet == first and kind in checked:
        rows = kind_rows(site, entry, kind, deliveries).collect()
        for result in run_checks(map_, {kind: rows}, site.shop.timezone):
            if result.failed:
                yield f"{_CHECK}{result.check.says}", result.failed


def not_listed(parts: Parts) -> Counter[tuple[str, str]]:
    """By word list and value: the rows with a value that the list does not have."""
    found = Counter[tuple[str, str]]()
    for key, rows in _recorded(parts, _WORDS):
        words, _, value = key.partition(" ")
        found[words, value] += rows
    return found


def not_met(parts: Parts) -> Counter[str]:
    """By check: the records that fail it."""
    found = Counter[str]()
    for check, records in _recorded(parts, _CHECK):
        found[check] += records
    return found


def _recorded(parts: Parts, prefix: str) -> Iterator[tuple[str, int]]:
    for file in parts.values():
        yield from ((key.removeprefix(prefix), count) for key, count in file.failed.items() if key.startswith(prefix))
