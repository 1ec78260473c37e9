"""Kept answers: the same bytes for the same request, within a bound of memory."""

from __future__ import annotations

from ecom_lake.publish.api.replies import Bodies, Body


def test_an_answer_is_made_once_and_the_oldest_make_room() -> None:
    made: list[int] = []

    def body(number: int) -> Body:
        made.append(number)
        return Body(b"x" * 10_000)

    bodies = Bodies(limit=25_000)
    for number in (1, 2, 1, 3, 1, 2):
        bodies.get(number, lambda number=number: body(number))  # type: ignore[misc]
    assert made == [1, 2, 3, 2], "2 made room for 3, because 1 was asked for later"
    assert bodies._size <= 25_000


def test_an_answer_that_fails_is_not_kept() -> None:
    bodies = Bodies()
    for content in (None, b"now"):
        try:
            found = bodies.get("key", lambda content=content: Body(content if content else [].pop()))  # type: ignore[misc]
        except IndexError:
            continue
    assert found.content == b"now"


def test_the_etag_is_of_the_content() -> None:
    assert Body(b"a").etag == Body(b"a", "text/csv").etag != Body(b"b").etag
