"""Text whose columns are separated by any number of blanks, as text whose columns are separated by one tab.

Such a text has no quotes: a blank within a value separates columns too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_BLANKS = re.compile(rb"[ \t]+")
_AT_THE_ENDS = re.compile(rb"(?<=[\r\n])\t|\t(?=[\r\n])")


def blanks_as_tabs(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The result does not depend on where the blocks are cut: blanks at the end of a block belong to the next one."""
    held, is_line_start = b"", True
    for block in blocks:
        text = held + block
        kept = text.rstrip(b" \t")
        held = text[len(kept) :]
        if not kept:
            continue
        tabbed = _AT_THE_ENDS.sub(b"", _BLANKS.sub(b"\t", kept))
        yield tabbed.lstrip(b"\t") if is_line_start else tabbed
        is_line_start = kept.endswith((b"\r", b"\n"))
