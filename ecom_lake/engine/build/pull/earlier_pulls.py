"""What earlier pulls landed, read from the names of their files: no other state is kept.

`database/000017/orders-20261128T211500.000000Z-20261128T221503.123456Z.csv.gz` is the table `orders` of pull 17: what changed
since the first of these times, the latest of it at the second. Landing a file is one atomic write, and its name is its
watermark: a pull that was interrupted has landed a file and its watermark, or neither. The names are read from landing and from
the deliveries in the log, so that landing may be emptied after a build. A file that was removed before any build, or that cannot
be read, leaves a gap between the watermarks; its rows are pulled again, also after later pulls (docs/decisions/0041).
"""

from __future__ import annotations

import csv
import gzip
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from ecom_lake.engine.build.bronze.deliveries import contents, deliveries
from ecom_lake.engine.build.erasure.former_contents import FormerContents
from ecom_lake.engine.build.landing_site import LandingSite
from ecom_lake.engine.build.pull.source import Kind, Moment, kind_of
from ecom_lake.engine.landing.archives import content_hash, unpack
from ecom_lake.engine.landing.refused import Refused
from ecom_lake.engine.store.entry import Entry
from ecom_lake.engine.store.landed_files import files_in

FOLDER = "database"
_MOMENT = r"\d{8}(?:T\d{6}\.\d{6}Z?)?"
_NAME = re.compile(rf"{FOLDER}/(\d{{6,}})/(\w+?)(?:(?:-({_MOMENT}))?-({_MOMENT}))?\.csv\.gz", re.ASCII)
_DAY, _TIME = "%Y%m%d", "%Y%m%dT%H%M%S.%f"


@dataclass(frozen=True)
class PulledFile:
    number: int
    """Of the pull that landed it: from 1."""
    table: str
    watermark: Moment | None
    """The latest change in the file; None where no row has a time."""
    since: Moment | None = None
    """The watermark of the earlier files that it continues; None where all rows were read, and in the names of older versions."""

    @property
    def path(self) -> str:
        since = self.since if self.watermark is not None else None
        return f"{FOLDER}/{self.number:06d}/{self.table}{_suffix(since)}{_suffix(self.watermark)}.csv.gz"

    @classmethod
    def parse(cls, path: str) -> PulledFile | None:
        """None for the name of a file that no pull landed."""
        found = _NAME.fullmatch(path)
        if not found:
            return None
        try:
            return cls(int(found[1]), found[2], _moment(found[4]), _moment(found[3]))
        except ValueError:
            return None


def _suffix(watermark: Moment | None) -> str:
    if watermark is None:
        return ""
    if not isinstance(watermark, datetime):
        return f"-{watermark.isoformat().replace('-', '')}"
    time = watermark.replace(tzinfo=None).isoformat(timespec="microseconds")
    return f"-{time.replace('-', '').replace(':', '')}{'Z' if watermark.tzinfo else ''}"


def _moment(text: str | None) -> Moment | None:
    if text is None:
        return None
    if len(text) == len("20261128"):
        return datetime.strptime(text, _DAY).date()
    time = datetime.strptime(text.removesuffix("Z"), _TIME)
    return time.replace(tzinfo=UTC) if text.endswith("Z") else time


class EarlierPulls:
    def __init__(self, site: LandingSite) -> None:
        self._site = site
        self._head: Entry = site.lake.log.head()
        self._refused = {path: landed.hash for path, landed in self._head.landing.items() if landed.refused}
        self._hashes = self._refused | {delivery.file: delivery.content_hash for delivery in deliveries(self._head)}
        self._in_landing = {info.path for info in files_in(site.lake.landing)}
        names = {*self._hashes, *self._in_landing}
        self.files = sorted(filter(None, map(PulledFile.parse, names)), key=lambda file: file.number)

    @property
    def next_number(self) -> int:
        return self.files[-1].number + 1 if self.files else 1

    def watermark(self, table: str, kind: Kind) -> Moment | None:
        """The change up to which every earlier one landed. A watermark of another kind is of an earlier type of the column, and
        does not count. Neither does that of a file that no build can read, nor that of a later file that continues it: the rows
        between are in no table, and are pulled again."""
        reached: Moment | None = None
        for file in self._readable(table):
            mark, since = file.watermark, file.since
            if mark is None or {kind_of(one) for one in (mark, since) if one is not None} != {kind}:
                continue
            if since is None or (reached is not None and max(since, reached) == reached):
                reached = max(mark, reached or mark)
        return reached

    def latest(self, table: str) -> str | None:
        """The present content hash of the file that was landed last."""
        return next((self.present(self._content(file.path)) for file in reversed(self._of(table))), None)

    def present(self, digest: str) -> str:
        """The content hash that this content has in the log now: old texts or persons may be gone from it since it landed."""
        return self._former.present(digest)

    def known(self, table: str) -> set[str]:
        """The hashes of content that a build would not deliver again."""
        return self._delivered | {self._content(file.path) for file in self._of(table)}

    def columns(self, table: str) -> list[str]:
        """The columns of the readable file that was landed last; empty where none is in landing."""
        paths = [file.path for file in self._readable(table) if file.path in self._in_landing]
        if not paths:
            return []
        with self._site.lake.landing.opened(paths[-1]) as local, gzip.open(local, "rt", encoding="utf-8", newline="") as text:
            return next(csv.reader(text), [])

    @cached_property
    def _delivered(self) -> set[str]:
        return contents(self._head)

    @cached_property
    def _former(self) -> FormerContents:
        return FormerContents(self._site, self._head)

    def _of(self, table: str) -> list[PulledFile]:
        return [file for file in self.files if file.table == table]

    def _readable(self, table: str) -> list[PulledFile]:
        """Those that no build refused, and that can be unpacked."""
        return [file for file in self._of(table) if file.path not in self._refused and self._content(file.path)]

    def _content(self, path: str) -> str:
        """The content hash; empty for a file that cannot be unpacked, such as one that a power failure cut off."""
        return self._hashes[path] if path in self._hashes else self._read_content(path)

    def _read_content(self, path: str) -> str:
        with self._site.lake.scratch() as scratch, self._site.lake.landing.opened(path) as local:
            try:
                [digest] = ["" if member.refused else content_hash(member.path) for member in unpack(local, scratch, path)]
            except Refused:
                digest = ""
        self._hashes[path] = digest
        return digest
