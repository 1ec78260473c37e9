"""Landed files are unpacked, names inside archives never become paths, and a refused archive states the reason."""

from __future__ import annotations

import gzip
import shutil
import stat
import zipfile
from pathlib import Path

import pytest

from ecom_lake.engine.landing import archives
from ecom_lake.engine.landing.archives import content_hash, unpack
from ecom_lake.engine.landing.refused import Refused

CSV = b"order_id,customer_id,status\n1,2,created\n" * 50


def contents(path: Path, scratch: Path, name: str = "", largest: int = archives.MAX_UNPACKED_BYTES) -> list[tuple[str, bytes]]:
    found = []
    for member in unpack(path, scratch, name, largest):
        assert member.refused == ""
        found.append((member.name, member.path.read_bytes()))
    return found


def test_a_folder_may_be_removed_while_a_packed_file_is_read(tmp_path: Path, scratch: Path) -> None:
    """As where an error ends the reading: the generator ends later than the folder."""
    with gzip.open(tmp_path / "orders.csv.gz", "wb") as packed:
        packed.write(CSV)
    members = unpack(tmp_path / "orders.csv.gz", scratch)
    assert next(members).path.read_bytes() == CSV
    shutil.rmtree(scratch)
    members.close()


def refusals(path: Path, scratch: Path, largest: int = archives.MAX_UNPACKED_BYTES) -> list[str]:
    return [member.refused for member in unpack(path, scratch, largest=largest)]


@pytest.mark.parametrize("name", ["orders.csv", "ORDERS.TSV", "orders.txt", "orders"])
def test_a_plain_file_is_not_unpacked(tmp_path: Path, scratch: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(CSV)
    [member] = unpack(path, scratch)
    assert (member.name, member.path) == (name, path)


@pytest.mark.parametrize("name", ["orders.csv.gz", "ORDERS.CSV.GZ"])
def test_gzip_of_several_parts(tmp_path: Path, scratch: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(CSV) + gzip.compress(CSV))
    assert contents(path, scratch) == [(name, CSV + CSV)]


def test_zip_members_keep_their_order_without_folders_and_system_files(tmp_path: Path, scratch: Path) -> None:
    path = tmp_path / "stored"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("2018")
        hidden = ["__MACOSX/2018/._orders.csv", "__MACOSX/orders.csv", ".DS_Store", "2018/.hidden.csv"]
        for name in ["2018/orders.csv", *hidden, "customers.csv"]:
            archive.writestr(name, name.encode())
    assert contents(path, scratch, name="in/Dump.ZIP") == [
        ("in/Dump.ZIP/2018/orders.csv", b"2018/orders.csv"),
        ("in/Dump.ZIP/customers.csv", b"customers.csv"),
    ]
    assert list(scratch.iterdir()) == []


def test_a_name_in_an_archive_never_becomes_a_path(tmp_path: Path, scratch: Path) -> None:
    path = tmp_path / "dump.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ["../../escaped.csv", "/tmp/escaped.csv", "a\x1b[2Jb.csv"]:
            archive.writestr(name, CSV)
    before = sorted(tmp_path.rglob("*"))
    for member in unpack(path, scratch):
        assert member.path.parent == scratch
        assert "\x1b" not in member.name
    assert sorted(tmp_path.rglob("*")) == before


def test_a_damaged_member_does_not_stop_the_others(tmp_path: Path, scratch: Path) -> None:
    path = tmp_path / "dump.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one.csv", CSV)
        archive.writestr("two.csv", CSV)
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"created")] ^= 1
    path.write_bytes(raw)
    first, second = refusals(path, scratch)
    assert first.startswith("dump.zip/one.csv is damaged and cannot be unpacked")
    assert second == ""


def test_a_member_with_a_password_is_refused(tmp_path: Path, scratch: Path) -> None:
    path = tmp_path / "dump.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one.csv", CSV)
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"PK\x03\x04") + 6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)
    assert refusals(path, scratch) == ["dump.zip/one.csv is protected by a password: deliver it without one."]


GZIP = gzip.compress(CSV, mtime=0)


@pytest.mark.parametrize("raw", [GZIP[:-9], GZIP[:30] + b"\xff\xff" + GZIP[32:], b"no gzip", GZIP + b"more"])
def test_damaged_gzip(tmp_path: Path, scratch: Path, raw: bytes) -> None:
    path = tmp_path / "orders.csv.gz"
    path.write_bytes(raw)
    [refused] = refusals(path, scratch)
    assert refused.startswith("orders.csv.gz is damaged and cannot be unpacked (")


