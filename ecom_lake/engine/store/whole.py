"""Whether a file on this machine's disk holds what the log says that it holds.

Here: sizes and hashes of local files; a hash is taken once in a process, for as long as the file is not touched.
Not here: which files there are (log.py), what to do about a damaged one (engine/build/maintenance/repair.py).
"""

from __future__ import annotations

from pathlib import Path

from ecom_lake.engine.store.hashes import hash_file

GONE = "is gone"
_Seen = tuple[str, int, int, int]
_hashes: dict[_Seen, str] = {}


def damage(path: Path, size: int, digest: str) -> str | None:
    """What is wrong with a file, as the end of a sentence that starts with its name."""
    try:
        seen = _seen(path)
    except FileNotFoundError:
        return GONE
    if seen[1] != size:
        return other_size(seen[1], size)
    if seen not in _hashes:
        _hashes[seen] = hash_file(path)
    return None if _hashes[seen] == digest else "has other content"


def other_size(found: int, wanted: int) -> str:
    return f"has {found:,} bytes, not {wanted:,}"


def remember(path: Path, digest: str) -> None:
    """A file that was just written, and hashed on its way."""
    _hashes[_seen(path)] = digest


def _seen(path: Path) -> _Seen:
    seen = path.stat()
    return str(path), seen.st_size, seen.st_mtime_ns, seen.st_ino
