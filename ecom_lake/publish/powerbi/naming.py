"""Names and identifiers in a Power BI project. Identifiers are hashes of names, so that the same release gives the same bytes."""

from __future__ import annotations

import hashlib
import re
import uuid

_NAMESPACE = uuid.UUID("b3c0e0b4-6f1d-5d0a-9a57-0c5e2f4f7d11")


def tag(*parts: str) -> str:
    """A lineage tag or logical identifier."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(parts)))


def short_id(*parts: str) -> str:
    """The name of a page or visual."""
    return hashlib.sha256("/".join(parts).encode()).hexdigest()[:20]


def quoted(name: str) -> str:
    """A name as TMDL writes it."""
    return name if re.fullmatch(r"\w+", name) else "'" + name.replace("'", "''") + "'"


def m_text(text: str) -> str:
    """A text literal of M."""
    return '"' + text.replace('"', '""').replace("#(", "#(#)(") + '"'
