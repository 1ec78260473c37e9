"""One shop's lake: its store, its commit log, its data files.

Here: publishing a file, naming it, reading the files that an entry names. Files are in `<shop>/_store/<layer>/<table>/…`
under names that are never used again. Not here: what a table is made of (engine/build/), how bronze is read
(engine/build/bronze/delivered_rows.py), SQL (engine/duckdb_engine.py).
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ecom_lake import logs
from ecom_lake.engine.contracts.table_id import Part, TableId
from ecom_lake.engine.store.access import Access
from ecom_lake.engine.store.entry import Entry, File, Made, Parts
from ecom_lake.engine.store.file_lock import in_use, locked, try_lock
from ecom_lake.engine.store.integrity import GONE, hash_file
from ecom_lake.engine.store.log import Log
from ecom_lake.engine.store.made import record_made
from ecom_lake.engine.store.modes import Modes
from ecom_lake.engine.store.open_store import open_store

if TYPE_CHECKING:
    import polars as pl

STORE = "_store"
SCRATCH = "_store/scratch"
LANDING = "landing"
MERGED = "merged-"
"""The beginning of the names of bronze files that hold several deliveries."""


class Lake:
    def __init__(self, root: str, shop: str, access: Access | None = None, landing: str | None = None) -> None:
        self.modes = None if "://" in root else Modes(Path(root), access.readers if access else "")
        """Who may read a local lake; access to a remote one is up to its store."""
        self.store = open_store(root, access, modes=self.modes)
        self.landing = open_store(
            landing or f"{root}/{shop}/{LANDING}", access, inbox=True, modes=None if landing else self.modes
        )
        """Where the shop's exports are dropped: in the lake, unless a folder elsewhere is named."""
        self.shop = shop
        self.log = Log(self.store, shop)

    @property
    def url(self) -> str:
        return f"{self.store.url}/{self.shop}"

    def restrict(self) -> None:
        """Close the folders that an older version, or a person, left open to others."""
        if self.modes and self.modes.restrict(self.shop):
            logs.log_event("restricted", shop=self.shop, folder=self.url)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for unfinished files, on the disk of the store, so that publishing is a rename; removed afterwards."""
        with self.used():
            folder = Path(tempfile.mkdtemp(dir=self.store.scratch_folder(f"{self.shop}/{SCRATCH}"), prefix="step-"))
            try:
                yield folder
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def used(self) -> Iterator[None]:
        """Hold off `alone`: entered by every step, until its commit, and by every SQL session."""
        with in_use(self.store.lock_folder(f"{self.shop}/{SCRATCH}")):
            yield

    @contextmanager
    def alone(self, patience: float) -> Iterator[bool]:
        """Whether no step and no SQL session of this machine uses the lake, and none begins meanwhile. It waits some seconds."""
        folder, end = self.store.lock_folder(f"{self.shop}/{SCRATCH}"), time.monotonic() + patience
        while (release := try_lock(folder)) is None and time.monotonic() < end:
            time.sleep(0.2)
        try:
            yield release is not None
        finally:
            if release:
                release()

    @contextmanager
    def turn(self, of: str = "") -> Iterator[None]:
        """One process of this machine after the other: of those that make the table `of`, or that write outside of the store."""
        with locked(self.store.lock_folder(f"{self.shop}/{STORE}/{of}".rstrip("/"))):
            yield

    def record_made(self, kind: str, target: Path | str) -> None:
        """Remember a file or folder that was made from a release outside of the lake."""
        record_made(self.store, self.shop, kind, str(target.absolute()) if isinstance(target, Path) else target)

    def publish(self, local: Path, table: TableId, part: Part, made: Made, current: File | None) -> File:
        """Put a finished file into the store, unless the current one has the same bytes; readers see it once it is committed.

        Bronze files are independent of a run and are named after the hash of the delivered file."""
        digest, size = hash_file(local), local.stat().st_size
        if current is not None and current.hash == digest and not self.damage(current):
            local.unlink()
            return made.published(current.path, size, digest, run=current.run)
        made_by = f"{made.run}-{digest[:16]}" if made.run else ""
        name = "-".join(word for word in (str(part).replace("=", "-"), made_by) if word)
        path = f"{STORE}/{table}/{name}.parquet"
        self.store.put_immutable(local, f"{self.shop}/{path}", digest)
        return made.published(path, size, digest)

    def damage(self, file: File) -> str | None:
        """What is wrong with a data file, found by its hash in a local lake, by its size in a remote one."""
        return self.store.damage(f"{self.shop}/{file.path}", file.bytes, file.hash)

    def is_damaged(self, file: File) -> bool:
        """By its hash, read from the store itself and not from a local copy."""
        if self.store.is_local or self.damage(file):
            return self.damage(file) is not None
        with self.store.opened(f"{self.shop}/{file.path}") as local:
            return hash_file(local) != file.hash

    def damage_read(self, file: File) -> str | None:
        """The same of a file that is about to be read: the hash of a remote one is checked when it is downloaded."""
        if self.store.is_local:
            return self.damage(file)
        try:
            self.local(file)
        except FileNotFoundError:
            return GONE
        return None

    def local(self, file: File) -> Path:
        return self.store.immutable(f"{self.shop}/{file.path}", file.bytes, file.hash)

    def where(self, file: File) -> str:
        """How people name a file, and their tools open it."""
        return self.store.where(f"{self.shop}/{file.path}")

    def paths(self, entry: Entry, table: TableId) -> list[Path]:
        """The files of a table, in the order of its parts."""
        return self.locals(in_order(entry.parts(table)))

    def locals(self, files: Iterable[File]) -> list[Path]:
        return list(self.store.each(self.local, files))

    def silver(self, entry: Entry, table: str) -> pl.LazyFrame | None:
        import polars as pl

        paths = self.paths(entry, TableId("silver", table))
        return pl.scan_parquet(paths, glob=False) if paths else None


def in_order(parts: Parts) -> list[File]:
    return [file for _, file in sorted(parts.items())]


def rows_in(path: Path) -> int:
    import pyarrow.parquet as pq  # readers of a lake need not wait for it

    return int(pq.read_metadata(path).num_rows)
