"""Records of a text are changed without touching another byte, and have the numbers that reading gives them."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.engine.contracts.delivered import SPACES, Delivered, FileFormat
from ecom_lake.engine.landing.archives import Member
from ecom_lake.engine.landing.csv_grammar import Grammar
from ecom_lake.engine.landing.record_editing import Edits, edited, records_of
from ecom_lake.engine.landing.refused import Refused
from ecom_lake_tests.engine.landing.conftest import SHOP
from ecom_lake_tests.engine.landing.test_records import HEADER, LINES, TEXTS, read

ALL = frozenset({"order_id", "customer_id", "status", "note"})


@given(st.one_of(TEXTS, LINES))
def test_records_have_the_numbers_that_reading_gives_them_and_no_byte_is_lost(text: bytes) -> None:
    found = list(records_of(Grammar(",", 3, header=HEADER), text.decode("utf-8", "surrogateescape")))
    assert "".join(piece for _, piece, _ in found).encode("utf-8", "surrogateescape") == text
    rows, rejects = read(text)
    assert [number for number, _, one in found if one and not one.reason] == [row[-1] for row in rows]
    assert [(number, one.reason) for number, _, one in found if one and one.reason] == [
        (reject.source_record, reject.reason) for reject in rejects
    ]


def edit(folder: Path, data: bytes, edits: Edits, delivered: tuple[Delivered, ...] = SHOP) -> bytes:
    path = folder / "orders.csv"
    path.write_bytes(data)
    return edited(Member("orders.csv", path), delivered, edits, "erased")


TEXT = 'order_id;customer_id;status;own\r\n1;ann;"a;b";x\r\n\r\n2;"bob ""B""";ok;"é\r\n2"\r\n3;ann;ok\r\n4;cem;;z'


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("cp1252"),
        TEXT.encode("cp1252") + b";\x81",
        TEXT.encode() + b"\r\n5;\xff\xfe;ok;\xc3\r\n",
    ],
)
def test_a_text_without_edits_keeps_every_byte_in_any_encoding(tmp_path: Path, data: bytes) -> None:
    assert edit(tmp_path, data, Edits()) == data


def test_a_changed_record_gets_its_new_ids_keeps_its_kept_columns_and_loses_the_others(tmp_path: Path) -> None:
    edits = Edits(changed={2: {"customer_id": "n;w"}}, kept=frozenset({"order_id", "status"}))
    assert edit(tmp_path, TEXT.encode(), edits) == TEXT.replace('2;"bob ""B""";ok;"é\r\n2"', '2;"n;w";ok;').encode()


def test_a_cut_record_goes_with_its_line_and_a_malformed_one_keeps_its_place(tmp_path: Path) -> None:
    edits = Edits(cut=frozenset({1, 3}), malformed=frozenset({1}))
    assert (
        edit(tmp_path, TEXT.encode(), edits)
        == TEXT.replace('1;ann;"a;b";x\r\n', "").replace("3;ann;ok", "erased").replace("4;cem;;z", "").encode()
    )


def test_a_malformed_record_goes_where_its_text_names_somebody(tmp_path: Path) -> None:
    changed = edit(tmp_path, TEXT.encode(), Edits(mentions=lambda text: "ann" in text))
    assert changed == TEXT.replace("3;ann;ok", "erased").encode()


def test_after_a_record_with_broken_quotes_the_next_ones_are_read_as_before(tmp_path: Path) -> None:
    text = 'order_id,customer_id,status\n1,"ann"x,ok\n2,b"ob,ok\n3,cem,ok\n'
    changed = edit(tmp_path, text.encode(), Edits(malformed=frozenset({1}))).decode()
    assert changed == text.replace('1,"ann"x,ok', '"erased"erased')
    rows, rejects = read(changed.partition("\n")[2].encode())
    assert [row[-1] for row in rows] == [3]
    assert [reject.source_record for reject in rejects] == [1, 2]


def test_a_file_whose_columns_are_separated_by_blanks_is_refused(tmp_path: Path) -> None:
    spaced = Delivered("orders", "Orders.", ("a", "b"), file_names=("orders",), file_format=FileFormat(separator=SPACES))
    with pytest.raises(Refused, match="a value of such a file cannot be emptied"):
        edit(tmp_path, b"a b\n1 2\n", Edits(), (spaced,))
