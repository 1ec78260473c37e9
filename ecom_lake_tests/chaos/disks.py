"""Disks that are full, are read-only, or belong to another user."""

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
from ecom_lake_tests.chaos.verdict import Verdict, assess, look, message_of, record_message


def why_not() -> str:
    """The reason why this machine cannot mount a small disk; empty if it can."""
    if os.geteuid() != 0:
        return "only root may mount a small disk"
    here = Path("/tmp") / f"chaos-mount-{os.getpid()}"
    here.mkdir()
    try:
        return "" if _mount(here, "size=1m").returncode == 0 else "mounting a small disk is not allowed on this machine"
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
    """The lake, or the cache of a remote lake, is on a disk with `room` free bytes."""
    verdict = Verdict(f"{room:,} bytes are left")
    with small_disk(ground.folder) as disk, ground.spot(disk) as spot:
        seen = os.statvfs(disk)
        used = (seen.f_blocks - seen.f_bfree) * seen.f_frsize
        remount(disk, f"size={used + room}")
        record_message(verdict, message_of(lambda: build(spot.site())))
        if spot.is_local:  # reading a remote lake needs room for cached copies
            look(ground, spot.site(), verdict)
        remount(disk, "size=256m")
        return assess(ground, spot, verdict)


def read_only(ground: Ground) -> Verdict:
    verdict = Verdict("the disk is read-only")
    with small_disk(ground.folder) as disk, ground.spot(disk) as spot:
        remount(disk, "ro")
        record_message(verdict, message := message_of(lambda: build(spot.site())))
        if not message:
            verdict.wrong["failures without a message"] = verdict.fault
        look(ground, spot.site(), verdict)
        remount(disk, "rw")
        return assess(ground, spot, verdict)


def of_another(ground: Ground) -> Verdict:
    verdict = Verdict("the lake belongs to another user")
    with small_disk(Path("/tmp")) as disk, ground.spot(disk) as spot:
        record_message(verdict, message := child.answer_of(*child.start(message_of_build, spot, user=child.NOBODY)) or "")
        if not message:
            verdict.wrong["failures without a message"] = verdict.fault
        return assess(ground, spot, verdict)


def message_of_build(spot: Spot) -> str:
    return message_of(lambda: build(spot.site()))
