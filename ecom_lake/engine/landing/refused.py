"""The refusal of a landed file: one sentence for a person, which names the file, what is wrong with it and what to do.

Names come from outside: a sentence shows them in one line, without control characters, and shortened.
"""

from __future__ import annotations

LONGEST_NAME = 200


class Refused(Exception):  # noqa: N818 (it reads as what happened to the file)
    """A landed file, or one packed in it, cannot become bronze as it is."""

    def __init__(self, sentence: str, table: str = "") -> None:
        super().__init__(printable(sentence))
        self.table = table
        """The delivered table that the file was meant for, where its columns show it."""


class Unrecognized(Refused):
    """A file that is none of the known tables: neither its name nor its columns fit one."""


def shown(name: str) -> str:
    """A name from outside, in a form that is safe to show."""
    whole = printable(name)
    return whole if len(whole) <= LONGEST_NAME else f"{whole[: LONGEST_NAME // 2]}…{whole[-LONGEST_NAME // 2 :]}"


def printable(text: str) -> str:
    return text if text.isprintable() else "".join(sign if sign.isprintable() else "?" for sign in text)
