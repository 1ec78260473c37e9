"""What earlier pulls landed, read from the names of their files: no other state is kept.

`database/000017/orders-20261128T221503.123456Z.csv.gz` is the table `orders` of pull 17, whose latest change was made at that
time. Landing a file is one atomic write, and its name is its watermark: a pull that was interrupted has landed a file and its
watermark, or neither. The names are read from landing and from the deliveries in the log, so that landing may be emptied after a
build, and the rows of a file that was removed before any build are pulled again (docs/decisions/0041).
"""

from __future__ import annotations

import csv
import gzip
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from ecom_lake.engine.build.bronze.deliveries import contents, deliveries
from ecom_lake.engine.build.landing_site import LandingSite
from ecom_lake.engine.build.pull.source import Kind, Moment, kind_of
from ecom_lake.engine.landing.archives import content_hash, unpack
from ecom_lake.engine.store.entry import Entry
from ecom_lake.engine.store.landed_files import files_in

FOLDER = "database"
_NAME = re.compile(rf"{FOLDER}/(\d{{6,}})/(\w+?)(?:-(\d{{8}}(?:T\d{{6}}\.\d{{6}}Z?)?))?\.csv\.gz", re.ASCII)
_DAY, _TIME = "%Y%m%d", "%Y%m%dT%H%M%S.%f"


@dataclass(frozen=True)
class PulledFile:
    number: int
    """Of the pull that landed it: from 1."""
    table: str
    watermark: Moment | None

    @property
    def path(self) -> str:
        return f"{FOLDER}/{self.number:06d}/{self.table}{_suffix(self.watermark)}.csv.gz"

    @classmethod
    def parse(cls, path: str) -> PulledFile | None:
        """None for the name of a file that no pull landed."""
        found = _NAME.fullmatch(path)
        if not found:
            return None
        try:
            return cls(int(found[1]), found[2], _moment(found[3]))
        except ValueError:
            return None


def _suffix(watermark: Moment | None) -> str:
    if watermark is None:
        return ""
    if not isinstance(watermark, datetime):
        return f"-{watermark.strftime(_DAY)}"
    return f"-{watermark.strftime(_TIME)}{'Z' if watermark.tzinfo else ''}"


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
        self._hashes = {delivery.file: delivery.content_hash for delivery in deliveries(self._head)}
        self._in_landing = {info.path for info in files_in(site.lake.landing)}
        names = {*self._hashes, *self._in_landing}
        self.files = sorted(filter(None, map(PulledFile.parse, names)), key=lambda file: file.number)

    @property
    def next_number(self) -> int:
        return self.files[-1].number + 1 if self.files else 1

    def watermark(self, table: str, kind: Kind) -> Moment | None:
        """The latest change that landed. A watermark of another kind is of an earlier type of the column, and does not count."""
        marks = [file.watermark for file in self._of(table) if file.watermark is not None]
        return max((mark for mark in marks if kind_of(mark) == kind), default=None)

    def latest(self, table: str) -> str | None:
        """The content hash of the file that was landed last."""
        return next((self._content(file.path) for file in reversed(self._of(table))), None)

    def known(self, table: str) -> set[str]:
        """The hashes of content that a build would not deliver again."""
        return self._delivered | {self._content(file.path) for file in self._of(table)}

    def columns(self, table: str) -> list[str]:
        """The columns of the file that was landed last; empty where it is no longer in landing."""
        paths = [file.path for file in self._of(table) if file.path in self._in_landing]
        if not paths:
            return []
        with self._site.lake.landing.opened(paths[-1]) as local, gzip.open(local, "rt", encoding="utf-8", newline="") as text:
            return next(csv.reader(text), [])

    @cached_property
    def _delivered(self) -> set[str]:
        return contents(self._head)

    def _of(self, table: str) -> list[PulledFile]:
        return [file for file in self.files if file.table == table]

    def _content(self, path: str) -> str:
        return self._hashes.get(path) or self._read_content(path)

    def _read_content(self, path: str) -> str:
        with self._site.lake.scratch() as scratch, self._site.lake.landing.opened(path) as local:
            [digest] = [content_hash(member.path) for member in unpack(local, scratch, path)]
        self._hashes[path] = digest
        return digest
