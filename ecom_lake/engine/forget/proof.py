"""The proof that no file of some places holds any of the searched ids: every file is read, by the reader of its kind.

A file that cannot be read is a finding of its own. Memory is bounded, whatever the size of a file: bytes are read in pieces.
Here: which files are read. Not here: how (proof_readers/), the search (proof_search.py), which places a lake has (outside.py).
"""

from __future__ import annotations

import stat
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from ecom_lake.engine.forget.proof_findings import Findings, Proof
from ecom_lake.engine.forget.proof_readers.kinds import read
from ecom_lake.engine.forget.proof_readers.source import Source
from ecom_lake.engine.forget.proof_search import Search
from ecom_lake.engine.store.modes import private_folder
from ecom_lake.engine.store.store import Store
from ecom_lake.errors import UserError

Place = Path | Store
"""A folder or file of this machine, or a whole store, which is read by its own list of files."""


def prove(places: Sequence[Place], tokens: Sequence[str]) -> Proof:
    """Read every byte of the places. The proof is clean if no token was found and everything could be read.

    A place that does not exist is an error, because a misspelled one would be clean."""
    searched = list(dict.fromkeys(token.strip() for token in tokens if token.strip()))
    if not searched:
        raise UserError("There is nothing to search for: name at least one id.")
    findings = Findings(Search(searched))
    with tempfile.TemporaryDirectory(prefix="ecom-lake-proof-") as folder:
        scratch, seen = private_folder(Path(folder)), set[tuple[int, int]]()
        for place in places:
            for source in _files(place, scratch, seen, findings):
                _read(source, findings)
    names = [place.url if isinstance(place, Store) else str(place) for place in places]
    found = (dict(sorted(findings.files.items())), findings.bytes, findings.hits, findings.unread)
    return Proof([findings.search.mask(name) for name in names], len(searched), *found)


def _read(source: Source, findings: Findings) -> None:
    """The name of a file is searched like its bytes."""
    for token in findings.search.in_value(source.name.encode(errors="surrogateescape")):
        findings.note(source.place, "name", "", token, "name of the file")
    try:
        findings.bytes += source.path.stat().st_size
        read(source, findings)
    except FileNotFoundError:
        return  # deleted meanwhile
    except Exception as error:  # whatever a reader meets: the file was not read as a whole
        findings.not_read(source.place, f"{getattr(error, 'strerror', '') or type(error).__name__}.")


def _files(place: Place, scratch: Path, seen: set[tuple[int, int]], findings: Findings) -> Iterator[Source]:
    """Each file once, also if it has several names."""
    if isinstance(place, Store):
        for info in place.list(""):
            try:
                with place.opened(info.path) as local:
                    yield Source(local, place.where(info.path), info.path, scratch)
            except FileNotFoundError:
                continue  # deleted meanwhile
        return
    if not place.exists():
        raise UserError(f"{place} does not exist: name the folder or file that is to be read.")
    for path in _walk(place, seen, findings):
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            findings.not_read(str(path), "It is a pipe, a socket or a device, not a file.")
        elif (status.st_dev, status.st_ino) not in seen:
            seen.add((status.st_dev, status.st_ino))
            yield Source(path, str(path), str(path.relative_to(place)) if path != place else path.name, scratch)


def _walk(place: Path, seen: set[tuple[int, int]], findings: Findings) -> Iterator[Path]:
    """The files at and below a place, through links, but each folder once."""
    try:
        status = place.stat()
        if not stat.S_ISDIR(status.st_mode):
            yield place
            return
        if (status.st_dev, status.st_ino) in seen:
            return
        seen.add((status.st_dev, status.st_ino))
        inside = sorted(place.iterdir())
    except FileNotFoundError:
        return  # deleted meanwhile, or a link to nothing
    except OSError as error:
        findings.not_read(str(place), f"{error.strerror or type(error).__name__}.")
        return
    for path in inside:
        yield from _walk(path, seen, findings)
