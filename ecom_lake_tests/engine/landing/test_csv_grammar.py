"""What a record is, and what is rejected in its place: by hand, three fields a record."""

from __future__ import annotations

import pytest

from ecom_lake.engine.landing.csv_grammar import AFTER_BROKEN, AFTER_QUOTE, NEVER_CLOSED, UNDECODABLE, Grammar, after_empty_lines

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
        # The next quote in the file closes what was left open, and text follows it.
        ('a,"b,c\n1,2,3\n4,"five",6\n', [AFTER_QUOTE, GOOD, ("4", "five", "6")]),
        # It is closed by chance, before a separator; lines within are whole by themselves.
        ('a,"b,c\n1,2,3\n4,", five",6\n', [NEVER_CLOSED, GOOD, ("4", ", five", "6")]),
        # A message of several lines, with a separator too many: it is one record, and none of its lines is another.
        ('a,"b\nsome, text\nmore",c,d\n1,2,3\n', ["too many fields: 4 of 3", GOOD]),
        # After broken quotes, what is left of the record must not pass for a row.
        ('a,"say "hi" to\nmy, dear friend",c\n1,2,3\n', [AFTER_QUOTE, AFTER_BROKEN, GOOD]),
        # Quotes at both ends of each line were cut off: each line leaves one open, and there is no end to it.
        ('a","b","c\n' * 3, [NEVER_CLOSED, NEVER_CLOSED, NEVER_CLOSED]),
    ],
)
def test_malformed_records(text: str, expected: Outcome) -> None:
    assert read(text) == expected


def test_a_record_that_is_too_long() -> None:
    assert read(f"{'x' * 60},b,c\n1,2,3\n", longest=50) == ["record of more than 50 characters", GOOD]
    assert read('a,"b\n' + "1,2,3\n" * 20 + '",c\n', longest=50)[:2] == [NEVER_CLOSED, GOOD]


@pytest.mark.parametrize("beginning", ["a", "a,b,c", 'a,"b', 'a,"b"', 'a,b,"c""', 'a,b,"c\n'])
def test_what_may_go_on_is_waited_for(beginning: str) -> None:
    grammar = Grammar(",", 3, longest=50)
    assert grammar.record(beginning, 0, last=False) is None


def test_a_quote_without_end_is_given_up_soon() -> None:
    """Else each line of such a file would be followed to the file's end: the square of its size."""
    found = Grammar(",", 3).record('a","b","c\n' * 4, 0, last=False)
    assert found is not None
    assert (found.reason, found.end) == (NEVER_CLOSED, 10)
