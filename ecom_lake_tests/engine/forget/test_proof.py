from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecom_lake.engine.forget.proof import prove
from ecom_lake.engine.forget.proof_readers import arrow_values, kinds, packed, parquet_file, raw, sqlite_file
from ecom_lake.engine.forget.proof_search import Bytes, TextStream
from ecom_lake.engine.store.open_store import open_store
from ecom_lake.errors import UserError
from ecom_lake_tests.engine.forget.canaries import EVERY, parquet_number, text

HEX, WORD, MAIL, LATIN, NUMBER = "9ef432eb6251297304e76186b10a928d", "jose-ab12cd", "ana@example.com", "José Ñ 7", "4711200"
NEAR = {
    HEX: ["9ef432eb6251297304e76186b10a928e", "ef432eb6251297304e76186b10a928d7"],
    WORD: ["jose-ab12ce", "ose-ab12cd", "jose-ab12c"],
    MAIL: ["joana@example.com", "na@example.com"],
    LATIN: ["José Ñ 78", "Jose N 7"],
    NUMBER: ["471120", "711200", "47112000"],
}


@pytest.mark.parametrize("token", [WORD, LATIN, NUMBER])
@pytest.mark.parametrize("canary", EVERY)
def test_a_canary_is_found_and_tokens_near_it_are_not(canary: str, token: str, tmp_path: Path) -> None:
    EVERY[canary](tmp_path, token)
    proof = prove([tmp_path], [*NEAR[token], token])
    assert proof.hits and {hit.ids for hit in proof.hits} == {1}
    assert not proof.is_clean and not proof.unread
    assert prove([tmp_path], NEAR[token]).is_clean


def _nothing(*_: Any, **__: Any) -> Any:
    return ()


def _as_bytes(source: Any, findings: Any, _inner: Any) -> None:
    raw.search_bytes(source, findings, Bytes.TEXT)


OFF: list[tuple[str, Any, str, Callable[..., Any]]] = [
    ("gzipped", kinds.READERS, "gz", _as_bytes),
    ("bzipped", kinds.READERS, "bz2", _as_bytes),
    ("zipped", kinds.READERS, "zip", _as_bytes),
    ("gz_in_tar_gz", kinds.READERS, "tar", _as_bytes),
    ("gz_in_zip_in_zip", kinds.READERS, "gz", _as_bytes),
    ("gz_in_zip_in_zip", kinds.READERS, "zip", _as_bytes),
    ("parquet_value", kinds.READERS, "parquet", _as_bytes),
    ("parquet_dictionary", parquet_file, "search_batch", _nothing),
    ("parquet_arrow_schema", parquet_file, "_key_values", _nothing),
    ("parquet_record", arrow_values, "_hidden", _nothing),
    ("sqlite_compressed", arrow_values, "_unpacked", lambda value: iter(())),
    ("sqlite_deleted", sqlite_file, "search_text", _nothing),
    ("sqlite_overflow", sqlite_file, "_overflow_pages", _nothing),
    ("sqlite_log", kinds.READERS, "sqlite log", _nothing),
    ("duckdb_value", kinds.READERS, "duckdb", _as_bytes),
    ("text", kinds.READERS, "bytes", _nothing),
    ("escaped_utf_16", raw, "_MARKS", dict[bytes, str]),
    ("json_escapes", TextStream, "feed", lambda self, piece, is_last=False: self._plain.feed(piece, is_last)),
    ("html_entities", TextStream, "feed", lambda self, piece, is_last=False: self._plain.feed(piece, is_last)),
    ("percent_encoding", TextStream, "feed", lambda self, piece, is_last=False: self._plain.feed(piece, is_last)),
]


