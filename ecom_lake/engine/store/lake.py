"""One shop's lake: its storage, its log, its data files.

Here: staging a file, naming it, reading the files that an entry names. Files lie in `<shop>/_store/<layer>/<table>/…`
under names that are never used again. Not here: what goes into a table (pipeline/), how
bronze is read (engine/build/bronze/delivered_rows.py), SQL (duckdb_engine.py).
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import polars as pl

from ecom_lake import logs
from ecom_lake.engine.store.access import Access
from ecom_lake.engine.store.hashes import hash_file
from ecom_lake.engine.store.log import Entry, File, Log
from ecom_lake.engine.store.modes import Modes
from ecom_lake.engine.store.storage import Storage
from ecom_lake.engine.store.whole import GONE, damage, other_size, remember

STORE = "_store"
SCRATCH = "_store/scratch"
LANDING = "landing"


class Lake:
    def __init__(self, root: str, shop: str, access: Access | None = None, landing: str | None = None) -> None:
        self.modes = None if "://" in root else Modes(Path(root), access.readers if access else "")
        """Who may read it; of a remote lake, that store decides."""
        self.storage = Storage(root, access, modes=self.modes)
        self.landing = Storage(landing or f"{root}/{shop}/{LANDING}", access, inbox=True, modes=None if landing else self.modes)
        """Where the shop's exports are dropped: in the lake, unless they come elsewhere."""
        self.shop = shop
        self.log = Log(self.storage, shop)

    @property
    def url(self) -> str:
        return f"{self.storage.url}/{self.shop}"

    def restrict(self) -> None:
        """Close to others what an older version, or a person, left open."""
        if self.modes and self.modes.restrict(self.shop):
            logs.log_event("restricted", shop=self.shop, folder=self.url)

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for half-done files, on the lake's own disk or beside the copies, so that publishing is a rename."""
        parent = self.storage.local_folder(f"{self.shop}/{SCRATCH}") if self.storage.is_local else self.storage.cache.held
        folder = Path(tempfile.mkdtemp(dir=parent, prefix="step-"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """One process of this machine after the other. The lock is on a folder, and ends with who holds it."""
        if self.storage.is_local:
            folder = self.storage.local_folder(f"{self.shop}/{STORE}")
        else:
            folder = self.storage.cache.turns / self.shop
            folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def publish(self, local: Path, table: str, part: str, file: File, current: File | None) -> File:
        """Put a finished file into the store, unless the current one has the same bytes; readers see it once it is committed.

        Bronze, which no run owns, is named by the content that it was delivered as."""
        digest = hash_file(local)
        file = replace(file, hash=digest, bytes=local.stat().st_size)
        if current is not None and current.hash == digest and not self.damage(current):
            local.unlink()
            return replace(file, path=current.path, run=current.run)
        made_by = f"{file.run}-{digest[:16]}" if file.run else ""
        name = "-".join(word for word in (part.replace("=", "-"), made_by) if word)
        path = f"{STORE}/{table}/{name}.parquet"
        self.storage.put_once(local, f"{self.shop}/{path}")
        if self.storage.is_local:
            remember(self.storage.local(f"{self.shop}/{path}"), digest)
        return replace(file, path=path)

    def damage(self, file: File) -> str | None:
        """What is wrong with a data file: told from its hash here, from its size where it would have to be fetched."""
        path = f"{self.shop}/{file.path}"
        if self.storage.is_local:
            return damage(self.storage.local(path), file.bytes, file.hash)
        try:
            size = self.storage.info(path).size
        except FileNotFoundError:
            return GONE
        return None if size == file.bytes else other_size(size, file.bytes)

    def is_damaged(self, file: File) -> bool:
        """Held against its hash as its store has it, whatever copies of it there are."""
        if self.storage.is_local or self.damage(file):
            return self.damage(file) is not None
        with self.scratch() as folder:
            return hash_file(self.storage.here(f"{self.shop}/{file.path}", folder)) != file.hash

    def damage_read(self, file: File) -> str | None:
        """The same of a file that is about to be read: a remote one is held against its hash as it comes."""
        if self.storage.is_local:
            return self.damage(file)
        try:
            self.local(file)
        except FileNotFoundError:
            return GONE
        return None

    def local(self, file: File) -> Path:
        return self.storage.immutable(f"{self.shop}/{file.path}", file.bytes, file.hash)

    def where(self, file: File) -> str:
        """How people name a file, and their tools open it."""
        return self.storage.where(f"{self.shop}/{file.path}")

    def paths(self, entry: Entry, table: str) -> list[Path]:
        """The files of a table, in the order of its parts."""
        return self.locals(in_order(entry.parts(table)))

    def locals(self, files: Iterable[File]) -> list[Path]:
        return list(self.storage.each(self.local, files))

    def silver(self, entry: Entry, table: str) -> pl.LazyFrame | None:
        paths = self.paths(entry, f"silver/{table}")
        return pl.scan_parquet(paths, glob=False) if paths else None


def in_order(parts: Mapping[str, File]) -> list[File]:
    return [file for _, file in sorted(parts.items())]


def rows_in(path: Path) -> int:
    import pyarrow.parquet as pq  # readers of a lake need not wait for it

    return int(pq.read_metadata(path).num_rows)
