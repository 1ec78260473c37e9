"""Fingerprints of everything that a file is built from. If the fingerprint is unchanged, the file is kept."""

from __future__ import annotations

import hashlib


def fingerprint(*parts: object) -> str:
    return hashlib.blake2b("\x1f".join(repr(part) for part in parts).encode(), digest_size=12).hexdigest()
