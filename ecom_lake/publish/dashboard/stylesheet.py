"""The one stylesheet of all pages: the files of `styles/`, joined."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_STYLES = Path(__file__).parent / "styles"
_FIRST = ("tokens", "frame", "layout")
"""Files that others build on; the rest follow by name, print last."""
_LAST = ("print",)


@cache
def stylesheet() -> str:
    others = sorted(path.stem for path in _STYLES.glob("*.css") if path.stem not in _FIRST + _LAST)
    return "".join((_STYLES / f"{name}.css").read_text(encoding="utf-8") for name in (*_FIRST, *others, *_LAST))
