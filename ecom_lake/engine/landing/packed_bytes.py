"""A member of a zip archive that cannot be unpacked, copied into another archive as the bytes that it has.

It may be damaged, protected by a password, or compressed by a method that Python does not have: somebody may still read it.
Not here: unpacking (archives.py).
"""

from __future__ import annotations

import copy
import zipfile
from pathlib import Path

from ecom_lake.engine.landing.archives import CHUNK


def copy_packed(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, target: zipfile.ZipFile) -> None:
    """Copy a member with its header and all bytes before the next one. `path`: the file of the archive.

    `zipfile` has no such operation; it writes the directory of `target` from `filelist` and `start_dir`."""
    assert target.fp is not None
    again, left = copy.copy(entry), _end(archive, entry) - entry.header_offset
    again.header_offset = target.start_dir
    target.fp.seek(target.start_dir)
    with path.open("rb") as source:
        source.seek(entry.header_offset)
        while left > 0 and (piece := source.read(min(CHUNK, left))):
            target.fp.write(piece)
            left -= len(piece)
            target.start_dir += len(piece)
    target.filelist.append(again)
    target.NameToInfo[again.filename] = again


def _end(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> int:
    """Where the next member begins, or the directory of the archive."""
    begins = [archive.start_dir, *(one.header_offset for one in archive.infolist())]
    return min((place for place in begins if place > entry.header_offset), default=entry.header_offset)
