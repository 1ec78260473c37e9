"""Landed files that no build reads, searched for the persons before anything is rewritten.

Not here: landed files that hold a delivery (engine/build/erasure/changed_state.py).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from ecom_lake.engine.build.bronze.deliveries import contents as contents_of
from ecom_lake.engine.build.bronze.ingest import landed_files
from ecom_lake.engine.build.erasure.landed import is_landed
from ecom_lake.engine.build.erasure.person_rows import Mentions, mentions_of
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.forget.proof_readers.kinds import is_text
from ecom_lake.engine.landing.archives import content_hash, unpack
from ecom_lake.engine.landing.refused import Refused
from ecom_lake.engine.store.entry import Entry
from ecom_lake.engine.store.erasure_list import ErasureList
from ecom_lake.engine.store.store import Info
from ecom_lake.errors import UserError


def refuse_unread_files(site: Site, entry: Entry, listed: ErasureList) -> None:
    """Raise an error if a landed file that no build reads, as a refused or hidden one, may name one of the persons: nothing of it
    can be rewritten. A file that cannot be searched stops the erasure, too."""
    mentions, delivered, read = mentions_of(listed), contents_of(entry), {info.path for info in landed_files(site)}
    for info in site.lake.landing.list(""):
        landed = entry.landing.get(info.path)
        if (info.path in read and (landed is None or not landed.refused)) or info.refused:
            continue
        try:
            why = _why_unsearched(site, info, delivered, mentions)
        except FileNotFoundError:
            if is_landed(site, info):
                raise
            continue  # removed since landing was listed
        if why:
            raise UserError(
                f"{info.path} in {site.lake.landing.url} is read by no build, and {why}: correct or delete it, then run "
                "`ecom-lake forget --continue`."
            )


def _why_unsearched(site: Site, info: Info, delivered: Collection[str], mentions: Mentions) -> str:
    """Why a landed file may hold one of the persons; empty if it does not."""
    with site.lake.scratch() as scratch, site.lake.landing.opened(info.path) as local:
        for path, why in _unread(local, scratch, info.path, delivered):
            if not why and any(mentions(line) for line in _lines(path)):
                return "may name one of the persons"
            if why:
                return why
    return ""


def _unread(local: Path, scratch: Path, name: str, delivered: Collection[str]) -> Iterator[tuple[Path, str]]:
    """The files in a landed file that are no delivery, each with the reason why it cannot be searched, if it cannot."""
    try:
        for member in unpack(local, scratch, name):
            if member.refused:
                yield member.path, "a file in it cannot be unpacked"
            elif content_hash(member.path) not in delivered:
                yield member.path, "" if is_text(member.path) else "it is not text, so that it cannot be searched for the persons"
    except Refused:
        yield local, "it cannot be unpacked"


def _lines(path: Path) -> Iterator[str]:
    """Without zeros, so that an id in UTF-16 is found too."""
    with path.open("rb") as file:
        yield from (line.replace(b"\0", b"").decode("utf-8", "replace") for line in file)
