"""One visual of the report as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ecom_lake.publish.powerbi.json_text import schema
from ecom_lake.publish.powerbi.naming import short_id
from ecom_lake.publish.powerbi.pages import Field, Visual

_ACTIVE = ("Category", "Rows", "Columns", "Series")
"""The roles whose fields group the rows of a visual."""


@dataclass(frozen=True)
class Place:
    x: int
    y: int
    width: int
    height: int
    order: int
    """The position in the order of the Tab key, and in depth."""

    @property
    def json(self) -> dict[str, int]:
        z = 1000 * self.order
        return {"x": self.x, "y": self.y, "z": z, "height": self.height, "width": self.width, "tabOrder": z}


def chart(page: str, visual: Visual, place: Place) -> dict[str, Any]:
    """A chart, a table or cards. Its roles are those that the release has the fields for."""
    query: dict[str, Any] = {"queryState": {role: _projections(role, fields) for role, fields in visual.roles.items()}}
    if visual.descending_by:
        query["sortDefinition"] = {"sort": [{"field": _field(visual.descending_by), "direction": "Descending"}]}
    content = {
        "visualType": visual.type,
        "query": query,
        "visualContainerObjects": _titled(visual.title),
        "drillFilterOtherVisuals": True,
    }
    return _container((page, visual.title), place, content)


def slicer(page: str, field: Field, place: Place) -> dict[str, Any]:
    """A drop-down list. Its choice holds on every page that has a slicer of the same field."""
    content = {
        "visualType": "slicer",
        "query": {"queryState": {"Values": {"projections": [{**_projection(field), "active": True}]}}},
        "objects": {"data": [{"properties": {"mode": _text("Dropdown")}}]},
        "visualContainerObjects": {"general": [{"properties": {"altText": _text(f"Filter by {field.name}")}}]},
        "syncGroup": {"groupName": f"{field.table} {field.name}", "fieldChanges": True, "filterChanges": True},
        "drillFilterOtherVisuals": True,
    }
    return _container((page, "slicer", field.table, field.name), place, content)


def heading(page: str, question: str, place: Place) -> dict[str, Any]:
    """The name of the page, and what it answers."""
    runs = [
        {"textRuns": [{"value": page, "textStyle": {"fontSize": "20pt", "fontWeight": "bold"}}]},
        {"textRuns": [{"value": question, "textStyle": {"fontSize": "10pt"}}]},
    ]
    content = {"visualType": "textbox", "objects": {"general": [{"properties": {"paragraphs": runs}}]}}
    return _container((page, "heading"), place, {**content, "drillFilterOtherVisuals": True})


def _container(name: Sequence[str], place: Place, visual: Mapping[str, Any]) -> dict[str, Any]:
    return {"$schema": schema("visual"), "name": short_id("visual", *name), "position": place.json, "visual": visual}


def _projections(role: str, fields: Sequence[Field]) -> dict[str, Any]:
    active = {"active": True} if role in _ACTIVE else {}
    return {"projections": [{**_projection(field), **active} for field in fields]}


def _projection(field: Field) -> dict[str, Any]:
    return {"field": _field(field), "queryRef": f"{field.table}.{field.name}", "nativeQueryRef": field.name}


def _field(field: Field) -> dict[str, Any]:
    kind = "Measure" if field.is_measure else "Column"
    return {kind: {"Expression": {"SourceRef": {"Entity": field.table}}, "Property": field.name}}


def _titled(title: str) -> dict[str, Any]:
    return {
        "title": [{"properties": {"show": _literal("true"), "text": _text(title)}}],
        "general": [{"properties": {"altText": _text(title)}}],
    }


def _literal(value: str) -> dict[str, Any]:
    return {"expr": {"Literal": {"Value": value}}}


def _text(text: str) -> dict[str, Any]:
    return _literal("'" + text.replace("'", "''") + "'")
