"""Parsing landed bytes into bronze and rejects."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecom_lake.engine.contracts.delivered import Delivered
from ecom_lake.engine.landing import file_parser, parquet_writer
from ecom_lake.engine.landing.archives import Member
from ecom_lake.engine.landing.file_parser import Parsed, parse
from ecom_lake.engine.landing.refused import Refused

HEADER = "order_id,customer_id,status\n"
COLUMNS = ["order_id", "customer_id", "status", "note", "source_record"]
MARKS = [(b"", "utf-8"), (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_BE, "utf-16-be"), (b"", "cp1252")]
Reading = Callable[..., Any]


def test_a_plain_file(read: Reading) -> None:
    found = read(b'order_id,customer_id,status,note\n001,c,," "\n,c,sent,"a\nb"')
    assert found.columns == COLUMNS
    assert found.rows == [("001", "c", None, " ", 1), (None, "c", "sent", "a\nb", 2)]
    assert found.parsed == Parsed("orders", 2, 0, (), (), "utf-8", ",")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize(("mark", "encoding"), MARKS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_separators_encodings_and_line_ends(read: Reading, delimiter: str, mark: bytes, encoding: str, end: str) -> None:
    lines = ["order_id,customer_id,status", "1,São João,x y", "2,c,é"]
    found = read(mark + "".join(line.replace(",", delimiter) + end for line in lines).encode(encoding))
    assert found.rows == [("1", "São João", "x y", None, 1), ("2", "c", "é", None, 2)]
    assert (found.parsed.delimiter, found.parsed.encoding) == (delimiter, encoding)


@pytest.mark.parametrize(
    "header",
    [
        "ORDER_ID, Customer_Id ,status",
        '"order_id","customer_id","status"',
        "order_id, \"customer_id\", 'status'",
        "\n\r\norder_id,customer_id,status",
        "\ufeff\ufefforder_id,\xa0customer_id,status",
        '"order_id\n",customer_id,status',
    ],
)
def test_headers_are_normalized(read: Reading, header: str) -> None:
    found = read(f"{header}\n1,2,sent\n".encode())
    assert (found.columns, found.rows) == (COLUMNS, [("1", "2", "sent", None, 1)])


def test_columns_have_the_order_of_the_contract_with_extra_columns_last(read: Reading) -> None:
    found = read(b"Colour,status,,customer_id,order_id,source_record\nred,sent,0,2,1,77\n")
    assert found.columns == [*COLUMNS[:4], "Colour", "unnamed_3", "delivered_source_record", "source_record"]
    assert found.rows == [("1", "2", "sent", None, "red", "0", "77", 1)]
    assert found.parsed.extra_columns == ("Colour", "unnamed_3", "delivered_source_record")
    assert found.parsed.missing_optional == ("note",)


def test_a_comma_in_a_header_of_semicolons(read: Reading) -> None:
    found = read(b"order_id;customer_id;status;weight, height, width, depth\n1;2;sent;3,5\n")
    assert found.parsed.delimiter == ";"
    assert found.rows == [("1", "2", "sent", None, "3,5", 1)]


def test_columns_in_capitals_decide_the_separator_too(read: Reading) -> None:
    found = read(b"ORDER_ID;CUSTOMER_ID;STATUS;weight, height, width, depth, volume\n1;2;sent;3,5\n")
    assert found.parsed.delimiter == ";"


def test_one_column(read: Reading) -> None:
    words = Delivered("words", "", ("word",), file_names=("words",))
    found = read(b'word\n\na\n""\n"b\n\nc"\n', "words.csv", (words,))
    assert found.rows == [("a", 1), (None, 2), ("b\n\nc", 3)]


@pytest.mark.parametrize("data", [HEADER, HEADER.strip(), HEADER.replace("\n", "\r"), HEADER + "\n\r\n\n"])
def test_header_only(read: Reading, data: str) -> None:
    found = read(data.encode())
    assert (found.columns, found.rows, found.parsed.missing_optional) == (COLUMNS, [], ("note",))


@pytest.mark.parametrize("data", [b"", b" \n\r\n\t", b"\r", codecs.BOM_UTF8, codecs.BOM_UTF16_LE])
def test_an_empty_file_belongs_to_the_table_of_its_name(read: Reading, data: bytes) -> None:
    found = read(data, "orders.csv")
    assert (found.parsed.table, found.columns, found.rows) == ("orders", COLUMNS, [])
    with pytest.raises(Refused, match="is empty"):
        read(data, "export.csv")


def test_rejects_have_their_line_and_reason(read: Reading) -> None:
    data = HEADER + '1,2,sent\n\n3,4\n5,"6,sent\n7,8,"9\n10",11\n' + "12,13,sent\n"
    found = read(data.encode())
    assert found.records == [1, 5]
    assert found.rejects == [
        {"source_record": 2, "line": 4, "raw": "3,4", "reason": "too few fields: 2 of 3"},
        {"source_record": 3, "line": 5, "raw": '5,"6,sent', "reason": "text after a closing quote"},
        {"source_record": 4, "line": 6, "raw": '7,8,"9\n10",11', "reason": "too many fields: 4 of 3"},
    ]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_repeated_headers_of_concatenated_files_are_rejected(read: Reading, mark: str) -> None:
    found = read((HEADER + "1,2,sent\n" + mark + HEADER + "3,4,sent\n").encode())
    assert (found.records, found.reasons) == ([1, 3], ["the header again"])


def test_a_header_with_invalid_bytes_is_not_recognized_again(read: Reading) -> None:
    found = read(b"\xff,order_id,customer_id,status,\xc3\xa9\xc3\xa9\n" + b"1,2,3,sent,\n" * 2)
    assert found.records == [1, 2]


def test_the_number_of_columns_and_the_length_of_names_are_limited(read: Reading) -> None:
    with pytest.raises(Refused, match=r"^orders\.csv has 1,001 columns, and 1,000 is the limit: remove"):
        read((HEADER.strip() + "".join(f",x{n}" for n in range(998))).encode())
    with pytest.raises(Refused, match=r"^orders\.csv has a column whose name is 201 characters long, and 200 is the limit: put"):
        read((HEADER.strip() + "," + "x" * 201).encode())


def test_control_characters_in_names_from_files_are_escaped(read: Reading) -> None:
    assert read(b"order_id,customer_id,status,x\x1b[2Jy\n").parsed.extra_columns == ("x?[2Jy",)
    with pytest.raises(Refused, match=r"^a\?b\?\.csv is none of the known tables \(.*\); its first line has 2 fields, none"):
        read(b"c\x00d,e\n", "a\nb\udcff.csv")


def test_invalid_bytes_in_utf8_reject_only_their_record(read: Reading) -> None:
    found = read(HEADER.encode() + "1,São João,ação\n".encode() + b"2,x\xff,y\n3,b,c\n")
    assert found.records == [1, 3]
    assert found.rejects == [{"source_record": 2, "line": 3, "raw": r"2,x\xff,y", "reason": "undecodable bytes"}]


def test_a_utf16_file_of_odd_length_loses_its_last_record_only(read: Reading) -> None:
    found = read(codecs.BOM_UTF16_LE + (HEADER + "1,2,sent\n3,4,sent").encode("utf-16-le") + b"!")
    assert (found.records, found.reasons) == ([1], ["undecodable bytes"])


def test_the_raw_text_of_a_reject_is_truncated(read: Reading) -> None:
    assert len(read(HEADER.encode() + b"x" * 50_000).rejects[0]["raw"]) == 10_000


def test_nul_is_read_as_a_character(read: Reading) -> None:
    assert read(HEADER.encode() + b"1\x00,2,\x00\n").rows == [("1\x00", "2", "\x00", None, 1)]


def _parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({"order_id": ["1"]}), file)
    return file.getvalue()


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", "")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (_parquet(), "a Parquet file"),
        (_zip(), "a zip archive or an Excel workbook"),
        (gzip.compress(HEADER.encode(), mtime=0), "a gzip file"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a PNG picture"),
        (b"SQLite format 3\x00", "a SQLite database"),
        (b"<!DOCTYPE html><html>", "an HTML or XML page"),
        (b'[{"order_id": 1}]', "JSON"),
        (bytes(range(256)) * 20, "a binary file"),
    ],
)
def test_a_file_that_is_not_delimited_text_is_refused(read: Reading, data: bytes, kind: str) -> None:
    with pytest.raises(Refused) as refused:
        read(data)
    assert str(refused.value) == f"orders.csv is {kind}, not delimited text: export it as CSV."


PADDED = "".join(f"c{number:04};" for number in range(42)) + "pads;"


@pytest.mark.parametrize(
    "start", ["ORCAMENTO_ID;CIDADE", "GIF8;a", "PAR1;b", "BZh;a", "FEA1;x", "catalog;DUCK", f"{PADDED}ustar"]
)
def test_a_header_may_begin_like_another_kind_of_file(read: Reading, start: str) -> None:
    assert read(f"{start};order_id;customer_id;status\n".encode()).parsed.delimiter == ";"


@pytest.mark.parametrize(
    "data", [b" " * (2 << 20), HEADER.strip().encode() + b"x" * (2 << 20), b"\n" * (1 << 20) + HEADER.encode()]
)
def test_a_header_with_an_unclosed_quote_is_refused(read: Reading, data: bytes) -> None:
    with pytest.raises(Refused, match="has no header in its first megabyte"):
        read(data)


def test_a_file_that_could_not_be_unpacked_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"^why$"):
        parse(Member("orders.csv", tmp_path / "none", refused="why"), (), tmp_path / "rows", tmp_path / "rejects")


def test_a_failed_write_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    landed = tmp_path / "orders.csv"
    landed.write_text(HEADER + "1,2,3\n" * 10)
    monkeypatch.setattr(file_parser, "_rejects", lambda _: 1 / 0)
    orders = Delivered("orders", "", ("order_id", "customer_id", "status"))
    with pytest.raises(ZeroDivisionError):
        parse(Member("orders.csv", landed), (orders,), tmp_path / "rows", tmp_path / "rejects")
    assert list(tmp_path.iterdir()) == [landed]


def test_the_same_file_gives_the_same_bytes(read: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_writer, "ROW_GROUP", 10_000)
    data = HEADER.encode() + b"".join(b"%d,%d,sent\n" % (n, n % 7) for n in range(5_000)) + b"1,2\n"
    first, second = read(data, block=10_000), read(data, block=10_000)
    assert first.bytes == second.bytes
    assert pq.ParquetFile(io.BytesIO(first.bytes)).num_row_groups > 2
    assert first.records == list(range(1, 5_001))


CHANGES = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3), st.binary(max_size=3)), max_size=6)
"""Position, number of removed bytes, and inserted bytes."""
FIELD = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from('\n\r\t,;|""'), max_size=8)


@settings(max_examples=200, deadline=None)
@given(
    table=st.integers(1, 5).flatmap(lambda width: st.lists(st.lists(FIELD, min_size=width, max_size=width), max_size=8)),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    everything=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    block=st.integers(1, 100),
)
def test_bronze_equals_the_written_rows(
    read: Reading, table: list[list[str]], delimiter: str, end: str, everything: bool, encoding: str, block: int
) -> None:
    names = [f"Column_{position}" for position in range(len(table[0]) if table else 1)]
    if len(names) == 1:
        delimiter = ","  # The delimiter cannot be detected from a header of one column.
    # csv.writer leaves a lone CR or LF bare where it is not its own line end.
    lines = any(set("\r\n") & set(field) for row in table for field in row)
    quoting: Literal[0, 1] = csv.QUOTE_ALL if everything or lines else csv.QUOTE_MINIMAL
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows([names, *table])
    found = read(written.getvalue().encode(encoding), "any.csv", (Delivered("any", "", tuple(names)),), block)
    assert found.rows == [(*(field or None for field in row), number) for number, row in enumerate(table, start=1)]
    assert found.rejects == []


@settings(max_examples=200, deadline=None)
@given(CHANGES, st.integers(1, 200))
def test_a_changed_file_is_always_read_or_refused(read: Reading, changes: list[tuple[int, int, bytes]], block: int) -> None:
    data = (HEADER + '1,"São, Paulo",sent\r\n2,"two\nlines",""\n3,"say ""hi""",\n' * 8).encode()
    for start, removed, added in changes:
        data = data[:start] + added + data[start + removed :]
    try:
        found = read(data)
    except Refused as refused:
        assert str(refused).startswith("orders.csv ")
        return
    numbers = found.records + [reject["source_record"] for reject in found.rejects]
    assert sorted(numbers) == list(range(1, found.parsed.rows + found.parsed.rejected + 1))
    pieces = read(data, block=block)
    assert (pieces.rows, pieces.rejects) == (found.rows, found.rejects)


def test_duckdb_and_polars_read_the_same_bronze(read: Reading, tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "bronze.parquet"
    path.write_bytes(read(HEADER.encode() + b"1,\x00,\n2,\xc3\xa9,x\n").bytes)
    assert pl.read_parquet(path).schema == {name: pl.String() for name in COLUMNS[:-1]} | {"source_record": pl.Int64()}
    assert duckdb.execute(f"select * from '{path}'").fetchall() == pl.read_parquet(path).rows()
