"""One shop's lake: its storage, its log, its data files.

Here: staging a file, naming it, reading the files that an entry names. Files lie in `<shop>/_store/<layer>/<table>/…`
under names that are never used again. Not here: what goes into a table (pipeline/), SQL (engine.py).
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import polars as pl

from ecom_lake.contracts.delivered import Delivered
from ecom_lake.lake.log import Entry, File, Log
from ecom_lake.lake.storage import Storage

STORE = "_store"
SCRATCH = "_store/scratch"
LANDING = "landing"


class Lake:
    def __init__(self, root: str, shop: str) -> None:
        self.storage = Storage(root)
        self.shop = shop
        self.log = Log(self.storage, shop)

    @property
    def url(self) -> str:
        return f"{self.storage.url}/{self.shop}"

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder for half-done files, on the lake's own disk where there is one, so that publishing is a rename."""
        parent = None
        if self.storage.is_local:
            parent = self.storage.local(f"{self.shop}/{SCRATCH}")
            parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(dir=parent, prefix="step-"))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def publish(self, local: Path, table: str, part: str, file: File, current: File | None) -> File:
        """Put a finished file into the store, unless the current one has the same bytes; readers see it once it is committed.

        Bronze, which no run owns, is named by the content that it was delivered as."""
        digest = hash_file(local)
        file = replace(file, hash=digest, bytes=local.stat().st_size)
        if current is not None and current.hash == digest:
            local.unlink()
            return replace(file, path=current.path, run=current.run)
        made_by = f"{file.run}-{digest[:16]}" if file.run else ""
        name = "-".join(word for word in (part.replace("=", "-"), made_by) if word)
        path = f"{STORE}/{table}/{name}.parquet"
        self.storage.put(local, f"{self.shop}/{path}")
        return replace(file, path=path)

    def local(self, file: File) -> Path:
        return self.storage.local(f"{self.shop}/{file.path}")

    def paths(self, entry: Entry, table: str) -> list[Path]:
        """The files of a table, in the order of its parts."""
        return [self.local(file) for _, file in sorted(entry.parts(table).items())]

    def bronze(self, entry: Entry, delivered: Delivered) -> pl.LazyFrame:
        """Every delivered row of a table as text, with the delivery and record that it came from."""
        schema = {name: pl.String() for name in delivered.columns} | {"source_sequence": pl.Int64(), "source_record": pl.Int64()}
        frames = [pl.LazyFrame(schema=schema)]
        for file in _by_sequence(entry.parts(f"bronze/{delivered.name}")):
            assert file.delivery is not None
            frame = pl.scan_parquet(self.local(file), glob=False, missing_columns="insert", schema=None)
            sequence = pl.lit(file.delivery.sequence, dtype=pl.Int64).alias("source_sequence")
            frames.append(frame.select(*delivered.columns, sequence, "source_record"))
        return frames[1] if len(frames) == 2 else pl.concat(frames)

    def silver(self, entry: Entry, table: str) -> pl.LazyFrame | None:
        paths = self.paths(entry, f"silver/{table}")
        return pl.scan_parquet(paths, glob=False) if paths else None


def _by_sequence(parts: Mapping[str, File]) -> list[File]:
    return [file for _, file in sorted(parts.items())]


def hash_file(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def rows_in(path: Path) -> int:
    import pyarrow.parquet as pq  # readers of a lake need not wait for it

    return int(pq.read_metadata(path).num_rows)
