"""A test lake: its location, its settings and the truths of its shop. The fixtures are in conftest.py."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ecom_lake.engine.build.shop_context import Site, open_site
from ecom_lake.engine.config import Settings
from ecom_lake.engine.store.access import Access
from ecom_lake.engine.store.entry import Entry
from ecom_lake.engine.store.integrity import hash_file
from ecom_lake.engine.store.lake import Lake
from ecom_lake.engine.store.open_store import open_store
from ecom_lake.engine.store.store import Store
from ecom_lake.settings import load
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.truths import Truths

OPTIONS = SynthOptions(orders=300, seed=7, first_month="2017-01", last_month="2017-04", repeat_share=0.1)
CONFIG = f"""
threads = 2

[shops.olist]
first_month = "{OPTIONS.first_month}"
last_month = "{OPTIONS.last_month}"

[shops.empty]
first_month = "2017-01"
last_month = "2017-04"
"""

ONE_MORE_ORDER = """order_id,customer_id,order_status,order_purchase_timestamp
new,new,delivered,2017-02-01 10:00:00
"""


def hash_in(store: Store, path: str) -> str:
    """The hash of a file in its store."""
    with store.opened(path) as local:
        return hash_file(local)


@dataclass(frozen=True)
class Place:
    """A location for a lake, with the credentials for it."""

    url: str
    access: Access | None = None

    @property
    def is_local(self) -> bool:
        return self.access is None

    def store(self) -> Store:
        return open_store(self.url, self.access)

    def lake(self, shop: str = "shop") -> Lake:
        return Lake(self.url, shop, self.access)


@dataclass(frozen=True)
class BuiltLake:
    """A lake with a built shop `olist`, and a shop `empty` without files."""

    folder: Path
    truths: Truths
    """The known truths about the shop."""
    url: str = ""
    """The URL of the lake, if it is not in the folder."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Additional environment variables for the settings."""

    @property
    def root(self) -> Path:
        assert not self.url
        return self.folder / "data"

    @property
    def config(self) -> Path:
        return self.folder / "lake.toml"

    @property
    def settings(self) -> Settings:
        ours = {"ECOM_LAKE_CONFIG": str(self.config), "DAGSTER_HOME": str(self.folder)}
        return load(self.url or str(self.root), {**ours, **self.environment})

    @property
    def landing(self) -> Path:
        return self.root / "olist" / "landing"

    def allow_failed_rows(self) -> None:
        """Allows the release of a delivery even if all of its rows fail."""
        config = self.config.read_text(encoding="utf-8")
        self.config.write_text(config.replace("[shops.olist]", "[shops.olist]\nmax_failed_share = 1", 1), encoding="utf-8")

    def site(self, shop: str = "olist", full: bool = False) -> Site:
        return open_site(self.settings, shop, full=full)


def is_of_the_log(path: str) -> bool:
    """Whether a file of the store is an entry of the log or a manifest, and not a data file."""
    return "_store/log/" in path or "_store/manifests/" in path


def rewrite(entry: Path, **changes: object) -> None:
    """Rewrites a log entry with changed fields and without its checksum."""
    fields = json.loads(entry.read_text(encoding="utf-8")) | changes
    fields.pop("seal", None)
    entry.write_text(json.dumps(fields, separators=(",", ":")), encoding="utf-8")


def needed_states(site: Site) -> list[Entry]:
    """The newest state, and the states that its files refer to: all that a collection of garbage of any age keeps."""
    log = site.lake.log
    head = log.head()
    return [head, *(log.entry(number) for number in sorted(log.manifests.states_referred_to([head]) - {head.number}))]
