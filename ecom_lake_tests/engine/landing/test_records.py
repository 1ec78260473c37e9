"""The fast parser and the grammar give the same result for all block boundaries, and no text is lost."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ecom_lake.engine.landing import arrow_reader, records
from ecom_lake.engine.landing.csv_grammar import LONGEST, NEVER_CLOSED, Grammar
from ecom_lake.engine.landing.records import KEPT_CHARACTERS, Batch, Records, Reject

Result = tuple[list[tuple[Any, ...]], list[Reject]]


class ByGrammar(Records):
    """A parser that never uses Arrow."""

    def _by_arrow(self, text: bytes, last: bool) -> tuple[int, Batch | None]:
        return 0, None


def cut(text: bytes, size: int) -> Iterator[bytes]:
    """Blocks of about `size` bytes, without a CRLF that is split between two blocks."""
    start = 0
    while start < len(text):
        end = start + size
        end += text[end - 1 : end + 1] == b"\r\n"
        yield text[start:end]
        start = end


def read(text: bytes, size: int = 1 << 20, width: int = 3, longest: int = LONGEST, reader: type[Records] = Records) -> Result:
    rows: list[tuple[Any, ...]] = []
    rejects: list[Reject] = []
    for batch in reader(Grammar(",", width, longest, HEADER[:width]), line=1).batches(cut(text, size)):
        columns = [column.to_pylist() for column in batch.columns]
        rows += zip(*columns, batch.numbers.to_pylist(), strict=True)
        rejects += batch.rejects
    return rows, rejects


HEADER = ("h", "i", "j")
SIGNS = [b",", b",", b"\n", b"\r\n", b"\r", b'"', b'""', b',"', b'",', b'"\n']
PIECES = [*SIGNS, b"a", b"b c", b"\x00", b"\xc3\xa9", b"\xff", b"\xef\xbb\xbf"]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join)
WHOLE = [b"1,2,3\n", b'4,"5",6\r\n', b'"7","8\n8","9"\n']
AGAIN = [b"h,i,j\n", b'"h",i,"j"\r\n', b"\xef\xbb\xbfh,i,j\n", b"h,i,j2\n"]
LINES = st.lists(
    st.sampled_from([*WHOLE, *AGAIN, b"1,2\n", b'a,"b,c\n', b'a,b"b,c\n', b'a,b"b",c\n', b'"a"b,c,d\n', b",\xff,\n", b"\n"]),
    max_size=12,
).map(b"".join)


@settings(max_examples=400, deadline=None)
@given(st.one_of(TEXTS, LINES), st.integers(1, 40), st.sampled_from([1, 2, 3]))
@example(b"\xef\xbb\xbfa,b,c\n", 40, 3)
@example(b'""\n', 1, 1)
@example(b'"a""\n"b",c,d\n', 3, 3)
def test_the_result_does_not_depend_on_blocks_or_parser(text: bytes, size: int, width: int) -> None:
    whole = read(text, width=width)
    assert read(text, size, width) == whole
    assert read(text, width=width, reader=ByGrammar) == whole
    assert read(text, size, width, reader=ByGrammar) == whole


@settings(max_examples=200, deadline=None)
@given(st.one_of(TEXTS, LINES), st.integers(1, 6))
@example(b"1,2,3\r\n" * 3 + b"x\n", 2)
def test_the_result_does_not_depend_on_the_range_of_the_fast_parser(text: bytes, reach: int) -> None:
    whole = read(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "LARGEST_PIECE", 4 * reach)
        patch.setattr(records, "SMALLEST_PIECE", reach)
        assert read(text) == whole


@settings(max_examples=200, deadline=None)
@given(LINES, st.integers(1, 40))
def test_the_maximum_record_length_does_not_depend_on_blocks(text: bytes, size: int) -> None:
    whole_rows, whole_rejects = read(text, longest=12)
    rows, rejects = read(text, size, longest=12)
    assert rows == whole_rows
    # For a line that is too long, only its first block is stored.
    assert [replace(reject, raw="") for reject in rejects] == [replace(reject, raw="") for reject in whole_rejects]


@settings(max_examples=200, deadline=None)
@given(st.one_of(TEXTS, LINES))
def test_every_record_is_a_row_or_a_reject_and_no_character_is_lost(text: bytes) -> None:
    rows, rejects = read(text)
    numbers = sorted([row[-1] for row in rows] + [reject.source_record for reject in rejects])
    assert numbers == list(range(1, len(numbers) + 1))
    kept = "".join(field or "" for row in rows for field in row[:-1])
    shown = "".join(reject.raw.replace("\\xff", "") for reject in rejects)
    assert letters(kept + shown) == letters(text.decode("utf-8", "ignore"))


def letters(text: str) -> Counter[str]:
    return Counter(letter for letter in text if letter.isalnum())


def test_rejects_have_the_right_line() -> None:
    text = b'1,2,3\n\n"4\n4",5,6\r\nshort\r7,8,9\n10,"11"12,13\n14,15,16'
    rows, rejects = read(text)
    assert [row[-1] for row in rows] == [1, 2, 4, 6]
    assert rejects == [
        Reject(3, 5, "short", "too few fields: 1 of 3"),
        Reject(5, 7, '10,"11"12,13', "text after a closing quote"),
    ]


def test_an_open_quote_rejects_one_record_of_a_long_text() -> None:
    text = b'1,"2\n3",4\n' * 100_000 + b'5,"6,7\n' + b'1,"2\n3",4\n' * 100_000 + b"8,9,10\n" * 100_000
    rows, rejects = read(text)
    assert len(rows) == 300_000
    assert [(reject.source_record, reject.line) for reject in rejects] == [(100_001, 200_001)]


def test_a_line_of_many_blocks_is_not_kept_in_memory() -> None:
    """A line of many blocks is one reject, and the next record has the right line number."""
    text = b"1,2,3\n" + b"x" * 5_000 + b",y\r\n4,5,6\nshort\n"
    rows, rejects = read(text, size=100, longest=1000)
    assert rows == [("1", "2", "3", 1), ("4", "5", "6", 3)]
    assert [(reject.line, reject.reason) for reject in rejects] == [
        (2, "record of more than 1,000 characters"),
        (4, "too few fields: 1 of 3"),
    ]
    assert len(rejects[0].raw) < 2_000


def test_a_quote_that_is_open_for_too_long_is_rejected_before_the_end_of_the_file() -> None:
    rows, rejects = read(b'a,"b,c\n' + b"1,2,3\n" * 1000, size=100, longest=600)
    assert len(rows) == 1000
    assert [reject.reason for reject in rejects] == [NEVER_CLOSED]


def test_the_beginning_of_a_long_reject_is_kept() -> None:
    [reject] = read(b"x" * 3 * KEPT_CHARACTERS + b",y\n")[1]
    assert reject.raw == "x" * KEPT_CHARACTERS


def test_invalid_bytes_are_shown_in_rejects() -> None:
    assert read(b"a,\xff\xc3,c\n")[1][0].raw == r"a,\xff\xc3,c"


@pytest.mark.parametrize(
    ("text", "end"),
    [
        (b"a,b\nc", 4),
        (b'a,"b\nc",d\ne', 10),
        (b'a,b\nc,"d\ne', 4),
        (b'a,b\nc,d"e\nf,g\n', 4),
        (b'a,"b"\nc,"d"e\nf,g\n', 6),
        (b'a,b\nc"d",e\nf,g\n', 4),
        (b'"a""\n""b"\nc', 10),
        (b"a\rb\r\nc", 5),
        (b'a,"b', 0),
    ],
)
def test_balanced_quotes_are_recognized(text: bytes, end: int) -> None:
    assert arrow_reader.proven_end(text, ",", last=False) == end


def test_the_fast_parser_reads_valid_text_with_quoted_line_breaks() -> None:
    text = b'"1","a\nb","say ""hi"""\r\n2,,\nNULL,NA,nan\n'
    assert arrow_reader.proven_end(text, ",", last=True) == len(text)
    columns = arrow_reader.read_columns(memoryview(text), ",", 3)
    assert columns is not None
    assert [column.to_pylist() for column in columns] == [["1", "2", "NULL"], ["a\nb", None, "NA"], ['say "hi"', None, "nan"]]


def test_reading_records_does_not_import_pandas() -> None:
    """Parts of pyarrow import it when they are first called, which takes longer than reading the files of a night."""
    program = (
        "import sys\n"
        "from ecom_lake.engine.landing.csv_grammar import Grammar\n"
        "from ecom_lake.engine.landing.records import Records\n"
        "grammar = Grammar(',', 2, header=('id', 'name'))\n"
        "print([len(batch.numbers) for batch in Records(grammar, line=2).batches([b'1,a\\n2,b\\n'])], 'pandas' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[2] False\n"
