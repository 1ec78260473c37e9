"""Whether the direction words of insights agree with their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

HIGHER = {"above", "higher", "more", "raised", "rise", "rose", "up"}
LOWER = {"below", "down", "fall", "fell", "fewer", "less", "lower", "lowered"}


def wrong_directions(insights: Iterable[dict[str, Any]]) -> list[str]:
    """Headlines with a word for a direction that value and baseline do not have."""
    return [said["statement"] for said in insights if directions(said["statement"]) - _allowed(said)]


def directions(sentence: str) -> set[str]:
    words = set(re.findall(r"[a-z]+", sentence))
    return {name for name, some in (("higher", HIGHER), ("lower", LOWER)) if words & some}


def _allowed(said: dict[str, Any]) -> set[str]:
    if said["baseline"] is None:
        return set()
    return {"higher"} if said["value"] > said["baseline"] else {"lower"}
