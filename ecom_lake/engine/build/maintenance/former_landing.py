"""The landed files of a copy that hold what the source has rewritten since: a review's old text, or an erased person.

Such a file is replaced or deleted, and no other: what it holds is in the source's landing, or in the bronze of the source.
Not here: copying (copying.py).
"""

from __future__ import annotations

from pathlib import Path

from ecom_lake import logs
from ecom_lake.engine.build.bronze.deliveries import contents
from ecom_lake.engine.build.bronze.ingest import landed_files
from ecom_lake.engine.build.erasure.former_contents import FormerContents
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.landing.archives import content_hash, unpack
from ecom_lake.engine.landing.refused import Refused
from ecom_lake.engine.store.entry import Landed

_REFUSED = ""


class FormerLanding:
    def __init__(self, source: Site, target: Site) -> None:
        head = source.lake.log.head()
        self._source, self._target = source, target
        self._former, self._delivered = FormerContents(source, head), contents(head)

    def is_former(self, path: str, now: Path) -> bool:
        """Whether the copy's file is an earlier version of `now`, the source's file of that name."""
        return self._holds_former(path, {_REFUSED, *self._digests(now, path)})

    def delete_removed(self) -> int:
        """Delete what the source has removed, by its age or because it could not be rewritten; returns how many files."""
        deleted = 0
        there, recorded = {info.path for info in landed_files(self._source)}, self._target.lake.log.head().landing
        for info in landed_files(self._target):
            if info.path in there or info.refused or not self._may_hold_former(recorded.get(info.path)):
                continue
            if self._holds_former(info.path, set()):
                self._target.lake.landing.delete(info.path)
                deleted += 1
                logs.log_event("former landed file deleted in the copy", file=info.path)
        return deleted

    def _may_hold_former(self, landed: Landed | None) -> bool:
        """Computed from the log of the copy: most files need not be read."""
        return landed is None or any(digest in self._former for digest in landed.hash.split("+"))

    def _holds_former(self, path: str, others: set[str]) -> bool:
        """Whether a file of the copy holds a former delivery, and otherwise only deliveries and these contents."""
        with self._target.lake.landing.opened(path) as local:
            found = self._digests(local, path)
        former = {digest for digest in found if digest in self._former}
        return bool(former) and found <= former | self._delivered | others

    def _digests(self, local: Path, path: str) -> set[str]:
        """The content hashes of the files in a landed file."""
        found = set[str]()
        with self._target.lake.scratch() as scratch:
            try:
                for member in unpack(local, scratch, path):
                    found.add(_REFUSED if member.refused else content_hash(member.path))
            except Refused:
                found.add(_REFUSED)
        return found
