"""Numbers with their nouns: 1 row is, 2 rows are."""

from __future__ import annotations


def counted(count: int, noun: str, verbs: str = "") -> str:
    """`counted(2, "row")` is "2 rows"; with the two forms of a verb, as in "is/are", the matching form follows."""
    text = f"{count:,} {noun}{'' if count == 1 else 's'}"
    if not verbs:
        return text
    one, many = verbs.split("/")
    return f"{text} {one if count == 1 else many}"
