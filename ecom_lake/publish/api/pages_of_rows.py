"""One page of a table's rows as an answer: the query runs, and its rows are written with the cursor of the next page."""

from __future__ import annotations

from urllib.parse import urlencode

import polars as pl
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from ecom_lake.publish.api.access import may_see_people
from ecom_lake.publish.api.catalogue import readable
from ecom_lake.publish.api.formats import MEDIA_TYPES, Format, document, wanted, written
from ecom_lake.publish.api.parameters import OfRelease
from ecom_lake.publish.api.problem import ProblemError
from ecom_lake.publish.api.reader import Reader
from ecom_lake.publish.api.replies import Body
from ecom_lake.publish.api.rows import LARGEST_PAGE, PAGE, PLACE, Selection, continued, next_cursor, read_cursor, selection
from ecom_lake.publish.dashboard.served_release import ServedRelease


class RowsParameters(BaseModel):
    """The query parameters of every address that gives the rows of a table."""

    columns: str = Field("", description="Columns, separated by commas. Default: all that the client may read.")
    where: list[str] = Field(
        [],
        description="A condition `column:operator:value`, such as `month:ge:2018-01`. May be repeated; all must hold. Operators: "
        "eq, ne, lt, le, gt, ge, like (text with % and _), in (values separated by commas), is (null or notnull).",
    )
    order: str = Field(
        "", description="Columns, separated by commas; `-` before a name is descending. NULL is last. Default: the key."
    )
    limit: int = Field(PAGE, ge=1, le=LARGEST_PAGE, description="Rows of a page.")
    cursor: str = Field("", description="`next` of the page before. All pages of a cursor are of one release.")
    format: Format | None = Field(None, description="Default: by the Accept header, else json.")
    release: OfRelease = None


def page_of_rows(reader: Reader, request: Request, shop: str, table: str, asked: RowsParameters) -> Response:
    format_ = wanted(asked.format, request.headers.get("accept", ""))
    cursor = read_cursor(asked.cursor) if asked.cursor else None
    if cursor and asked.release not in (None, cursor.release):
        raise ProblemError(
            422, f"The cursor reads release {cursor.release}: leave release out, or start again without the cursor."
        )
    release = reader.release(request, shop, cursor.release if cursor else asked.release)
    contract = reader.table(release, table)
    columns = readable(contract, may_see_people(request))

    def make() -> Body:
        chosen = selection(contract, columns, asked.columns, asked.where, asked.order, asked.limit)
        return _page(request, release, continued(chosen, cursor) if cursor else chosen, format_)

    return reader.reply(request, release, make, format_)


def _page(request: Request, release: ServedRelease, chosen: Selection, format_: Format) -> Body:
    frame = release.frame(chosen.query())
    rows = frame.head(chosen.limit)
    following = next_cursor(chosen, release.number, rows.row(-1, named=True)) if len(frame) > chosen.limit else None
    content = written(rows.select(pl.exclude(f"^{PLACE}[0-9]+$")), format_)
    if format_ == "json":
        head = {"shop": release.site.shop.name, "release": release.number, "table": chosen.table.name, "next": following}
        content = b'%s,"rows":%s}' % (document(head)[:-1], content)
    return Body(content, MEDIA_TYPES[format_], {"Link": _link(request, following)} if following else {})


def _link(request: Request, cursor: str) -> str:
    """The address of the next page, which every format has in this header."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in ("cursor", "release")]
    return f'<{request.url.path}?{urlencode([*kept, ("cursor", cursor)])}>; rel="next"'
