"""Valid records and rejects of the CSV grammar: hand-written cases with three fields per record."""

from __future__ import annotations

import pytest

from ecom_lake.engine.landing.csv_grammar import (
    AFTER_BROKEN,
    AFTER_QUOTE,
    HEADER_AGAIN,
    NEVER_CLOSED,
    UNDECODABLE,
    Found,
    Grammar,
    after_empty_lines,
)

Outcome = list[tuple[str, ...] | str]


def read(text: str, longest: int = 1000) -> Outcome:
    grammar = Grammar(",", 3, longest)
    text = text if text.endswith(("\n", "\r")) else text + "\n"
    at, in_sync, outcome = after_empty_lines(text, 0), True, Outcome()
    while at < len(text):
        found = grammar.record(text, at, last=True, in_sync=in_sync)
        assert found is not None
        outcome.append(found.reason or found.fields)
        in_sync = not found.reason or (in_sync and found.reason not in (AFTER_QUOTE, NEVER_CLOSED))
        at = after_empty_lines(text, found.end)
    return outcome


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b,c\n", [("a", "b", "c")]),
        ("a,b,c", [("a", "b", "c")]),
        ("a,b,c\nd,e,f\r\ng,h,i\rj,k,l", [("a", "b", "c"), ("d", "e", "f"), ("g", "h", "i"), ("j", "k", "l")]),
        ("\n\r\n\na,b,c\n\n\nd,e,f\n\r", [("a", "b", "c"), ("d", "e", "f")]),
        (",,\n", [("", "", "")]),
        ('"","",""\n', [("", "", "")]),
        ('"a,1","b\n2","c ""3"""\n', [("a,1", "b\n2", 'c "3"')]),
        ('"a\r\nb",c,"d\re"\n', [("a\r\nb", "c", "d\re")]),
        ('""",""",b,c\n', [('","', "b", "c")]),
        ('a,5" pipe,c"\n', [("a", '5" pipe', 'c"')]),
        (" a , b,c \n", [(" a ", " b", "c ")]),
        ("a,\x00,c\n", [("a", "\x00", "c")]),
    ],
)
def test_records(text: str, expected: Outcome) -> None:
    assert read(text) == expected


GOOD = ("1", "2", "3")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a,b\n1,2,3\n", ["too few fields: 2 of 3", GOOD]),
        ("a,b,c,d\n1,2,3\n", ["too many fields: 4 of 3", GOOD]),
        (" \n1,2,3\n", ["too few fields: 1 of 3", GOOD]),
        ('"a\nb",c\n1,2,3\n', ["too few fields: 2 of 3", GOOD]),
        ('a,"b"x,c\n1,2,3\n', [AFTER_QUOTE, GOOD]),
        ('a,"b\n1,2,3\n', [NEVER_CLOSED, GOOD]),
        ("a,\udcff,c\n1,2,3\n", [UNDECODABLE, GOOD]),
        # The next quote in the file closes the open field, and text follows it.
        ('a,"b,c\n1,2,3\n4,"five",6\n', [AFTER_QUOTE, GOOD, ("4", "five", "6")]),
        # The open quote is closed by chance, before a separator; the lines between are valid records.
        ('a,"b,c\n1,2,3\n4,", five",6\n', [NEVER_CLOSED, GOOD, ("4", ", five", "6")]),
        # The open quote is in a field too many, and closed within a record of several lines, which is valid.
        ('a,b,c,"d\n4,", five\nlines",6\n1,2,3\n', [NEVER_CLOSED, ("4", ", five\nlines", "6"), GOOD]),
        # A message of several lines with an extra separator: it is one record, and its lines are not records.
        ('a,"b\nsome, text\nmore",c,d\n1,2,3\n', ["too many fields: 4 of 3", GOOD]),
        # After an invalid quote, the rest of the record must not be read as a row.
        ('a,"say "hi" to\nmy, dear friend",c\n1,2,3\n', [AFTER_QUOTE, AFTER_BROKEN, GOOD]),
        # The quotes at both ends of each line were removed: each line opens a quote that is never closed.
        ('a","b","c\n' * 3, [NEVER_CLOSED, NEVER_CLOSED, NEVER_CLOSED]),
    ],
)
def test_malformed_records(text: str, expected: Outcome) -> None:
    assert read(text) == expected


def test_a_record_that_is_too_long_is_rejected() -> None:
    assert read(f"{'x' * 60},b,c\n1,2,3\n", longest=50) == ["record of more than 50 characters", GOOD]
    assert read('a,"b\n' + "1,2,3\n" * 20 + '",c\n', longest=50)[:2] == [NEVER_CLOSED, GOOD]
    assert read(f"{'x' * 45},b,c\n", longest=50) == [("x" * 45, "b", "c")], "exactly 50 characters with the line end"
    assert read(f"{'x' * 45},b,c\n", longest=49) == ["record of more than 49 characters"]


def test_the_header_again_is_no_record() -> None:
    grammar = Grammar(",", 3, header=("id", "", "name"))
    for text in ("id,,name\n", '"id","",name\n', "\ufeffid,,name\n"):
        assert grammar.record(text, 0, last=True) == Found(len(text), reason=HEADER_AGAIN)
    for text in ("id,,Name\n", "name,,id\n"):
        found = grammar.record(text, 0, last=True)
        assert found and not found.reason


@pytest.mark.parametrize("beginning", ["a", "a,b,c", 'a,"b', 'a,"b"', 'a,b,"c""', 'a,b,"c\n'])
def test_an_incomplete_record_waits_for_more_text(beginning: str) -> None:
    grammar = Grammar(",", 3, longest=50)
    assert grammar.record(beginning, 0, last=False) is None


def test_an_unclosed_quote_is_rejected_early() -> None:
    """Otherwise each line of such a file would be read to the end of the file, in quadratic time."""
    found = Grammar(",", 3).record('a","b","c\n' * 4, 0, last=False)
    assert found is not None
    assert (found.reason, found.end) == (NEVER_CLOSED, 10)
