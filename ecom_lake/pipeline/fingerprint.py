"""Fingerprints: what a file was made from. Where nothing of it changed, the file is kept and nothing is computed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import ecom_lake

JUDGEMENT = ("contracts/conform.py", "contracts/promises.py", "contracts/reading.py")
"""The code that judges a delivered row."""
SHARED_BY_CONNECTORS = ("connector", "merging", "shaping")


def fingerprint(*parts: object) -> str:
    return hashlib.blake2b("\x1f".join(repr(part) for part in parts).encode(), digest_size=12).hexdigest()


@cache
def code_of(*places: str) -> str:
    """A hash of source files and folders, named from the package's root: `connectors`, `contracts/conform.py`."""
    package = Path(ecom_lake.__file__).parent
    digest = hashlib.blake2b(digest_size=12)
    for path in sorted(_sources(package / place for place in places)):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def connector_code(name: str) -> str:
    """A hash of what a connector is made of: a change in another one's package touches no shop of this one."""
    return code_of(*(f"connectors/{shared}.py" for shared in SHARED_BY_CONNECTORS), f"connectors/{name}")


def _sources(places: Iterable[Path]) -> Iterable[Path]:
    for place in places:
        if place.is_dir():
            yield from (path for path in place.rglob("*") if path.suffix in (".py", ".sql"))
        else:
            yield place
