"""The table of schema changes in the changelog is the one that the contracts give."""

from __future__ import annotations

from tools.schema_changes import BEGIN, CHANGELOG, END, changes, contracts, released, schema, with_changes

BEFORE = {"kept": {"a": "text"}, "changed": {"a": "text", "b": "number", "c": "flag"}, "dropped": {"a": "text"}}
NOW = {"kept": {"a": "text"}, "changed": {"a": "text?", "b": "money", "d": "date"}, "added": {"a": "text", "b": "date"}}


def test_every_kind_of_change_is_stated() -> None:
    assert list(changes(BEFORE, NOW)) == [
        ("added", "new table: `a`, `b`"),
        ("changed", "new: `d`; removed: `c`; `a` text → text?; `b` number → money"),
        ("dropped", "removed"),
    ]


def test_only_the_text_between_the_marks_is_replaced() -> None:
    page = f"before\n{BEGIN}\nold\n{END}\nafter"
    assert with_changes(page, NOW, NOW) == f"before\n{BEGIN}\nNo column changed.\n{END}\nafter"


def test_the_changelog_has_todays_changes() -> None:
    page = CHANGELOG.read_text(encoding="utf-8")
    assert BEGIN in page
    assert page == with_changes(page, released(), schema(contracts())), "run `make snapshot`, and look at the difference"
