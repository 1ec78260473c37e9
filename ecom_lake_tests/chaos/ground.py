"""The lake that faults are injected into: a synthetic shop with a release, whose last month is landed and not built yet.

It is prepared once on the local disk; every fault gets its own copy, on the store under test.
"""

from __future__ import annotations

import itertools
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from ecom_lake.engine.build.build import build
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.config import Shop
from ecom_lake.engine.store.access import Access
from ecom_lake.engine.store.entry import Entry
from ecom_lake.engine.store.lake import Lake
from ecom_lake.engine.store.remote import RemoteStore
from ecom_lake.engine.store.retry import Retry
from ecom_lake.shop.connectors.olist import OLIST
from ecom_lake.shop.settings.mining import MiningSettings
from ecom_lake.shop.settings.numbers import ShopSettings
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shop import generate
from ecom_lake_tests.azurite import Azurite, azurite
from ecom_lake_tests.catalog import registry
from ecom_lake_tests.chaos import blobs  # noqa: F401 - registers faulty://
from ecom_lake_tests.engine.build.crash import content, whole

STORES = ("local", "faulty", "azurite")
SHOP = Shop("olist", "olist", date(2017, 1, 1), date(2017, 4, 1), ShopSettings(), MiningSettings())


@dataclass(frozen=True)
class Spot:
    """One copy of the shop for one fault. It can be sent to another process."""

    url: str
    access: Access | None = None

    def site(self, full: bool = False) -> Site:
        lake = Lake(self.url, "olist", self.access)
        for store in (lake.store, lake.landing):
            if isinstance(store, RemoteStore):
                store.connection.retry = Retry(2, sleep=lambda _: None)  # retries without waiting
        return Site(registry(), lake, SHOP, OLIST, full=full)

    @property
    def is_local(self) -> bool:
        return "://" not in self.url

    @property
    def folder(self) -> Path:
        """The folder of the lake on the local disk."""
        assert not self.url.startswith("az://")
        return Path(self.url.removeprefix("faulty://"))


@dataclass
class Ground:
    store: str
    folder: Path
    first: Path
    """The folder of a lake with a release, and with a month in landing that is not built."""
    before: Entry
    wanted: dict[str, str]
    """The content of the lake after an undisturbed build."""
    delivered: int
    """The number of records in all landed files."""
    emulator: Azurite | None = None
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def on(self, store: str, emulator: Azurite | None = None) -> Ground:
        return replace(self, store=store, emulator=emulator)

    @contextmanager
    def spot(self, parent: Path | None = None) -> Iterator[Spot]:
        with self._lock:
            here = (parent or self.folder) / f"spot-{next(self._numbers)}"
        try:
            yield self._copy(here)
        finally:
            shutil.rmtree(here, ignore_errors=True)

    def _copy(self, here: Path) -> Spot:
        if self.store == "azurite":
            here.mkdir()
            return self._upload(here)
        shutil.copytree(self.first, here / "lake")
        if self.store == "local":
            return Spot(str(here / "lake"))
        return Spot(f"faulty://{here}/lake", Access(retries=2, cache=here / "cache"))

    def _upload(self, here: Path) -> Spot:
        assert self.emulator is not None
        spot = Spot(self.emulator.container() + "/lake", replace(self.emulator.access(here / "cache"), retries=0))
        store = spot.site().lake.store
        files = [path for path in self.first.rglob("*") if path.is_file()]
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda path: store.add(path, path.relative_to(self.first).as_posix()), files))
        return spot


@contextmanager
def prepared(folder: Path, orders: int = 150) -> Iterator[Ground]:
    first = folder / "first"
    options = SynthOptions(orders=orders, first_month="2017-01", last_month="2017-04", by_month=True, broken=3, seed=7)
    generate(folder / "export", options)
    *earlier, latest = sorted(path for path in (folder / "export").iterdir() if path.is_dir())
    landing = first / "olist" / "landing"
    for month in earlier:
        shutil.copytree(month, landing / month.name)
    spot = Spot(str(first))
    build(spot.site())
    before = whole(spot.site())
    assert before is not None
    shutil.copytree(latest, landing / latest.name)
    shutil.copytree(first, folder / "undisturbed")
    undisturbed = Spot(str(folder / "undisturbed")).site()
    build(undisturbed)
    head = undisturbed.lake.log.head()
    delivered = sum(
        file.rows + file.delivery.rejected
        for table, parts in head.tables.items()
        if table.layer == "bronze"
        for file in parts.values()
        if file.delivery
    )
    yield Ground("local", folder, first, before, content(undisturbed), delivered)


@contextmanager
def ground_on(ground: Ground, store: str) -> Iterator[Ground]:
    if store == "azurite":
        (ground.folder / "azurite").mkdir(exist_ok=True)
        with azurite(ground.folder / "azurite") as emulator:
            yield ground.on(store, emulator)
    else:
        yield ground.on(store)
