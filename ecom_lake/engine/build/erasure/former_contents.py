"""The content hashes that deliveries had before they were rewritten, kept as HMACs in the log: a file is recognised by them when
it comes again. Not here: rewriting landed files (landed.py).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

from ecom_lake.engine.build.bronze.deliveries import contents, deliveries, earlier_contents
from ecom_lake.engine.build.landing_site import LandingSite
from ecom_lake.engine.store.entry import Entry
from ecom_lake.engine.store.erasure_list import ERASURE_KEY, SHORTEST_KEY
from ecom_lake.engine.store.integrity import hash_file
from ecom_lake.errors import UserError


def keyed(site: LandingSite, digest: str, key: bytes = b"") -> str:
    """Instead of the content hash of a file that held a person: the same each time the file is delivered, so that it is numbered
    once. It is an HMAC, because a hash of the file could be compared with that of a guessed text."""
    return hmac.digest(key or site.erasure_key, f"content\x1f{digest}".encode(), "sha256").hex()[:32]


def came_before(site: LandingSite, digest: str, earlier: Mapping[str, str]) -> str:
    """What `earlier` has for the delivery of this file, if it came before an erasure: of `earlier_contents`, its present content
    hash."""
    keys = filter(None, (site.erasure_key, site.former_erasure_key))
    return next((earlier[was] for key in keys if (was := keyed(site, digest, key)) in earlier), "")


class FormerContents:
    """The contents that the deliveries of a state had before they were rewritten."""

    def __init__(self, site: LandingSite, entry: Entry) -> None:
        self._site, self._earlier = site, earlier_contents(entry)

    def __bool__(self) -> bool:
        return bool(self._earlier)

    def present(self, digest: str) -> str:
        """The content hash that the delivery of this content has now; the same one if it was not rewritten, or never came."""
        return came_before(self._site, digest, self._earlier) or digest

    def __contains__(self, digest: str) -> bool:
        return bool(came_before(self._site, digest, self._earlier))


def delivered_before(site: LandingSite) -> Callable[[str], bool]:
    """Whether content was delivered before, by its hash, also if old texts or persons are gone from it since."""
    refuse_missing_key(site)
    head = site.lake.log.head()
    known, former = contents(head), FormerContents(site, head)
    return lambda digest: digest in known or digest in former


def rewritten_delivery(site: LandingSite) -> Callable[[Path], str]:
    """The name of the delivered file that a file was before old texts or persons went from it; empty for every other file.

    The log is read when the first file is compared, and only where the shop has the key under which rewritten files are recorded.
    A log that cannot be read recognises nothing: the next ingest states the damage, and recognises the file."""

    @cache
    def rewritten() -> dict[str, str]:
        """By the HMAC of an earlier content: the name of the delivered file."""
        try:
            return {was: one.file for one in deliveries(site.lake.log.head()) for was in one.was}
        except UserError:
            return {}

    def name(path: Path) -> str:
        has_key = bool(site.erasure_key or site.former_erasure_key)
        return came_before(site, hash_file(path), rewritten()) if has_key and rewritten() else ""

    return name


def refuse_missing_key(site: LandingSite) -> None:
    """Raise an error if texts are emptied by age, and the files that held them could not be recognised."""
    if site.shop.retention.texts_days is not None and len(site.erasure_key) < SHORTEST_KEY:
        raise UserError(
            f"retention.texts_days of shop '{site.shop.name}' needs {ERASURE_KEY}: files are written again without old texts, "
            "and are recognised under this key when they are delivered again. Set it to a secret text of at least "
            f"{SHORTEST_KEY} characters and keep it, or remove texts_days."
        )
