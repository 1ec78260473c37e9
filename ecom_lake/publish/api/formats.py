"""The formats of rows: which one a request asks for, and a data frame written in it.

Decimals are strings in JSON, so that no reader rounds them; NULL is null; dates and times are ISO 8601. CSV is for programs: its
texts are not changed. Not here: CSV for spreadsheets (engine/serve/csv_text.py).
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, get_args

import polars as pl
import polars.selectors as cs

from ecom_lake.publish.api.problem import ProblemError

Format = Literal["json", "csv", "parquet", "arrow"]
MEDIA_TYPES: Mapping[Format, str] = {
    "json": "application/json",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}


def wanted(given: Format | None, accept: str) -> Format:
    """The format of a request: its parameter, else the first known media type of its Accept header, else JSON."""
    if given:
        return given
    ranges = sorted((_range(text) for text in accept.split(",") if text.strip()), key=lambda one: -one[1])
    for media, quality in ranges:
        if quality > 0:
            for format_, known in MEDIA_TYPES.items():
                if media in ("*/*", known, f"{known.split('/')[0]}/*"):
                    return format_
    if not ranges:
        return "json"
    listed = ", ".join(MEDIA_TYPES.values())
    raise ProblemError(406, f"No format of the Accept header is known: ask for one of {listed}, or write format=json.")


def _range(text: str) -> tuple[str, float]:
    media, *parameters = (part.strip().lower() for part in text.split(";"))
    quality = next((part[2:] for part in parameters if part.startswith("q=")), "1")
    try:
        return media, float(quality)
    except ValueError:
        return media, 0.0


def written(frame: pl.DataFrame, format_: Format) -> bytes:
    """The rows in a format; in JSON, the array of rows."""
    target = io.BytesIO()
    if format_ == "json":
        _for_json(frame).write_json(target)
    elif format_ == "csv":
        frame.write_csv(target, datetime_format="%Y-%m-%dT%H:%M:%S%.f")
    elif format_ == "parquet":
        frame.write_parquet(target)
    else:
        frame.write_ipc_stream(target)
    return target.getvalue()


def frame_of(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
    """Rows of plain Python values as a data frame."""
    return pl.DataFrame(rows, schema=list(columns), orient="row", infer_schema_length=None)


def _for_json(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(cs.decimal().cast(pl.String), cs.datetime().dt.strftime("%Y-%m-%dT%H:%M:%S%.f"))


def document(content: Any) -> bytes:
    """Plain Python data as JSON, with the values written as those of rows are."""
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_plain, allow_nan=False).encode()


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no JSON")


assert set(MEDIA_TYPES) == set(get_args(Format))
