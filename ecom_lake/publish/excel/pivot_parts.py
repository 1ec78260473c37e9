"""The parts of PivotTables in a finished workbook: added, and named where Excel looks for them.

Not here: the XML of the parts (pivot_table.py).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence

from ecom_lake.publish.excel.pivot_table import XML, PivotTable

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_CACHE, _RECORDS = "xl/pivotCache/pivotCacheDefinition1.xml", "xl/pivotCache/pivotCacheRecords1.xml"
_CREATED = (1980, 1, 1, 0, 0, 0)
"""The time of every part, as XlsxWriter writes it: the same release gives the same bytes."""


def with_pivot_tables(book: bytes, tables: Mapping[int, PivotTable]) -> bytes:
    """The workbook with PivotTables over one cache, each by the number of its sheet, from 1."""
    caches = {id(table.cache): table.cache for table in tables.values()}
    if not tables:
        return book
    [cache] = caches.values()
    with zipfile.ZipFile(io.BytesIO(book)) as file:
        parts = {one.filename: file.read(one) for one in file.infolist()}
    parts[_CACHE] = cache.definition().encode()
    parts[_RECORDS] = cache.records().encode()
    parts[_related(_CACHE)] = _relations([("pivotCacheRecords", "pivotCacheRecords1.xml")])
    named = [("pivotCacheDefinition", _CACHE), ("pivotCacheRecords", _RECORDS)]
    for number, (sheet, table) in enumerate(tables.items(), 1):
        part = f"xl/pivotTables/pivotTable{number}.xml"
        parts[part] = table.definition().encode()
        parts[_related(part)] = _relations([("pivotCacheDefinition", "../pivotCache/pivotCacheDefinition1.xml")])
        beside = _related(f"xl/worksheets/sheet{sheet}.xml")
        assert beside not in parts, "the sheet of a PivotTable has nothing else"
        parts[beside] = _relations([("pivotTable", f"../pivotTables/pivotTable{number}.xml")])
        named.append(("pivotTable", part))
    relation = f'<Relationship Id="rIdPivot" Type="{_OFFICE}/pivotCacheDefinition" Target="{_CACHE.removeprefix("xl/")}"/>'
    _insert(parts, "xl/_rels/workbook.xml.rels", relation, "</Relationships>")
    _insert(parts, "xl/workbook.xml", '<pivotCaches><pivotCache cacheId="1" r:id="rIdPivot"/></pivotCaches>', "</workbook>")
    types = "".join(f'<Override PartName="/{part}" ContentType="{_TYPE}.{kind}+xml"/>' for kind, part in named)
    _insert(parts, "[Content_Types].xml", types, "</Types>")
    return _zipped(parts)


def _related(part: str) -> str:
    folder, _, name = part.rpartition("/")
    return f"{folder}/_rels/{name}.rels"


def _relations(targets: Sequence[tuple[str, str]]) -> bytes:
    relations = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{XML}<Relationships xmlns="{_PACKAGE}">{relations}</Relationships>'.encode()


def _insert(parts: dict[str, bytes], part: str, xml: str, before: str) -> None:
    """At the end of an element of a part."""
    start, end, rest = parts[part].decode().rpartition(before)
    assert end and not rest.strip(), f"{part} does not end with {before}"
    parts[part] = f"{start}{xml}{end}".encode()


def _zipped(parts: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression=zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            part = zipfile.ZipInfo(name, _CREATED)
            part.compress_type = zipfile.ZIP_DEFLATED
            book.writestr(part, content)
    return file.getvalue()
