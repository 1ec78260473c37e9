"""Truncated, emptied, deleted or bit-flipped files: data, log entries, plain files, the catalogue and cached copies."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.maintenance.repair import Repaired, repair
from ecom_lake.engine.build.shop_context import Site
from ecom_lake_tests.chaos.case import Case
from ecom_lake_tests.chaos.ground import Ground
from ecom_lake_tests.chaos.verdict import Verdict, assess, message_of, record_message

Damage = Callable[[bytes], bytes | None]


def _flip(data: bytes, at: float = 0.5) -> bytes:
    place = int(len(data) * at)
    return data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :]


WAYS: dict[str, Damage] = {
    "is cut short": lambda data: data[: len(data) // 2],
    "has a flipped bit": _flip,
    "has a flipped bit near its end": lambda data: _flip(data, 0.97),
    "is empty": lambda data: b"",
    "is gone": lambda data: None,
}


def cases(ground: Ground, dice: random.Random) -> Iterator[Case]:
    while True:
        for files in (1, 4, 8):
            yield Case("damaged data", "", partial(data, ground, random.Random(dice.random()), files))
        yield Case("damaged log", "", partial(entry, ground, random.Random(dice.random())))
        yield Case("damaged plain files", "", partial(plain, ground, random.Random(dice.random()), 4))
        if ground.store != "local":
            yield Case("damaged copies", "", partial(copies, ground, random.Random(dice.random()), 8))


def data(ground: Ground, dice: random.Random, files: int) -> Verdict:
    """In half of the cases a build runs before the repair: it must fail and state the command to run."""
    with ground.spot() as spot:
        site = spot.site()
        head = site.lake.log.head()
        paths = sorted({f"olist/{file.path}" for parts in head.tables.values() for file in parts.values()})
        verdict = _damaged(site, dice.sample(paths, files), dice)
        if dice.random() < 0.5:
            record_message(verdict, message := message_of(lambda: build(spot.site())))
            if message and "ecom-lake repair" not in message:
                verdict.wrong["damage without advice to repair"] = message
        elif _found(repair(spot.site())) < files:
            verdict.wrong["undetected damage"] = verdict.fault
        return assess(ground, spot, verdict, after_repair=True)


def _found(done: Repaired) -> int:
    return sum(map(len, (done.set_aside, done.read_again, done.put_back, done.forgotten, done.lost)))


def entry(ground: Ground, dice: random.Random) -> Verdict:
    """Damages the newest log entry, the one before it, or any other one."""
    with ground.spot() as spot:
        site = spot.site()
        numbers = site.lake.log.numbers()
        number = dice.choice([numbers[-1], numbers[-1], numbers[-2], dice.choice(numbers)])
        verdict = _damaged(site, [f"olist/_store/log/{number:08d}.json"], dice)
        is_gone = "gone" in verdict.fault  # then the entry before it is the newest
        if number == numbers[-1] and not is_gone:
            record_message(verdict, message := message_of(lambda: build(spot.site())))
            if "is damaged" not in message or "ecom-lake repair" not in message:
                verdict.wrong["damage without advice to repair"] = message
        if not _found(repair(spot.site())) and not is_gone:
            verdict.wrong["undetected damage"] = verdict.fault
        return assess(ground, spot, verdict, after_repair=True)


def plain(ground: Ground, dice: random.Random, files: int) -> Verdict:
    with ground.spot() as spot:
        site = spot.site()
        build(site)
        shown = [info.path for layer in ("silver", "gold") for info in site.lake.store.list(f"olist/{layer}")]
        verdict = _damaged(site, dice.sample([*shown, "olist/catalog.duckdb", "olist/release.json"], files), dice)
        return assess(ground, spot, verdict, after_repair=True)


def copies(ground: Ground, dice: random.Random, files: int) -> Verdict:
    """Cached copies of remote files: a build fetches them again and does not fail."""
    with ground.spot() as spot:
        assert spot.access is not None
        site = spot.site()
        head = site.lake.log.head()
        for table in head.tables:
            site.lake.paths(head, table)
        shared = sorted(path for path in Path(spot.access.cache).rglob("*.parquet") if "held" not in path.parts)
        verdict = Verdict(f"{files} damaged copies", faults=files)
        for path in dice.sample(shared, files):
            changed = WAYS[dice.choice(list(WAYS))](path.read_bytes())
            path.unlink()
            if changed is not None:
                path.write_bytes(changed)
        if message := message_of(lambda: build(spot.site())):
            verdict.wrong["damaged copies that stopped a build"] = message
        return assess(ground, spot, verdict)


def _damaged(site: Site, paths: list[str], dice: random.Random) -> Verdict:
    store, damages = site.lake.store, []
    for path in paths:
        way = dice.choice(list(WAYS))
        changed = WAYS[way](store.read(path))
        if changed is None:
            store.delete(path)
        else:
            store.write(path, changed)
        damages.append(f"{path} {way}")
    return Verdict("; ".join(damages), faults=len(paths))
