"""How landing says no: one sentence for a person, which names the file, what is wrong with it and what to do."""

from __future__ import annotations


class Refused(Exception):  # noqa: N818 (it reads as what happened to the file)
    """A landed file, or one that is packed in it, cannot become bronze as it is."""
