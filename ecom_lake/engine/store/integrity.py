"""Whether a local file has the content that the log recorded: its size and its hash.

A hash is computed once per process, as long as the file is not modified.
Not here: which files there are (log.py), how a damaged one is repaired (engine/build/maintenance/repair.py).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

GONE = "is gone"
_Identity = tuple[str, int, int, int]
_hashes: dict[_Identity, str] = {}


def hash_file(path: Path) -> str:
    """BLAKE2b, 128 bits, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def damage(path: Path, size: int, digest: str) -> str | None:
    """What is wrong with a file, as the end of a sentence that starts with its name; None where nothing is."""
    try:
        identity = _identity(path)
    except FileNotFoundError:
        return GONE
    if identity[1] != size:
        return wrong_size(identity[1], size)
    if identity not in _hashes:
        _hashes[identity] = hash_file(path)
    return None if _hashes[identity] == digest else "has other content"


def wrong_size(found: int, expected: int) -> str:
    return f"has {found:,} bytes, not {expected:,}"


def remember_hash(path: Path, digest: str) -> None:
    """Record the hash of a file that was just written, so that it is not read again."""
    _hashes[_identity(path)] = digest


def _identity(path: Path) -> _Identity:
    status = path.stat()
    return str(path), status.st_size, status.st_mtime_ns, status.st_ino
