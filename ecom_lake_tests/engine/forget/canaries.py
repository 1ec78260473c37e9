"""Files of every kind that hold one id, each in its own way: in a value, compressed, escaped, deleted but not overwritten."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sqlite3
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

Plant = Callable[[Path, str], None]
"""Writes files with an id into an empty folder."""
SCHEMA_KEY = b"ARROW:schema"


def text(folder: Path, token: str) -> None:
    (folder / "orders.csv").write_text(f"order_id,customer_id\no1,{token}\n", encoding="utf-8")


def utf_16(folder: Path, token: str) -> None:
    (folder / "orders.csv").write_text(f"order_id;customer_id\no1;{token}\n", encoding="utf-16")


def utf_16_without_a_mark(folder: Path, token: str) -> None:
    (folder / "orders.csv").write_text(f"order_id;customer_id\no1;{token}\n", encoding="utf-16-be")


def escaped_utf_16(folder: Path, token: str) -> None:
    (folder / "page.html").write_text(f"<td>{_html(token)}</td>", encoding="utf-16")


def json_escapes(folder: Path, token: str) -> None:
    (folder / "event.json").write_text(f'{{"note": "seen\\n{_json(token)}"}}', encoding="utf-8")


def json_in_json(folder: Path, token: str) -> None:
    (folder / "event.json").write_text(
        f'{{"event": "{{\\"id\\": \\"{_json(token)}\\"}}"}}'.replace("\\u", "\\\\u"), encoding="utf-8"
    )


def html_entities(folder: Path, token: str) -> None:
    (folder / "report.html").write_text(f"<td>{_html(token)}</td>", encoding="utf-8")


def html_in_html(folder: Path, token: str) -> None:
    (folder / "report.html").write_text(f"<td>{_html(token)}</td>".replace("&", "&amp;"), encoding="utf-8")


def percent_encoding(folder: Path, token: str) -> None:
    (folder / "access.log").write_text(f"GET /customers?id=%20{_percent(token)}\n", encoding="utf-8")


def gzipped(folder: Path, token: str) -> None:
    (folder / "orders.csv.gz").write_bytes(gzip.compress(f"o0,other\no1,{token}\n".encode()))


def bzipped(folder: Path, token: str) -> None:
    (folder / "orders.csv.bz2").write_bytes(bz2.compress(f"o1,{token}\n".encode()))


def xz(folder: Path, token: str) -> None:
    (folder / "orders.csv.xz").write_bytes(lzma.compress(f"o1,{token}\n".encode()))


def zipped(folder: Path, token: str) -> None:
    """Deflate only pays, and so only hides the bytes, where they repeat."""
    _zip(folder / "dump.zip", {"orders.csv": f"o0,other\no1,{token}\n".encode() * 9})


def gz_in_zip_in_zip(folder: Path, token: str) -> None:
    inner = io.BytesIO()
    _zip(inner, {"orders.csv.gz": gzip.compress(f"o1,{token}\n".encode() * 9)})
    _zip(folder / "dump.zip", {"inner.zip": inner.getvalue()})


def gz_in_tar_gz(folder: Path, token: str) -> None:
    packed, archived = gzip.compress(f"o1,{token}\n".encode() * 9), io.BytesIO()
    with tarfile.open(fileobj=archived, mode="w") as archive:
        (entry := tarfile.TarInfo("orders.csv.gz")).size = len(packed)
        archive.addfile(entry, io.BytesIO(packed))
    (folder / "dump.tar.gz").write_bytes(gzip.compress(archived.getvalue()))


def name_in_a_zip(folder: Path, token: str) -> None:
    _zip(folder / "dump.zip", {f"{token}.csv": b"nothing"})


def name_of_a_file(folder: Path, token: str) -> None:
    (folder / f"export-{token}.csv").write_text("nothing", encoding="utf-8")


def parquet_value(folder: Path, token: str) -> None:
    """Without dictionary and statistics: only the decoded page has the id."""
    rows = pa.table({"customer_id": [*map(str, range(999)), token] * 2})
    pq.write_table(rows, folder / "t.parquet", compression="zstd", use_dictionary=False, write_statistics=False)


def parquet_comment(folder: Path, token: str) -> None:
    rows = pa.table({"comment": [f"call {token}, please", *["nothing to say here"] * 99]})
    pq.write_table(rows, folder / "t.parquet", compression="zstd", use_dictionary=False, write_statistics=False)


def parquet_record(folder: Path, token: str) -> None:
    """A rejected record, as JSON in a value."""
    rows = pa.table({"record": [f'{{"id":"{_json(token)}"}}', *['{"id":"other"}'] * 99]})
    pq.write_table(rows, folder / "t.parquet", compression="zstd", use_dictionary=False, write_statistics=False)


def parquet_dictionary(folder: Path, token: str) -> None:
    """The dictionary has a value that no row has."""
    values = pa.DictionaryArray.from_arrays(pa.array([0, 0, 0], pa.int32()), pa.array([*map(str, range(999)), token]))
    pq.write_table(pa.table({"city": values}), folder / "t.parquet", compression="zstd", write_statistics=False)


def parquet_statistics(folder: Path, token: str) -> None:
    """A file whose pages are overwritten: only the footer still has the value."""
    path = folder / "t.parquet"
    pq.write_table(pa.table({"customer_id": [token] * 9}), path, compression="none", use_dictionary=False)
    data = path.read_bytes()
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    path.write_bytes(data[:4] + data[4:footer].replace(token.encode(), b"x" * len(token.encode())) + data[footer:])


def parquet_metadata(folder: Path, token: str) -> None:
    rows = pa.table({"a": [1]}).replace_schema_metadata({"origin": f"export of {token}"})
    pq.write_table(rows, folder / "t.parquet")


def parquet_arrow_schema(folder: Path, token: str) -> None:
    """In Arrow's copy of the schema, which is Base64, and not in the schema of Parquet."""
    schema = pa.schema([pa.field("a", pa.int64(), metadata={"note": f"of {token}"})])
    pq.write_table(pa.table({"a": [1]}, schema=schema), folder / "t.parquet", store_schema=True)


