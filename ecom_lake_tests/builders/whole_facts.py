"""Lakes as they were before the facts had months: each fact is one file, made and published as a whole."""

from __future__ import annotations

from dataclasses import replace

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.config import Settings
from ecom_lake.engine.contracts.registry import Definition, Registry


def settings_before_months(settings: Settings) -> Settings:
    """The settings with gold tables as they were defined then: a build makes each monthly table as one file."""
    return replace(settings, registry=_without_months(settings.registry))


def site_before_months(site: Site) -> Site:
    return replace(site, registry=_without_months(site.registry))


def _without_months(registry: Registry) -> Registry:
    definitions = {name: _without_parts(registry.definition(name)) for name in registry.tables}
    return Registry(registry.domain, registry.folder, definitions)


def _without_parts(found: Definition) -> Definition:
    is_fact = found.table.layer == "gold" and found.table.monthly
    return replace(found, table=replace(found.table, monthly=False, narrow_inputs=())) if is_fact else found
