"""Whole data files, with ranges, so that polars, pandas and DuckDB read single columns of them over HTTP.

A table that is made by month is one file a month: its contract lists them. Not here: that list (catalogue.py).
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import FileResponse, MalformedRangeHeader, RangeNotSatisfiable, Response

from ecom_lake.engine.contracts.table_id import WHOLE, Part
from ecom_lake.publish.api.access import may_see_people, need
from ecom_lake.publish.api.catalogue import is_open
from ecom_lake.publish.api.formats import MEDIA_TYPES
from ecom_lake.publish.api.problem import ProblemError
from ecom_lake.publish.api.reader import Reader, gone
from ecom_lake.publish.api.replies import IS_HEAD, is_known


class _Ranges(FileResponse):
    """A file, whole or in ranges. A range of another unit, or one that cannot be read, is ignored as RFC 9110 (14.2) allows."""

    @classmethod
    def _parse_range_header(cls, http_range: str, file_size: int) -> list[tuple[int, int]]:
        try:
            return super()._parse_range_header(http_range, file_size)
        except MalformedRangeHeader:
            return []
        except RangeNotSatisfiable:
            sentence = f"The file has {file_size:,} bytes, and none at this range."
            raise ProblemError(416, sentence, {"Content-Range": f"bytes */{file_size}"}) from None


def data_file(reader: Reader, request: Request, shop: str, table: str, part: str, number: int | None) -> Response:
    """One file of a table; `part` is empty for a table that is one file."""
    release = reader.release(request, shop, number)
    contract = reader.table(release, table)
    parts = release.entry.parts(contract.id)
    file = parts.get(Part.parse(part) if part else WHOLE)
    if file is None:
        has = "one file" if WHOLE in parts else "a file for each month"
        raise ProblemError(404, f"{table} has {has}: /v1/shops/{shop}/tables/{table} lists their addresses.")
    try:
        if not may_see_people(request) and not is_open(release.site.lake, contract, [file]):
            need(request, "pii", f"{table} has personal columns, so its file")
    except FileNotFoundError:
        raise gone(shop, release.number) from None
    etag = f'"{file.hash}"'
    name = f"{shop}-{release.number}-{table}{f'-{part}' if part else ''}.parquet"
    headers = {
        "ETag": etag,
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization",
        "X-Release": str(release.number),
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    if is_known(request, etag):
        return Response(status_code=304, headers=headers)
    if request.scope.get(IS_HEAD):
        size = {"Content-Length": str(file.bytes), "Accept-Ranges": "bytes"}
        return Response(headers=headers | size, media_type=MEDIA_TYPES["parquet"])
    try:
        path = release.site.lake.local(file)
        return _Ranges(path, headers=headers, media_type=MEDIA_TYPES["parquet"], stat_result=path.stat())
    except FileNotFoundError:
        raise gone(shop, release.number) from None
