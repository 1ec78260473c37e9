"""Numbers in sentences: with their nouns (1 row is, 2 rows are), and shortened to three digits."""

from __future__ import annotations


def counted(count: int, noun: str, verbs: str = "") -> str:
    """`counted(2, "row")` is "2 rows"; with the two forms of a verb, as in "is/are", the matching form follows."""
    text = f"{count:,} {noun}{'' if count == 1 else 's'}"
    if not verbs:
        return text
    one, many = verbs.split("/")
    return f"{text} {one if count == 1 else many}"


def three_digits(value: float) -> str:
    """Three digits, or all of a large number's whole part; 1.003 is 1.00, because 1 would look exact."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    short = f"{value:.3g}"
    return short if "." in short or value == int(value) else f"{value:#.3g}".rstrip(".")
