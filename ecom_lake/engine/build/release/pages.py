"""The pages that are written with each release, such as the quality page, by the modules that the domain names.

Here: how a page module is found and called. Not here: any page (ecom_lake/publish/).
"""

from __future__ import annotations

import importlib
from typing import Protocol, cast

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.store.entry import Entry


class Page(Protocol):
    """The attributes of a page module."""

    PAGE: str
    """The name of its file."""

    def render(self, site: Site, entry: Entry) -> bytes:
        """The page of a release; the same release gives the same bytes."""

    def definition_fingerprint(self, site: Site) -> str:
        """A fingerprint of everything that the page depends on, except the release."""


def pages(site: Site) -> dict[str, Page]:
    """The page modules by the file name of their page."""
    found = [cast(Page, importlib.import_module(module)) for module in site.registry.domain.pages]
    return {page.PAGE: page for page in found}


def page_url(site: Site) -> str | None:
    """The address of the first page; None if there is no page."""
    return next((site.lake.store.where(f"{site.shop.name}/{name}") for name in pages(site)), None)
