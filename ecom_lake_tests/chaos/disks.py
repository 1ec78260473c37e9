"""A disk that is full, may not be written to, or belongs to somebody else."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from ecom_lake.engine.build.build import build
from ecom_lake_tests.chaos import child
from ecom_lake_tests.chaos.case import Case
from ecom_lake_tests.chaos.ground import Ground, Spot
from ecom_lake_tests.chaos.verdict import Verdict, judge, look, sentence, tell


def why_not() -> str:
    """Why no small disk can be had here; nothing where it can."""
    if os.geteuid() != 0:
        return "only root may mount a small disk"
    here = Path("/tmp") / f"chaos-mount-{os.getpid()}"
    here.mkdir()
    try:
        return "" if _mount(here, "size=1m").returncode == 0 else "mounting a small disk is not allowed here"
    finally:
        subprocess.run(["umount", str(here)], capture_output=True, check=False)
        here.rmdir()


def _mount(here: Path, options: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(here)], capture_output=True, check=False)


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    here = folder / "disk"
    here.mkdir(exist_ok=True)
    assert _mount(here, "size=256m,mode=755").returncode == 0
    try:
        yield here
    finally:
        subprocess.run(["umount", "--lazy", str(here)], check=True)


def remount(disk: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(disk)], check=True)


def cases(ground: Ground, dice: random.Random) -> Iterator[Case]:
    while True:
        for _ in range(2):
            yield Case("disk full", "", partial(full, ground, dice.randrange(1_200_000)))
        if ground.store == "local":
            yield Case("read-only", "", partial(read_only, ground))
            yield Case("another user", "", partial(of_another, ground))


def full(ground: Ground, room: int) -> Verdict:
    """The lake, or the copies of a remote one, on a disk with so many bytes left."""
    verdict = Verdict(f"{room:,} bytes are left")
    with small_disk(ground.folder) as disk, ground.spot(disk) as spot:
        seen = os.statvfs(disk)
        used = (seen.f_blocks - seen.f_bfree) * seen.f_frsize
        remount(disk, f"size={used + room}")
        tell(verdict, sentence(lambda: build(spot.site())))
        if spot.is_local:  # of a remote lake, who reads needs room for copies
            look(ground, spot.site(), verdict)
        remount(disk, "size=256m")
        return judge(ground, spot, verdict)


def read_only(ground: Ground) -> Verdict:
    verdict = Verdict("the disk is read-only")
    with small_disk(ground.folder) as disk, ground.spot(disk) as spot:
        remount(disk, "ro")
        tell(verdict, said := sentence(lambda: build(spot.site())))
        if not said:
            verdict.wrong["failures that nobody was told of"] = verdict.fault
        look(ground, spot.site(), verdict)
        remount(disk, "rw")
        return judge(ground, spot, verdict)


def of_another(ground: Ground) -> Verdict:
    verdict = Verdict("the lake belongs to another user")
    with small_disk(Path("/tmp")) as disk, ground.spot(disk) as spot:
        tell(verdict, said := child.answer_of(*child.start(told_build, spot, user=child.NOBODY)) or "")
        if not said:
            verdict.wrong["failures that nobody was told of"] = verdict.fault
        return judge(ground, spot, verdict)


def told_build(spot: Spot) -> str:
    return sentence(lambda: build(spot.site()))
