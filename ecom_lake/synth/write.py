"""The CSV format of Olist's nine files, and the folders that they are written to.

Ids and zips are quoted if they start with a digit, texts also if required; times and numbers are never quoted. Reviews and
translation have CRLF line ends; the translation also starts with a byte order mark and has no final line end.
"""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import polars as pl

from ecom_lake.errors import UserError


@dataclass(frozen=True)
class Table:
    file: str
    columns: tuple[str, ...]
    texts: frozenset[str]
    """Columns that are quoted if they start with a digit or contain a character that requires it."""
    newline: str = "\n"
    byte_order_mark: bool = False
    """If true, also an unquoted header and no final line end."""


def _table(file: str, columns: str, texts: str, newline: str = "\n", byte_order_mark: bool = False) -> Table:
    return Table(file, tuple(columns.split()), frozenset(texts.split()), newline, byte_order_mark)


CUSTOMERS = _table(
    "olist_customers_dataset.csv",
    "customer_id customer_unique_id customer_zip_code_prefix customer_city customer_state",
    "customer_id customer_unique_id customer_zip_code_prefix customer_city",
)
ORDERS = _table(
    "olist_orders_dataset.csv",
    "order_id customer_id order_status order_purchase_timestamp order_approved_at order_delivered_carrier_date"
    " order_delivered_customer_date order_estimated_delivery_date",
    "order_id customer_id",
)
ORDER_ITEMS = _table(
    "olist_order_items_dataset.csv",
    "order_id order_item_id product_id seller_id shipping_limit_date price freight_value",
    "order_id product_id seller_id",
)
PAYMENTS = _table(
    "olist_order_payments_dataset.csv",
    "order_id payment_sequential payment_type payment_installments payment_value",
    "order_id",
)
REVIEWS = _table(
    "olist_order_reviews_dataset.csv",
    "review_id order_id review_score review_comment_title review_comment_message review_creation_date review_answer_timestamp",
    "review_id order_id review_comment_title review_comment_message",
    newline="\r\n",
)
PRODUCTS = _table(
    "olist_products_dataset.csv",
    "product_id product_category_name product_name_lenght product_description_lenght product_photos_qty product_weight_g"
    " product_length_cm product_height_cm product_width_cm",
    "product_id product_category_name",
)
SELLERS = _table(
    "olist_sellers_dataset.csv",
    "seller_id seller_zip_code_prefix seller_city seller_state",
    "seller_id seller_zip_code_prefix seller_city",
)
GEOLOCATION = _table(
    "olist_geolocation_dataset.csv",
    "geolocation_zip_code_prefix geolocation_lat geolocation_lng geolocation_city geolocation_state",
    "geolocation_zip_code_prefix geolocation_city",
)
TRANSLATION = _table(
    "product_category_name_translation.csv",
    "product_category_name product_category_name_english",
    "product_category_name product_category_name_english",
    newline="\r\n",
    byte_order_mark=True,
)

_MUST_QUOTE = '[",\r\n]'


def records(table: Table, rows: pl.DataFrame) -> pl.Series:
    """The text of each record. All columns are texts."""
    fields = [_quoted(name) if name in table.texts else pl.col(name) for name in table.columns]
    return rows.select(pl.concat_str(fields, separator=",")).to_series()


def record(table: Table, row: dict[str, str]) -> str:
    """The text of a single record."""
    return ",".join(quoted(row[name]) if name in table.texts else row[name] for name in table.columns)


def quoted(text: str) -> str:
    must = "0" <= text < ":" or re.search(_MUST_QUOTE, text)
    return '"' + text.replace('"', '""') + '"' if must else text


def _quoted(name: str) -> pl.Expr:
    text = pl.col(name)
    inside = pl.concat_str(pl.lit('"'), text.str.replace_all('"', '""', literal=True), pl.lit('"'))
    must = text.is_between(pl.lit("0"), pl.lit(":"), closed="left") | text.str.contains(_MUST_QUOTE)
    return pl.when(must).then(inside).otherwise(text)


class Delivery:
    """One folder of files; each file starts with its header when the first record is written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, BinaryIO] = {}
        self._open = ExitStack()
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Delivery:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._open.close()

    def write(self, table: Table, texts: pl.Series) -> None:
        """Appends records. The line end is written before each record, so that the final one depends on the table."""
        if not len(texts):
            return
        newline = table.newline.encode()
        out = io.BytesIO()
        texts.alias("record").to_frame().write_csv(out, include_header=False, quote_style="never", line_terminator=table.newline)
        file = self._file(table)
        file.write(newline)
        file.write(out.getbuffer()[: -len(newline)])

    def _file(self, table: Table) -> BinaryIO:
        if table.file not in self._files:
            file = self._open.enter_context((self._folder / table.file).open("wb"))
            if table.byte_order_mark:
                file.write(b"\xef\xbb\xbf" + ",".join(table.columns).encode())
            else:
                file.write(",".join(f'"{name}"' for name in table.columns).encode())
                self._open.callback(file.write, table.newline.encode())
            self._files[table.file] = file
        return self._files[table.file]


@contextmanager
def atomic_folder(folder: Path) -> Iterator[Path]:
    """A draft folder that is renamed to the folder when the block succeeds."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(f"{folder} exists and is not empty: name a new folder.")
    draft = folder.with_name(f".{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        yield draft
        if folder.exists():
            folder.rmdir()
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def with_inserted(texts: pl.Series, after: Sequence[tuple[int, str]]) -> pl.Series:
    """The texts with others inserted, each after its position."""
    pieces, start = [], 0
    for position, text in sorted(after, key=lambda one: one[0]):
        pieces += [texts[start : position + 1], pl.Series(texts.name, [text])]
        start = position + 1
    return pl.concat([*pieces, texts[start:]], rechunk=True)