def parquet_nested(folder: Path, token: str) -> None:
    rows = pa.table({"ids": [["other", token]] * 9, "who": [{"id": "other"}] * 9})
    pq.write_table(rows, folder / "t.parquet", compression="zstd", use_dictionary=False, write_statistics=False)


def sqlite_row(folder: Path, token: str) -> None:
    with closing(sqlite3.connect(folder / "history.db")) as con, con:
        con.execute("create table events (run text, body text)")
        con.execute("insert into events values ('r1', ?)", (f'{{"id": "{token}"}}',))


def sqlite_compressed(folder: Path, token: str) -> None:
    with closing(sqlite3.connect(folder / "history.db")) as con, con:
        con.execute("create table snapshots (body blob)")
        con.execute("insert into snapshots values (?)", (zlib.compress(f'{{"id": "{token}"}}'.encode() * 9),))


def sqlite_deleted(folder: Path, token: str) -> None:
    """Values follow each other without a separator on a page that is free."""
    with closing(sqlite3.connect(folder / "history.db")) as con:
        con.execute("pragma secure_delete = off")
        con.execute("create table events (run text, body text, who text)")
        con.executemany("insert into events values (?, ?, ?)", [("r", f"{number}.", token) for number in range(500)])
        con.commit()
        con.execute("delete from events")
        con.commit()


def sqlite_log(folder: Path, token: str) -> None:
    """Committed, and only in the write-ahead log: the process that wrote it was killed."""
    work = folder / "work"
    work.mkdir()
    con = sqlite3.connect(work / "history.db")
    con.execute("pragma journal_mode = wal")
    con.execute("create table events (body text)")
    con.execute("pragma wal_checkpoint(truncate)")
    con.execute("insert into events values (?)", (f"seen {token}",))
    con.commit()
    (folder / "history.db-wal").write_bytes((work / "history.db-wal").read_bytes())
    con.close()
    for path in work.iterdir():
        path.unlink()


def sqlite_overflow(folder: Path, token: str) -> None:
    """A deleted long value whose id lies across two overflow pages."""
    with closing(sqlite3.connect(folder / "history.db")) as con:
        con.execute("pragma page_size = 1024")
        con.execute("pragma secure_delete = off")
        con.execute("create table events (body text)")
        con.execute("create table others (body text)")
        for at in range(0, 1024, 4):
            con.execute("insert into others values (?)", ("z" * 2000,))  # so that the chain is not in the order of the file
            con.execute("insert into events values (?)", ("." * 2000 + f" {token} " + "." * (2000 + at),))
        con.execute("delete from events")
        con.commit()
    data = (folder / "history.db").read_bytes()
    (folder / "history.db").write_bytes(data.replace(token.encode(), b"*" * len(token.encode())))


def duckdb_value(folder: Path, token: str) -> None:
    """Compressed by substrings, as texts that resemble each other are."""
    half, rest = token[: len(token) // 2], token[len(token) // 2 :]
    query = "select if(i = 17_777, $1, $2 || i || $3) as id from range(30_000) t(i)"
    with closing(duckdb.connect(folder / "serving.duckdb")) as con:
        con.execute(f"create table customers as {query}", [token, half, rest])


def parquet_number(folder: Path, token: str) -> None:
    """An id that is stored as a number."""
    rows = pa.table({"customer": pa.array([int(token)] if token.isdigit() else [0])})
    pq.write_table(rows, folder / "t.parquet", compression="zstd")


EVERY: dict[str, Plant] = {
    plant.__name__: plant
    for plant in (
        text, utf_16, utf_16_without_a_mark, escaped_utf_16, json_escapes, json_in_json, html_entities, html_in_html,
        percent_encoding, gzipped, bzipped, xz, zipped, gz_in_zip_in_zip, gz_in_tar_gz, name_in_a_zip, name_of_a_file,
        parquet_value, parquet_comment, parquet_record, parquet_dictionary, parquet_statistics, parquet_metadata,
        parquet_arrow_schema, parquet_nested, sqlite_row, sqlite_compressed, sqlite_deleted, sqlite_log,
        sqlite_overflow, duckdb_value,
    )
}  # fmt: skip


def _json(value: str) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in value)


def _html(value: str) -> str:
    return "".join(f"&#{ord(one)};" if at % 2 else f"&#x{ord(one):X};" for at, one in enumerate(value))


def _percent(value: str) -> str:
    return "".join(quote(one, safe="") if quote(one, safe="") != one else f"%{ord(one):02X}" for one in value)


def _zip(target: Path | io.BytesIO, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
