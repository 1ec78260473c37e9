"""File permissions of a local lake: only its owner may read it; a group named in lake.toml may also read the plain gold tables.

A shop's folder is closed to others (0700), and so is every file in it (0600). With `readers`, the group may pass through the
shop's folder (0710) and read `gold` (0750, 0640) and release.json; nothing else. Folders above it are not changed.
Where a file system has no permissions, nothing is set: `ecom-lake doctor` reports the permissions in force.
Not here: access to a remote store, which the store controls.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ecom_lake.errors import UserError

OWN_FOLDER, OWN_FILE = 0o700, 0o600
SHARED_FOLDER, SHARED_FILE = 0o750, 0o640
PASSAGE, ANY_PASSAGE = 0o710, 0o711
SHARED = ("gold", "release.json")
"""The parts of a shop that the readers may read. Not the catalogue: its views name files of `_store`, which is closed to them."""
LANDING = "landing"
_GROUP_WRITES = stat.S_IWGRP


@dataclass(frozen=True)
class Modes:
    root: Path
    """The folder that holds the shops."""
    readers: str = ""
    """The group that may read the plain gold tables; none where it is empty."""

    def make_folder(self, folder: Path) -> None:
        """Make a folder and its missing parents, each with its permissions."""
        missing = [place for place in (folder, *folder.parents) if not place.exists()]
        for place in reversed(missing):
            if self._steps(place):
                place.mkdir(mode=OWN_FOLDER, exist_ok=True)
                self._set(place, self._folder_mode(place))
            else:
                place.mkdir(exist_ok=True)

    def set_file(self, file: Path, target: Path) -> None:
        """Set the permissions that belong to the name under which a file will be published."""
        self._set(file, SHARED_FILE if self._is_shared(target) else OWN_FILE, target)

    def restrict(self, shop: str) -> bool:
        """Close what an older version, or a person, left open; returns whether the shop's folder was open. Checks the shop's
        folder, and with readers each file of gold: anything deeper is behind closed folders."""
        folder = self.root / shop
        if self.readers:
            group_of(self.readers)  # raises before anything is built where there is no such group
        if not folder.is_dir():
            return False
        was_open = bool(folder.stat().st_mode & (stat.S_IRWXO | stat.S_IRGRP) & ~self._folder_mode(folder))
        for place in self._near(folder):
            seen = place.lstat()
            if stat.S_ISDIR(seen.st_mode):
                self._set(place, self._folder_mode(place))
            elif stat.S_ISREG(seen.st_mode):
                self.set_file(place, place)
        return was_open

    def wider(self, shop: str) -> Path | None:
        """The first folder that is open to more users than it should be."""
        for place in (self.root / shop, *(self.root / shop).iterdir()):
            seen = place.lstat()
            if stat.S_ISDIR(seen.st_mode) and stat.S_IMODE(seen.st_mode) & 0o777 & ~self._folder_mode(place):
                return place
        return None

    def lets_readers_in(self, shop: str) -> bool:
        places = [place for place in (self.root / shop, self.root / shop / "gold") if place.is_dir()]
        return all(place.stat().st_gid == group_of(self.readers) and place.stat().st_mode & stat.S_IXGRP for place in places)

    def _near(self, folder: Path) -> Iterator[Path]:
        """The shop's folder and its entries; with readers, everything below gold."""
        yield folder
        yield from folder.iterdir()
        if self.readers and (gold := folder / "gold").is_dir() and not gold.is_symlink():
            yield from gold.rglob("*")

    def _steps(self, place: Path) -> tuple[str, ...]:
        """The path's parts below the folder of the shops; empty for a path outside it."""
        return place.relative_to(self.root).parts if place.is_relative_to(self.root) else ()

    def _is_shared(self, place: Path) -> bool:
        steps = self._steps(place)
        return bool(self.readers) and len(steps) > 1 and steps[1] in SHARED

    def _folder_mode(self, place: Path) -> int:
        steps = self._steps(place)
        landing = self.root / steps[0] / LANDING
        if len(steps) == 1:
            return ANY_PASSAGE if _group_writes(landing) else PASSAGE if self.readers else OWN_FOLDER
        if place == landing and _group_writes(landing):
            return stat.S_IMODE(landing.stat().st_mode) & ~stat.S_IRWXO  # a group delivers there, and must still be able to
        return SHARED_FOLDER if self._is_shared(place) else OWN_FOLDER

    def _set(self, place: Path, mode: int, target: Path | None = None) -> None:
        """`target`: the name under which the file will be published, if another one."""
        seen = place.stat()
        if stat.S_IMODE(seen.st_mode) != mode:
            with suppress(OSError):  # another user's file, or a file system without permissions
                place.chmod(mode)
        is_passage = self.readers and len(self._steps(target or place)) == 1
        if (is_passage or self._is_shared(target or place)) and seen.st_gid != (group := group_of(self.readers)):
            try:
                os.chown(place, -1, group)
            except PermissionError:
                raise UserError(
                    f"lake.toml lets the group '{self.readers}' read {target or place}, but this user may not give it to that "
                    "group: build as the owner of the lake, who must be in the group; or remove readers from lake.toml."
                ) from None
            except OSError:
                return  # a file system without groups


@cache
def group_of(name: str) -> int:
    import grp  # missing on Windows

    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise UserError(
            f"lake.toml names '{name}' as readers, and this machine has no such group: create it, or name another one."
        ) from None


def restrict_folder(folder: Path) -> None:
    """Close an existing folder to everybody but its owner."""
    with suppress(OSError):
        if stat.S_IMODE(folder.stat().st_mode) & ~OWN_FOLDER:
            folder.chmod(OWN_FOLDER)


def private_folder(folder: Path) -> Path:
    """A folder that only its owner may enter; made where it is missing."""
    folder.mkdir(mode=OWN_FOLDER, parents=True, exist_ok=True)
    restrict_folder(folder)
    return folder


def _group_writes(folder: Path) -> bool:
    return folder.is_dir() and bool(folder.stat().st_mode & _GROUP_WRITES)
