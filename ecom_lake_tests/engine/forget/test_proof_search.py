"""The search in pieces: whatever the offset, the encoding and the borders of the pieces, an id is found once it is there."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from itertools import pairwise
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from ecom_lake.engine.forget.proof_escapes import Unescaped, unescape
from ecom_lake.engine.forget.proof_search import Bytes, Search, TextStream

ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "utf-8": str.encode,
    "utf-16-le": lambda token: token.encode("utf-16-le"),
    "utf-16-be": lambda token: token.encode("utf-16-be"),
    "json": lambda token: json.dumps(token).encode(),
    "json, every character": lambda token: _units(token, "\\u"),
    "json in json": lambda token: json.dumps(json.dumps(token)).encode(),
    "html": lambda token: "".join(f"&#{ord(one)};" for one in token).encode(),
    "html, hexadecimal": lambda token: "".join(f"&#x{ord(one):x};" for one in token).encode(),
    "url": lambda token: quote(token, safe="").encode(),
    "url, every byte": lambda token: b"".join(b"%%%02x" % one for one in token.encode()),
}


def _units(token: str, prefix: str) -> bytes:
    data = token.encode("utf-16-be")
    return "".join(f"{prefix}{data[at : at + 2].hex()}" for at in range(0, len(data), 2)).encode()


TOKENS = st.text(st.sampled_from("abzAZ019-_.@ éñß漢😀'\""), min_size=2, max_size=40).filter(
    lambda token: token.strip() == token and (not token.isdigit())
)
FILLER = st.text(st.sampled_from("mnop ,;\n"), max_size=60).map(lambda text: text.encode())
BORDERS = st.lists(st.integers(0, 400), max_size=6)


def _pieces(data: bytes, borders: Sequence[int]) -> list[bytes]:
    places = [0, *sorted(min(border, len(data)) for border in borders), len(data)]
    return [data[start:end] for start, end in pairwise(places)]


def _found(token: str, pieces: Sequence[bytes], kind: Bytes = Bytes.TEXT) -> int:
    places: list[int] = []
    stream = TextStream(Search([token]), kind, lambda _, place: places.append(place), lambda _, place: places.append(place))
    for piece in pieces:
        stream.feed(piece)
    stream.feed(b"", is_last=True)
    return len(places)


@given(TOKENS, st.sampled_from(sorted(ENCODINGS)), FILLER, FILLER, BORDERS, st.sampled_from([b" ", b",", b"\n"]))
def test_a_token_is_found_at_any_place_in_any_encoding_across_any_border(
    token: str, encoding: str, before: bytes, after: bytes, borders: Sequence[int], separator: bytes
) -> None:
    written = ENCODINGS[encoding](token)
    wide = "\n".encode(encoding) if encoding.startswith("utf-16") else separator
    assert _found(token, _pieces(before + wide + written + wide + after, borders))


@given(TOKENS, st.sampled_from(sorted(ENCODINGS)), st.integers(0, 400))
def test_a_token_across_a_border_is_found_however_long_the_second_piece_is(token: str, encoding: str, border: int) -> None:
    wide = "\n".encode(encoding) if encoding.startswith("utf-16") else b"\n"
    data, end = wide + ENCODINGS[encoding](token) + wide, wide * 2_000
    assert _found(token, [data[:border], data[border:] + end])


@given(TOKENS.filter(str.isalnum), FILLER, FILLER, BORDERS, st.sampled_from("xZ09"))
def test_a_token_near_it_is_not_found(token: str, before: bytes, after: bytes, borders: Sequence[int], more: str) -> None:
    longer = [(token + more).encode(), (more + token).encode(), (token + more).encode("utf-16-le")]
    for near in longer if token.isascii() else []:
        assert not _found(token, _pieces(before + b" " + near + b" " + after, borders))


@given(st.binary(max_size=300).map(lambda data: data.replace(b"q", b"\\u0061").replace(b"r", b"ab%61&#97;")), BORDERS)
def test_pieces_give_what_the_whole_gives(data: bytes, borders: Sequence[int]) -> None:
    for kind in Bytes:
        assert bool(_found("ab", _pieces(data, borders), kind)) == bool(_found("ab", [data], kind))


@given(st.text(st.sampled_from('\\u0d8e9a&#x;%41amplt"/n '), max_size=80).map(str.encode), BORDERS)
def test_escapes_are_resolved_across_borders(data: bytes, borders: Sequence[int]) -> None:
    stream, whole = Unescaped(), Unescaped()
    resolved = b"".join(stream.feed(piece)[0] for piece in _pieces(data, borders)) + stream.feed(b"", True)[0]
    assert resolved == whole.feed(data, True)[0]


def test_escapes_by_hand() -> None:
    for written in (b"Jos\\u00e9", b"Jos\\\\u00E9", b"Jos&eacute;", b"Jos&#233;", b"Jos&#x00E9;", b"Jos%C3%A9", b"Jos&amp;#233;"):
        assert unescape(written) == "José".encode(), written
    assert unescape(b"\\ud83d\\ude00") == "😀".encode()
    for written in (b'"a\\nab1"', b'{\\"id\\":\\"ab1\\"}', b"a\\\\tab1", b"%20ab1", b"\\u0009ab1", b"&nbsp;ab1"):
        assert _found("ab1", [written]), written
    assert not _found("ab1", [b"nab1"])
    assert unescape(b"&nosuchname; &#99999999; %zz \\x") == b"&nosuchname; &#99999999; %zz \\x"


def test_tokens_that_overlap_are_all_found() -> None:
    places: set[int] = set()
    search = Search(["a-b", "b", "a", "a-b-c"])
    stream = TextStream(search, Bytes.TEXT, lambda token, _: places.add(token), lambda token, _: places.add(token))
    stream.feed(b"x a-b-c x", is_last=True)
    assert places == {0, 1, 2, 3}


def test_short_ids_by_chance_in_compressed_bytes_do_not_count() -> None:
    assert not _found("ab1", [b"\x00\xffab1\x00"], Bytes.COMPRESSED)
    assert _found("ab1", [b"\x00\xffab1\x00"], Bytes.PAGES)
    assert _found("abcde1", [b"\x007abcde1y\x00"], Bytes.COMPRESSED)
    assert not _found("abcde1", [b"\x007abcde12\x00"], Bytes.PAGES)
    assert not _found("abcde1", [b"\x00xabcde1\x00"], Bytes.PAGES)
    assert _found("0123456789abcde1", [b"\x0050123456789abcde12\x00"], Bytes.PAGES)


def test_names_are_masked() -> None:
    search = Search(["a-b", "b-c", "12"])
    assert search.mask("landing/a-b-c.csv") == "landing/….csv"
    assert search.mask("month=2017-12/id 12.csv") == "month=2017-12/id ….csv"
    assert search.mask("nothing é") == "nothing é"