@pytest.mark.parametrize(
    ("canary", "owner", "name", "replacement"), OFF, ids=lambda value: value if isinstance(value, str) else ""
)
def test_without_its_reader_a_canary_is_not_found(
    canary: str, owner: Any, name: str, replacement: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each canary really needs the reader that finds it: the test before would be red without any one of them."""
    EVERY[canary](tmp_path, HEX)
    assert prove([tmp_path], [HEX]).hits
    if isinstance(owner, dict):
        monkeypatch.setitem(owner, name, replacement)
    else:
        monkeypatch.setattr(owner, name, {} if name == "_MARKS" else replacement)
    assert not prove([tmp_path], [HEX]).hits


def test_ids_near_a_hash_or_an_address_are_not_found(tmp_path: Path) -> None:
    for token in (HEX, MAIL):
        for plant in EVERY.values():
            (folder := tmp_path / plant.__name__ / str(len(token))).mkdir(parents=True)
            plant(folder, token)
    assert prove([tmp_path], [*NEAR[HEX], *NEAR[MAIL]]).is_clean


def test_a_thousand_ids_are_searched_for_at_once(tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("".join(f"o{number},customer-{number}\n" for number in range(5_000)), encoding="utf-8")
    rows = pa.table({"customer_id": [f"customer-{number}" for number in range(5_000)]})
    pq.write_table(rows, tmp_path / "customers.parquet", write_statistics=False)
    proof = prove([tmp_path], [f"customer-{number}" for number in range(4_000, 5_000)] + ["customer-x"])
    assert proof.searched == 1_001
    assert {(Path(hit.place).name, hit.kind, hit.ids) for hit in proof.hits if hit.kind == "values" or "csv" in hit.place} == {
        ("customers.parquet", "values", 1_000),
        ("orders.csv", "bytes", 1_000),
    }


def test_a_number_is_no_part_of_a_date_a_decimal_or_a_longer_number(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("2012,2012-12-05 12:30:12,0.12,12.5,x12,112,127,1/12/2017,12:30\n", encoding="utf-8")
    assert prove([tmp_path], ["12"]).is_clean
    for written in ("o1,12\n", '{"id":12}', "id=12&x", "see customer 12.", '"12"', "12"):
        (tmp_path / "a.csv").write_text(written, encoding="utf-8")
        assert prove([tmp_path], ["12"]).hits, written


def test_an_id_that_is_stored_as_a_number_is_found(tmp_path: Path) -> None:
    parquet_number(tmp_path, NUMBER)
    with closing(sqlite3.connect(tmp_path / "a.db")) as con, con:
        con.execute("create table t (a)")
        con.executemany("insert into t values (?)", [("text",), (None,), (int(NUMBER),), (1.5,)])
    with closing(duckdb.connect(tmp_path / "a.duckdb")) as other:
        other.execute(f"create table t as select {NUMBER}::ubigint as a, {NUMBER}::hugeint as b, 1.5 as c, [1] as d")
    assert {(Path(hit.place).name, hit.where, hit.first) for hit in prove([tmp_path], [NUMBER]).hits} == {
        ("t.parquet", "customer", "row 1"),
        ("a.db", "t.a", "row 3"),
        ("a.duckdb", "t.a", "row 1"),
        ("a.duckdb", "t.b", "row 1"),
    }


@contextmanager
def _deleted(path: Path, column: str, *ids: int, log: bool = False) -> Iterator[None]:
    """A database without the rows of these ids and a third of the others. Nothing was written over them."""
    with closing(sqlite3.connect(path)) as con:
        con.executescript(f"pragma secure_delete = off; pragma journal_mode = {'wal' if log else 'delete'}")
        con.execute(f"create table t (note text, who {column}, body text)")
        con.executemany("insert into t values ('n', ?, ?)", [(one, "b" * 9_000) for one in ids])
        con.executemany("insert into t values ('n', ?, ?)", [(900 + one, "b" * 90) for one in range(600)])
        con.commit()
        if log:
            con.execute("pragma wal_checkpoint(truncate)")
        con.execute("delete from t where who >= 1500 or who % 3 = 0")
        con.commit()
        yield


@pytest.mark.parametrize("column", ["integer", "", "real"])
@pytest.mark.parametrize("number", [987_654_321, 5_123_456_789, 2**62 + 3])
def test_a_number_of_a_deleted_row_of_sqlite_is_found(column: str, number: int, tmp_path: Path) -> None:
    with _deleted(tmp_path / "a.db", column, number):
        pass
    proof = prove([tmp_path], [str(number)])
    if column == "real" and number > 2**53:
        return  # no longer this number
    assert [(Path(hit.place).name, hit.kind) for hit in proof.hits] == [("a.db", "free space")]
    assert prove([tmp_path], [str(number + 1), str(number - 256)]).is_clean


def test_the_number_of_a_deleted_row_that_is_its_key_is_found(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db")) as con:
        con.execute("pragma secure_delete = off")
        con.execute("create table t (who integer primary key, body text)")
        con.executemany("insert into t values (?, ?)", [(987_654_000 + one, "b" * 400) for one in range(100)])
        con.commit()
        con.execute("drop table t")
    assert [hit.kind for hit in prove([tmp_path], ["987654050"]).hits] == ["free space"]
    assert prove([tmp_path], ["987655050"]).is_clean


def test_a_short_number_in_the_free_space_of_sqlite_cannot_be_proved(tmp_path: Path) -> None:
    """Unless a row holds it: then it is found. Rebuilt, the file has no such bytes."""
    path = tmp_path / "a.db"
    with _deleted(path, "integer", 70_001):
        pass
    (one,) = prove([path], ["70001"]).unread
    assert "short numbers" in one.why and "VACUUM" in one.why
    with closing(sqlite3.connect(path)) as con:
        con.execute("insert into t (who) values (70001)")
        con.commit()
    proof = prove([path], ["70001"])
    assert [hit.kind for hit in proof.hits] == ["values"] and not proof.unread
    with closing(sqlite3.connect(path)) as con, con:
        con.execute("delete from t where who = 70001")
    with closing(sqlite3.connect(path)) as con:
        con.execute("vacuum")
    assert prove([path], ["70001"]).is_clean


def test_rows_of_sqlite_are_no_free_space(tmp_path: Path) -> None:
    """Bytes like these numbers, in texts, long texts, an index and the map of a file that vacuums itself, mean something else."""
    with closing(sqlite3.connect(tmp_path / "a.db")) as con:
        con.execute("pragma auto_vacuum = full")
        con.execute("create table t (a text, b text)")
        con.execute("create index i on t (a, b)")
        con.executemany("insert into t values (?, ?)", [("abcd" * one, "efgh" * 9 * one) for one in range(600)])
        con.commit()
        con.execute("vacuum")
    assert prove([tmp_path], [str(int.from_bytes(one, "big")) for one in (b"abcd", b"efgh", b"ab", b"efg")]).is_clean


def test_a_number_that_was_deleted_in_the_log_of_sqlite_only_is_found(tmp_path: Path) -> None:
    """The file still has the row, which the log deletes; and the log alone has pages, too."""
    with _deleted(tmp_path / "a.db", "integer", 987_654_321, log=True):
        assert {Path(hit.place).name for hit in prove([tmp_path], ["987654321"]).hits} >= {"a.db"}
    with closing(sqlite3.connect(tmp_path / "b.db")) as con:
        con.execute("pragma journal_mode = wal")
        con.execute("create table t (who integer)")
        con.execute("insert into t values (987654321)")
        con.commit()
        (tmp_path / "c.db-wal").write_bytes((tmp_path / "b.db-wal").read_bytes())
    assert prove([tmp_path / "c.db-wal"], ["987654321"]).hits


@pytest.mark.parametrize("written", ["{}-1", "/customers/{}/2", "{}:7", "{}.0", "1,{}.00,2"])
def test_a_long_number_is_no_part_of_a_date_and_may_have_zeros_as_decimals(written: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(written.format("123456789"), encoding="utf-8")
    assert prove([tmp_path], ["123456789"]).hits
    (tmp_path / "a.csv").write_text("123456789.05,0.123456789", encoding="utf-8")
    assert prove([tmp_path], ["123456789"]).is_clean


def test_an_id_that_is_stored_with_decimals_is_found(tmp_path: Path) -> None:
    several = [1.5, float("nan"), float("inf"), float(NUMBER), None]
    exact = pa.array([Decimal("1.50"), Decimal(NUMBER), None], pa.decimal128(18, 2))
    pq.write_table(pa.table({"a": several}), tmp_path / "double.parquet")
    pq.write_table(pa.table({"a": exact}), tmp_path / "decimal.parquet")
    with closing(sqlite3.connect(tmp_path / "a.db")) as con, con:
        con.execute("create table t (a real)")
        con.execute("insert into t values (?)", (float(NUMBER),))
    with closing(duckdb.connect(tmp_path / "a.duckdb")) as other:
        other.execute(f"create table t as select {NUMBER}.0::double as a")
    proof = prove([tmp_path], [NUMBER])
    assert {Path(hit.place).name for hit in proof.hits if hit.kind == "values"} == {
        "double.parquet", "decimal.parquet", "a.db", "a.duckdb",
    }  # fmt: skip
    assert not proof.unread


def test_maps_and_unions_of_duckdb_are_read(tmp_path: Path) -> None:
    with closing(duckdb.connect(tmp_path / "a.duckdb")) as con:
        con.execute(f"create table t as select map {{'{WORD}': 1}} as m, union_value(s := '{MAIL}') as u")
    proof = prove([tmp_path], [WORD, MAIL])
    assert {(hit.where, hit.ids) for hit in proof.hits if hit.kind == "values"} == {("t.m", 1), ("t.u", 1)}
    assert not proof.unread


def test_an_unexpected_error_is_a_finding_and_a_file_that_is_gone_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise NotImplementedError

    text(tmp_path, WORD)
    with monkeypatch.context() as patched:
        patched.setitem(kinds.READERS, "bytes", broken)
        assert [one.why for one in prove([tmp_path], [WORD]).unread] == ["NotImplementedError."]
    store = open_store(str(tmp_path))
    listed = store.list("")
    (tmp_path / "orders.csv").unlink()
    monkeypatch.setattr(type(store), "list", lambda *_: listed)
    assert prove([store], [WORD]).is_clean


def test_an_id_after_more_than_64_megabytes_of_a_compressed_value_is_found(tmp_path: Path) -> None:
    packer = zlib.compressobj()
    value = (
        b"".join(packer.compress(b"." * 1_000_000) for _ in range(70)) + packer.compress(f' "{WORD}"'.encode()) + packer.flush()
    )
    with closing(sqlite3.connect(tmp_path / "a.db")) as con, con:
        con.execute("create table snapshots (body blob)")
        con.execute("insert into snapshots values (?)", (value,))
    assert [hit.where for hit in prove([tmp_path], [WORD]).hits] == ["snapshots.body"]
    assert prove([tmp_path], ["jose-ab12ce"]).is_clean


def test_a_zip_with_bytes_before_it_is_unpacked(tmp_path: Path) -> None:
    EVERY["zipped"](tmp_path, WORD)
    (path,) = tmp_path.iterdir()
    path.write_bytes(b"#!/bin/sh\nunzip $0 # for c 7\n" + path.read_bytes())
    proof = prove([tmp_path], [WORD])
    assert proof.hits and proof.files == {"bytes": 1, "zip": 1} and not proof.unread
    assert not kinds.is_text(path)
    assert prove([tmp_path], ["c 7"]).hits  # before the zip


UNREAD: dict[str, bytes] = {
    "a.tar": b"orders.csv".ljust(257, b"\0") + b"ustar\x0000 and then nothing",
    "a.zz": zlib.compress(b"orders"),
    "a.lzma": b"\x5d\x00\x00\x80\x00....",
    "a.csv.Z": b"\x1f\x9d\x90....",
    "a.sz": b"\xff\x06\x00\x00sNaPpY....",
    "a.h5": b"\x89HDF\r\n\x1a\n....",
    "a.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1....",
    "a.pdf": b"%PDF-1.7\n1 0 obj\n",
    "a.zst": b"\x28\xb5\x2f\xfd....",
    "a.7z": b"7z\xbc\xaf\x27\x1c....",
    "a.parquet": b"PAR1 and then nothing",
    "a.csv.gz": b"\x1f\x8b\x08 cut off",
    "a.csv.xz": b"\xfd7zXZ\0 cut off",
    "a.zip": b"PK\x03\x04 cut off",
    "a.db": b"SQLite format 3\0" + b"\xff" * 4096,
    "a.duckdb": b"........DUCK" + b"\xff" * 4096,
    "a.pbix": b"PK\x03\x04",
}


@pytest.mark.parametrize("name", UNREAD)
def test_a_file_that_cannot_be_read_is_a_finding(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(UNREAD[name])
    proof = prove([tmp_path], [HEX])
    assert [Path(one.place.split("/unpacked")[0]).name for one in proof.unread] == [name]
    assert not proof.hits and not proof.is_clean


def test_a_locked_zip_and_a_bomb_of_archives_are_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text(tmp_path, "x")
    name = tmp_path / "orders.csv"
    monkeypatch.setattr(packed, "MAX_UNPACKED_BYTES", 3)
    EVERY["gzipped"](tmp_path, HEX)
    name.unlink()
    assert "OverflowError" in prove([tmp_path], [HEX]).unread[0].why
    monkeypatch.undo()
    monkeypatch.setattr(packed, "DEEPEST", 0)
    assert "archive within" in prove([tmp_path], [HEX]).unread[0].why


def test_free_blocks_of_a_database_with_tables_are_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "a.duckdb"
    with closing(duckdb.connect(path)) as con:
        con.execute(f"create table gone as select '{HEX}' || i as a from range(300_000) t(i); create table kept as select 1 as a")
        con.execute("checkpoint; drop table gone; checkpoint; create table later as select 2 as b; checkpoint")
    assert any("free blocks" in one.why for one in prove([path], [WORD]).unread)


def test_links_are_followed_and_every_file_is_read_once(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    text(outside, WORD)
    (inside / "loop").symlink_to(inside)
    (inside / "gone").symlink_to(tmp_path / "nowhere")
    (inside / "elsewhere").symlink_to(outside)
    os.link(outside / "orders.csv", inside / "again.csv")
    proof = prove([inside, tmp_path], [WORD])
    assert (len(proof.hits), proof.files) == (1, {"bytes": 1})


def test_a_pipe_is_a_finding(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert [one.why for one in prove([tmp_path], [WORD]).unread] == ["It is a pipe, a socket or a device, not a file."]


def test_the_certificate_holds_no_id_also_where_names_do(tmp_path: Path) -> None:
    folder = tmp_path / WORD
    folder.mkdir()
    for plant in EVERY.values():
        (place := folder / f"of {WORD} {plant.__name__}").mkdir()
        plant(place, WORD)
    pq.write_table(pa.table({f"id {WORD}": [WORD]}), folder / "t.parquet")
    (folder / f"{WORD}.zst").write_bytes(UNREAD["a.zst"])
    proof = prove([tmp_path], [WORD])
    certificate = json.dumps(proof.certificate())
    assert WORD not in certificate and WORD not in repr(proof)
    assert len({hit.place.split("/")[-2] for hit in proof.hits}) >= len(EVERY)
    assert certificate.count("…") or "\\u2026" in certificate


def test_a_store_is_read_by_its_own_list(tmp_path: Path) -> None:
    text(tmp_path, WORD)
    proof = prove([open_store(str(tmp_path))], [WORD])
    assert [hit.place for hit in proof.hits] == [str(tmp_path / "orders.csv")]


def test_nothing_to_search_for_and_nowhere_to_search_are_errors(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="at least one id"):
        prove([tmp_path], [" ", ""])
    with pytest.raises(UserError, match="does not exist"):
        prove([tmp_path / "misspelled"], [WORD])
