"""A file with the ids of persons, one a line, as the options of `forget` take it."""

from __future__ import annotations

import sys
from pathlib import Path

from ecom_lake.errors import UsageError


def read_ids(option: str, file: str) -> list[str]:
    """The ids, each once, without the quotes of a CSV file. Empty lines and comments, `# ` and a text, are left out; `#1001` is
    an id. `-`: the standard input."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UsageError(f"{option} {file} cannot be read: {why}.") from None
    lines = [line.strip().strip('"').strip() for line in text.splitlines() if line.strip() != "#" and not line.startswith("# ")]
    if not any(lines):
        raise UsageError(f"{option} {file} holds no id: write one on each line.")
    return list(dict.fromkeys(line for line in lines if line))
