"""A shop as landing and pulling see it: its settings, its lake and the files that it delivers.

Here: what is known without reading how tables are made. `land` and `pull` need no more, so they start at once, and they work
while the map of the shop is a draft. Not here: the context of a build (shop_context.py).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

from ecom_lake.engine.config import Settings, Shop
from ecom_lake.engine.contracts.delivered import Delivered
from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.engine.contracts.text_file import read_text
from ecom_lake.engine.store.lake import Lake
from ecom_lake.engine.store.open_store import open_store
from ecom_lake.errors import UsageError, UserError

if TYPE_CHECKING:
    from ecom_lake.engine.mapping.definitions import Map


@dataclass(frozen=True)
class LandingSite:
    registry: Registry
    lake: Lake
    shop: Shop
    run: str = field(kw_only=True, default_factory=lambda: uuid.uuid4().hex[:12])
    erasure_key: bytes = field(kw_only=True, default=b"", repr=False)
    """The key of the erasure list; empty if the environment has none."""
    former_erasure_key: bytes = field(kw_only=True, default=b"", repr=False)
    """The key that the list had before; empty if it has one key."""


def open_landing_site(settings: Settings, shop: str, run: str | None = None) -> LandingSite:
    chosen = settings.shop(shop)
    if chosen.landing:
        _open_landing(chosen.landing, settings, place_of(chosen))
    lake = Lake(settings.root, chosen.name, settings.access, chosen.landing)
    return LandingSite(
        settings.registry,
        lake,
        chosen,
        run=run or uuid.uuid4().hex[:12],
        erasure_key=settings.erasure_key.reveal().encode(),
        former_erasure_key=settings.former_erasure_key.reveal().encode(),
    )


def place_of(shop: Shop) -> str:
    """Where the settings of a shop are written, as messages name it."""
    return f"[shops.{shop.name}] in {shop.written.looked_for}"


def delivered_files(registry: Registry, shop: Shop) -> tuple[Delivered, ...]:
    """The kinds of files that a shop exports: those of its map, or of its connector."""
    map_ = read_map_of(registry, shop)
    if map_ is None:
        return registry.delivered(shop.connector, place_of(shop), shop.is_undated)
    from ecom_lake.engine.mapping.map_file import delivered

    return delivered(map_)


def why_draft(registry: Registry, shop: Shop) -> str:
    """Why a shop whose map is a draft is not built; empty for any other shop."""
    map_ = read_map_of(registry, shop)
    if map_ is None or not map_.draft:
        return ""
    return f"{place_of(shop)}: the map '{shop.map}' is a draft. Check its cells, then delete the line `draft = true`."


def read_map_of(registry: Registry, shop: Shop) -> Map | None:
    """The map of a shop, a draft as well; None for a shop with a connector."""
    if not shop.map:
        return None
    file = registry.map_file(shop.map, place_of(shop))
    makes = registry.delivered(registry.domain.maps_read_as, "The domain", shop.is_undated)
    return _read_map(read_text(file), str(file), makes)


@lru_cache(16)
def _read_map(text: str, file: str, makes: tuple[Delivered, ...]) -> Map:
    from ecom_lake.engine.mapping.map_file import read_map

    return read_map(text, file, makes)


def _open_landing(landing: str, settings: Settings, place: str) -> None:
    """Open the landing store, so that an error names the setting `landing` and not the root of the lake."""
    try:
        open_store(landing, settings.access)
    except UserError as error:
        kind = UsageError if isinstance(error, UsageError) else UserError
        raise kind(f"{place}: landing: {error}") from None