@pytest.mark.parametrize("raw", [b"", b"no zip", b"PK\x03\x04 cut off"])
def test_an_invalid_zip_is_refused(tmp_path: Path, scratch: Path, raw: bytes) -> None:
    path = tmp_path / "dump.zip"
    path.write_bytes(raw)
    with pytest.raises(Refused, match=r"^dump\.zip is not a complete zip archive \(.+\): copy it here again\.$"):
        list(unpack(path, scratch))


def test_a_zip_without_files_is_refused(tmp_path: Path, scratch: Path) -> None:
    path = tmp_path / "dump.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.mkdir("empty")
    with pytest.raises(Refused, match=r"^dump\.zip holds no files"):
        list(unpack(path, scratch))


def test_an_archive_that_unpacks_to_too_much_is_refused(tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "orders.csv.gz"
    path.write_bytes(gzip.compress(b"\0" * 3_000_000))
    assert contents(path, scratch)
    assert refusals(path, scratch, largest=2_999_999) == [
        "orders.csv.gz unpacks to more than 2,999,999 bytes: deliver it in parts."
    ]
    monkeypatch.setattr(archives, "GIB", 1_000_000)
    monkeypatch.setattr(archives, "MAX_COMPRESSION", 500)
    assert refusals(path, scratch)[0].startswith("orders.csv.gz unpacks to over 500 times its size")


@pytest.mark.parametrize(("header", "size"), [(b"PK\x05\x06", 22), (b"PK\x01\x02", 52), (b"PK\x03\x04", 36)])
def test_a_zip_with_one_bit_of_a_header_flipped_is_read_or_refused(
    tmp_path: Path, scratch: Path, header: bytes, size: int
) -> None:
    path = tmp_path / "dump.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("éa.csv", CSV)
        archive.writestr("b.csv", CSV)
    sound = path.read_bytes()
    for bit in range(8 * size):
        flipped = bytearray(sound)
        flipped[sound.index(header) + bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        try:
            list(unpack(path, scratch))
        except Refused as refused:
            assert str(refused).startswith("dump.zip ")


def test_members_beyond_the_total_limit_are_refused(tmp_path: Path, scratch: Path) -> None:
    path = tmp_path / "dump.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ["one.csv", "two.csv", "three.csv"]:
            archive.writestr(name, CSV)
    assert refusals(path, scratch, largest=2 * len(CSV) - 1) == [
        "",
        f"dump.zip unpacks to more than {2 * len(CSV) - 1:,} bytes; dump.zip/two.csv and the files after it are not read: "
        "deliver it in parts.",
    ]


def test_an_archive_of_too_many_files_is_refused(tmp_path: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "dump.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ["one.csv", "two.csv", "three.csv"]:
            archive.writestr(name, CSV)
    monkeypatch.setattr(archives, "MAX_MEMBERS", 2)
    with pytest.raises(Refused, match=r"^dump\.zip holds 3 files, and 2 is the limit: deliver it in parts\.$"):
        list(unpack(path, scratch))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_that_cannot_be_streamed_is_refused(tmp_path: Path, scratch: Path, method: int) -> None:
    path = tmp_path / "dump.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("one.csv", CSV)
        archive.writestr("two.csv", CSV, zipfile.ZIP_DEFLATED)
    wanted = "dump.zip/one.csv uses a compression method that is not supported: use deflate, the default of zip."
    assert refusals(path, scratch) == [wanted, ""]


def test_a_missing_file_is_not_reported_as_damaged(tmp_path: Path, scratch: Path) -> None:
    for name in ["gone.zip", "gone.csv.gz"]:
        with pytest.raises(FileNotFoundError):
            list(unpack(tmp_path / name, scratch))


def test_the_hash_depends_on_the_content_only(tmp_path: Path) -> None:
    for name, content in {"a": CSV, "b": CSV, "c": CSV + b"."}.items():
        (tmp_path / name).write_bytes(content)
    assert content_hash(tmp_path / "a") == content_hash(tmp_path / "b") != content_hash(tmp_path / "c")
    assert len(content_hash(tmp_path / "a")) == 32


def test_a_link_in_an_archive_is_refused_and_the_other_members_are_read(tmp_path: Path, scratch: Path) -> None:
    path, link = tmp_path / "dump.zip", zipfile.ZipInfo("customers.csv")
    link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/shadow")
        archive.writestr("orders.csv", CSV)
    assert refusals(path, scratch) == ["dump.zip/customers.csv is a link or a device, not a file: pack the file itself.", ""]


def test_the_refusal_of_a_damaged_archive_quotes_none_of_its_bytes(tmp_path: Path, scratch: Path) -> None:
    path = tmp_path / "dump.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("orders.csv", CSV)
    path.write_bytes(path.read_bytes().replace(b"orders.csv", b"SECRET.csv", 1))
    assert refusals(path, scratch) == [
        "dump.zip/orders.csv is damaged and cannot be unpacked (its parts contradict each other): copy it here again."
    ]
