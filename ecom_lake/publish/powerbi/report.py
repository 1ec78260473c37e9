"""The files of the report: its pages with the visuals that the release has the fields for, laid out, and the theme."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from ecom_lake.publish.powerbi.json_text import json_text, schema
from ecom_lake.publish.powerbi.model import Model
from ecom_lake.publish.powerbi.naming import short_id
from ecom_lake.publish.powerbi.pages import PAGES, Field, Page, Row, Visual
from ecom_lake.publish.powerbi.theme import BASE, NAME, base_theme, theme
from ecom_lake.publish.powerbi.tmdl import RELEASE_TABLE
from ecom_lake.publish.powerbi.visual import Place, chart, heading, slicer

WIDTH, HEIGHT = 1280, 720
_MARGIN, _GAP = 16, 12
_HEADING, _SLICER = 360, 76
_BASE_PATH = f"BaseThemes/{BASE}.json"
_RELEASE = frozenset({(RELEASE_TABLE, "Shop"), (RELEASE_TABLE, "Release Number")})


def files(model: Model, shop: str, model_folder: str) -> dict[str, str]:
    """Each file of the report's folder with its text."""
    fields = model.fields | _RELEASE
    pages = {short_id("page", shop, page.name): page for page in PAGES if any(_kept(page, fields))}
    found: dict[str, Any] = {
        "definition.pbir": {
            "$schema": schema("report_item"),
            "version": "4.0",
            "datasetReference": {"byPath": {"path": f"../{model_folder}"}},
        },
        "definition/version.json": {"$schema": schema("version"), "version": "2.0.0"},
        "definition/report.json": _report(),
        "definition/pages/pages.json": {"$schema": schema("pages"), "pageOrder": [*pages], "activePageName": next(iter(pages))},
        f"StaticResources/SharedResources/{_BASE_PATH}": base_theme(),
        f"StaticResources/RegisteredResources/{NAME}": theme(),
    }
    for identifier, page in pages.items():
        found |= {f"definition/pages/{identifier}/{path}": content for path, content in _page(identifier, page, fields)}
    return {path: json_text(content) for path, content in found.items()}


def _report() -> dict[str, Any]:
    base_version = {"visual": "2.11.0", "report": "3.4.0", "page": "2.3.1"}
    version = {"visual": "2.4.0", "report": "3.0.0", "page": "2.0.0"}
    return {
        "$schema": schema("report"),
        "themeCollection": {
            "baseTheme": {"name": BASE, "reportVersionAtImport": base_version, "type": "SharedResources"},
            "customTheme": {"name": NAME, "reportVersionAtImport": version, "type": "RegisteredResources"},
        },
        "resourcePackages": [
            {
                "name": "SharedResources",
                "type": "SharedResources",
                "items": [{"name": BASE, "path": _BASE_PATH, "type": "BaseTheme"}],
            },
            {
                "name": "RegisteredResources",
                "type": "RegisteredResources",
                "items": [{"name": NAME, "path": NAME, "type": "CustomTheme"}],
            },
        ],
        "settings": {
            "useStylableVisualContainerHeader": True,
            "exportDataMode": "AllowSummarized",
            "defaultDrillFilterOtherVisuals": True,
            "allowChangeFilterTypes": True,
            "useEnhancedTooltips": True,
            "useDefaultAggregateDisplayName": True,
        },
    }


def _page(identifier: str, page: Page, fields: frozenset[tuple[str, str]]) -> Iterator[tuple[str, Any]]:
    size = {"displayOption": "FitToPage", "height": HEIGHT, "width": WIDTH}
    yield "page.json", {"$schema": schema("page"), "name": identifier, "displayName": page.name, **size}
    for visual in (*_head(identifier, page, fields), *_body(identifier, page, fields)):
        yield f"visuals/{visual['name']}/visual.json", visual


def _head(identifier: str, page: Page, fields: frozenset[tuple[str, str]]) -> Iterator[Mapping[str, Any]]:
    """The name of the page, and its slicers to the right."""
    yield heading(page.name, page.question, Place(_MARGIN, _MARGIN, _HEADING, _SLICER, 1))
    chosen = [field for field in page.slicers if (field.table, field.name) in fields]
    left, step = _MARGIN + _HEADING + _GAP, 0
    room = WIDTH - _MARGIN - left
    for step, (x, width) in enumerate(_spread(room, [1] * len(chosen)), start=2):
        yield slicer(identifier, chosen[step - 2], Place(left + x, _MARGIN, width, _SLICER, step))


def _body(identifier: str, page: Page, fields: frozenset[tuple[str, str]]) -> Iterator[Mapping[str, Any]]:
    """Its rows of visuals. The rows of charts share the height that is left."""
    rows = list(_kept(page, fields))
    fixed = sum(row.height for row in rows if not _is_tall(row))
    tall = [row for row in rows if _is_tall(row)]
    room = HEIGHT - 2 * _MARGIN - _SLICER - fixed - _GAP * len(rows)
    y, order = _MARGIN + _SLICER + _GAP, 10
    for row in rows:
        height = room // len(tall) if _is_tall(row) else row.height
        places = _spread(WIDTH - 2 * _MARGIN, [visual.weight for visual in row.visuals])
        for visual, (x, width) in zip(row.visuals, places, strict=True):
            yield chart(identifier, visual, Place(_MARGIN + x, y, width, height, order))
            order += 1
        y += height + _GAP


def _is_tall(row: Row) -> bool:
    return row.height > 200


def _spread(room: int, weights: list[int]) -> Iterator[tuple[int, int]]:
    """Places side by side: where each begins, and its width."""
    room -= _GAP * (len(weights) - 1)
    before = 0
    for number, weight in enumerate(weights):
        start, end = (room * part // sum(weights) for part in (before, before + weight))
        yield start + number * _GAP, end - start
        before += weight


def _kept(page: Page, fields: frozenset[tuple[str, str]]) -> Iterator[Row]:
    """The rows of a page with the visuals, and the visuals with the fields, that the release has."""
    for row in page.rows:
        if visuals := tuple(filter(None, (_with_known_fields(visual, fields) for visual in row.visuals))):
            yield replace(row, visuals=visuals)


def _with_known_fields(visual: Visual, fields: frozenset[tuple[str, str]]) -> Visual | None:
    def known(chosen: tuple[Field, ...]) -> tuple[Field, ...]:
        return tuple(field for field in chosen if (field.table, field.name) in fields)

    roles = {role: known(chosen) for role, chosen in visual.roles.items()}
    if not all(roles.values()) or (visual.descending_by and not known((visual.descending_by,))):
        return None
    return replace(visual, roles=roles | {role: found for role, chosen in visual.optional.items() if (found := known(chosen))})
