"""Files in other encodings read as if they were UTF-8."""

from __future__ import annotations

import codecs
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.engine.landing.encodings import encoding_of, utf8_blocks

TEXT = 'order_id,customer_id,status\n1,São João,"ação\r\n€ 5"\n2,,"x"\r\n'


def recoded(path: Path, size: int = 7) -> tuple[str, bytes]:
    encoding = encoding_of(path)
    return encoding.name, b"".join(utf8_blocks(path, encoding, size))


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
        (b"", "cp1252"),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_the_encoding_is_detected_and_the_byte_order_mark_is_removed(
    tmp_path: Path, mark: bytes, encoding: str, size: int
) -> None:
    path = tmp_path / "file"
    path.write_bytes(mark + TEXT.encode(encoding))
    assert recoded(path, size) == (encoding, TEXT.encode())


def test_latin_1_is_read_and_every_byte_has_a_character(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"S\xe3o" + bytes(range(256)))
    name, text = recoded(path)
    assert name == "cp1252"
    assert len(text.decode()) == 259
    assert text.decode().startswith("São")


def test_a_few_invalid_bytes_do_not_change_the_detection_of_utf8(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes("São João, ação".encode() + b"\xff\xfe")
    assert recoded(path) == ("utf-8", path.read_bytes())
    path.write_bytes(b"plain\xe9")
    assert recoded(path) == ("cp1252", "plainé".encode())


@pytest.mark.parametrize(
    "invalid",
    [b"\x00\xd8a\x00", b"\x00\xdca\x00", b"a\x00\x00", b"a\x00\x00\xd8"],
    ids=["high", "low", "half", "high at the end"],
)
def test_invalid_utf16_is_invalid_in_utf8_too(tmp_path: Path, invalid: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(codecs.BOM_UTF16_LE + "order_id\n".encode("utf-16-le") + invalid)
    _, text = recoded(path)
    assert text.startswith(b"order_id\n")
    with pytest.raises(UnicodeDecodeError):
        text.decode()


@given(st.lists(st.sampled_from([b"\r", b"\n", b"a"]), max_size=12).map(b"".join), st.integers(1, 5))
def test_no_crlf_is_split_between_blocks(tmp_path_factory: pytest.TempPathFactory, text: bytes, size: int) -> None:
    path = tmp_path_factory.getbasetemp() / "blocks"
    path.write_bytes(text)
    blocks = list(utf8_blocks(path, encoding_of(path), size))
    assert b"".join(blocks) == text
    assert not any(block.endswith(b"\r") and after.startswith(b"\n") for block, after in pairwise(blocks))
