"""Landed files that grow, change or are deleted while they are read."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from ecom_lake.engine.build.bronze import ingest
from ecom_lake.engine.build.build import build
from ecom_lake.engine.landing import file_parser
from ecom_lake_tests.chaos.case import Case
from ecom_lake_tests.chaos.ground import Ground
from ecom_lake_tests.chaos.verdict import Verdict, assess, message_of, record_message


def _grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(path.read_bytes().splitlines(keepends=True)[-1])


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _other(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"0", b"1"))


WAYS: dict[str, Callable[[Path], None]] = {"grows": _grow, "is cut": _cut, "is replaced": _other, "vanishes": Path.unlink}
MOMENTS = {"content_hash": ingest, "parse": file_parser}
"""The function before or after which the file changes, and the module where the ingest finds it."""


def cases(ground: Ground, dice: random.Random) -> Iterator[Case]:
    while True:
        for way in WAYS:
            for moment in MOMENTS:
                for after in (False, True):
                    yield Case("landing changes", way, partial(attempt, ground, way, moment, after))


def attempt(ground: Ground, way: str, moment: str, after: bool) -> Verdict:
    """The last of the new files changes; afterwards the file is restored with its original time."""
    verdict = Verdict(f"a landed file {way} {'after' if after else 'before'} {moment}")
    with ground.spot() as spot:
        site = spot.site()
        landed = spot.folder / "olist" / "landing" / ingest.landed_files(site)[-1].path
        sound, seen = landed.read_bytes(), landed.stat()
        real = getattr(MOMENTS[moment], moment)

        def disturbed(first: Any, *rest: Any) -> Any:
            is_it = landed.name == Path(getattr(first, "path", first)).name
            if is_it and not after:
                WAYS[way](landed)
            made = real(first, *rest)
            if is_it and after:
                WAYS[way](landed)
            return made

        with mock.patch.object(MOMENTS[moment], moment, disturbed):
            record_message(verdict, message_of(lambda: ingest.ingest(site)))
        landed.write_bytes(sound)
        os.utime(landed, ns=(seen.st_atime_ns, seen.st_mtime_ns))
        build(spot.site())
        return assess(ground, spot, verdict)
