"""Counting as people say it: 1 row is, 2 rows are. Nothing else belongs here."""

from __future__ import annotations


def counted(count: int, noun: str, verbs: str = "") -> str:
    """`counted(2, "row")` is "2 rows"; with the verb's two forms, as in "is/are", the verb that agrees follows."""
    said = f"{count:,} {noun}{'' if count == 1 else 's'}"
    if not verbs:
        return said
    one, many = verbs.split("/")
    return f"{said} {one if count == 1 else many}"
