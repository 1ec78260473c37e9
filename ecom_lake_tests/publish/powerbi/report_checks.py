"""What must be true of the report: every field is in the model, every file that is named exists, and nothing overlaps."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from ecom_lake.publish.powerbi.json_text import _SCHEMAS, schema
from ecom_lake_tests.publish.powerbi.checked_project import PAGES, REPORT, Project
from ecom_lake_tests.publish.powerbi.model_checks import _is_uuid

WIDTH, HEIGHT = 1280, 720
ROLES = {
    "slicer": ({"Values"}, set()),
    "cardVisual": ({"Data"}, set()),
    "columnChart": ({"Category", "Y"}, {"Series"}),
    "clusteredColumnChart": ({"Category", "Y"}, set()),
    "clusteredBarChart": ({"Category", "Y"}, set()),
    "lineChart": ({"Category", "Y"}, set()),
    "scatterChart": ({"Category", "X", "Y"}, {"Size"}),
    "pivotTable": ({"Rows", "Columns", "Values"}, set()),
    "tableEx": ({"Values"}, set()),
}
"""The roles of each type of visual: those that it needs, and those that it may have."""
_OF_MEASURES = {"Data", "Y", "X", "Size"}
_OF_COLUMNS = {"Category", "Rows", "Columns", "Series"}
_KINDS = {
    r"EcomLake\.pbip": "shortcut",
    r".*/\.platform": "platform",
    r"EcomLake\.SemanticModel/definition\.pbism": "model",
    r"EcomLake\.Report/definition\.pbir": "report_item",
    r".*/version\.json": "version",
    r".*/report\.json": "report",
    r".*/pages\.json": "pages",
    r".*/page\.json": "page",
    r".*/visual\.json": "visual",
}
_SHAPE = re.compile(
    r"EcomLake\.Report/definition/pages/(?:pages\.json|[0-9a-f]{20}/(?:page\.json|visuals/[0-9a-f]{20}/visual\.json))"
)


def problems(project: Project) -> Iterator[str]:
    yield from _files(project)
    yield from _links(project)
    yield from _pages(project)
    for path, content in project.visuals.items():
        yield from (f"{path}: {what}" for what in _visual(project, path, content))


def _files(project: Project) -> Iterator[str]:
    """Each file has the schema of its kind, and lies where it belongs."""
    for path, content in project.json.items():
        kind = next((kind for pattern, kind in _KINDS.items() if re.fullmatch(pattern, path)), None)
        if kind is None:
            if "/StaticResources/" not in path:
                yield f"{path} does not belong to a project"
        elif content.get("$schema") != schema(kind):  # type: ignore[arg-type]
            yield f"{path} has not the schema {_SCHEMAS[kind]}"
        if path.startswith(PAGES) and not _SHAPE.fullmatch(path):
            yield f"{path} lies where no page has a file"
    for kind in _KINDS.values():
        if not any(content.get("$schema") == schema(kind) for content in project.json.values()):  # type: ignore[arg-type]
            yield f"there is no file of the kind {kind}"


def _links(project: Project) -> Iterator[str]:
    """The files that other files name."""
    shortcut = project.json.get("EcomLake.pbip", {})
    for artifact in shortcut.get("artifacts", [{}]):
        if f"{artifact.get('report', {}).get('path')}/definition.pbir" not in project.files:
            yield "EcomLake.pbip names no report"
    reference = project.json.get(f"{REPORT}definition.pbir", {}).get("datasetReference", {})
    if [*reference] != ["byPath"] or f"{reference['byPath'].get('path', '')[3:]}/definition.pbism" not in project.files:
        yield "definition.pbir does not name the model by its path alone"
    identifiers = [
        content.get("config", {}).get("logicalId", "") for path, content in project.json.items() if path.endswith(".platform")
    ]
    if len(set(identifiers)) != 2 or not all(map(_is_uuid, identifiers)):
        yield "model and report have no identifiers of their own"
    kinds = {
        path.split("/")[0].split(".")[-1]: content.get("metadata", {}).get("type")
        for path, content in project.json.items()
        if path.endswith(".platform")
    }
    if kinds != {"SemanticModel": "SemanticModel", "Report": "Report"}:
        yield "a .platform file states another type than its folder"
    yield from _theme(project)


def _theme(project: Project) -> Iterator[str]:
    report = project.json.get(f"{REPORT}definition/report.json", {})
    items = [(package.get("name"), item) for package in report.get("resourcePackages", []) for item in package.get("items", [])]
    for package, item in items:
        file = project.json.get(f"{REPORT}StaticResources/{package}/{item.get('path')}")
        if file is None or file.get("name") != item.get("name"):
            yield f"the resource {item.get('path')} is missing, or has another name"
    for kind, package in (("baseTheme", "SharedResources"), ("customTheme", "RegisteredResources")):
        theme = report.get("themeCollection", {}).get(kind, {})
        if theme.get("type") != package or (package, theme.get("name")) not in [
            (where, item.get("name")) for where, item in items
        ]:
            yield f"the {kind} is no resource of the report"
    for content in project.json.values():
        for colour in content.get("dataColors", []) if isinstance(content, dict) else []:
            if not re.fullmatch("#[0-9a-fA-F]{6}", colour):
                yield f"{colour} is no colour"


def _pages(project: Project) -> Iterator[str]:
    listing = project.json.get(f"{PAGES}pages.json", {})
    order = listing.get("pageOrder", [])
    pages = {
        path.removeprefix(PAGES).split("/")[0]: content for path, content in project.json.items() if path.endswith("/page.json")
    }
    if Counter(order) != Counter(pages.keys()):
        yield f"pageOrder and the pages differ in {sorted(set(order) ^ set(pages))}, or name one twice"
    if not order or listing.get("activePageName") != order[0]:
        yield "the active page is not the first one"
    yield from _twice("pages", [str(content.get("displayName")) for content in pages.values()])
    for name, content in pages.items():
        if content.get("name") != name or (content.get("width"), content.get("height")) != (WIDTH, HEIGHT):
            yield f"page {name} has another name or size"
        mine = {path: one for path, one in project.visuals.items() if path.startswith(f"{PAGES}{name}/")}
        if sum(one["visual"].get("visualType") not in ("slicer", "textbox") for one in mine.values() if "visual" in one) == 0:
            yield f"page {name} shows nothing"
        yield from _places(name, [one.get("position", {}) for one in mine.values()])
    yield from _twice("visuals", [str(one.get("name")) for one in project.visuals.values()])


def _places(page: str, places: list[dict[str, int]]) -> Iterator[str]:
    yield from _twice(f"tab orders of {page}", [str(place.get("tabOrder")) for place in places])
    for one, other in combinations(places, 2):
        apart = any(
            first[start] + first[size] <= second[start]
            for start, size in (("x", "width"), ("y", "height"))
            for first, second in ((one, other), (other, one))
            if {start, size} <= first.keys() & second.keys()
        )
        if not apart:
            yield f"two visuals of page {page} overlap"


def _twice(what: str, names: list[str]) -> Iterator[str]:
    yield from (f"two {what} are called {name}" for name, count in Counter(names).items() if count > 1)


# ------------------------------------------------------------------------------------------------------------ one visual


def _visual(project: Project, path: str, content: dict[str, Any]) -> Iterator[str]:
    if content.get("name") != path.split("/")[-2]:
        yield "its name is not that of its folder"
    place = content.get("position", {})
    if not (place.get("x", -1) >= 0 and place.get("y", -1) >= 0):
        yield "it lies outside the page"
    if place.get("x", 0) + place.get("width", WIDTH) > WIDTH or place.get("y", 0) + place.get("height", HEIGHT) > HEIGHT:
        yield "it is larger than the page"
    visual = content.get("visual", {})
    yield from _literals(visual)
    kind = visual.get("visualType")
    if kind == "textbox":
        return
    if kind not in ROLES:
        yield f"{kind} is no type of visual"
        return
    if kind == "slicer" and place.get("height", 0) < 76:
        yield "a slicer needs a height of 76"
    texts = visual.get("visualContainerObjects", {})
    if "general" not in texts or (kind != "slicer" and "title" not in texts):
        yield "it has no title, or no text for readers who do not see it"
    yield from _query(project, kind, visual.get("query", {}))


def _query(project: Project, kind: str, query: dict[str, Any]) -> Iterator[str]:
    state = query.get("queryState", {})
    needed, possible = ROLES[kind]
    if not needed <= state.keys() <= needed | possible:
        yield f"{kind} has the roles {sorted(state)}"
    shown = []
    for role, content in state.items():
        projections = content.get("projections", [])
        if not projections:
            yield f"the role {role} is empty"
        for one in projections:
            yield from _field(project, role, one)
            shown.append(one.get("field"))
    yield from _twice("fields", [str(one) for one in shown])
    for sort in query.get("sortDefinition", {}).get("sort", []):
        if sort.get("field") not in shown or sort.get("direction") not in ("Ascending", "Descending"):
            yield "it is sorted by what it does not show"


def _field(project: Project, role: str, one: dict[str, Any]) -> Iterator[str]:
    ((kind, content),) = one["field"].items()
    table, name = content["Expression"]["SourceRef"]["Entity"], content["Property"]
    if kind == "Measure":
        if project.measures.get(name, ("",))[0] != table:
            yield f"there is no measure {table}[{name}]"
        if role in _OF_COLUMNS:
            yield f"{role} takes columns"
    elif (table, name) not in project.columns:
        yield f"there is no column {table}[{name}]"
    elif "isHidden" in project.columns[table, name].properties:
        yield f"{table}[{name}] is hidden"
    elif role in _OF_MEASURES:
        yield f"{role} takes measures"
    if (one.get("queryRef"), one.get("nativeQueryRef")) != (f"{table}.{name}", name):
        yield f"the references of {table}[{name}] name something else"


def _literals(content: Any) -> Iterator[str]:
    if isinstance(content, dict):
        literal = content.get("Literal")
        if isinstance(literal, dict) and not re.fullmatch(
            r"'(?:[^']|'')*'|true|false|-?\d+(?:\.\d+)?[DLM]?", str(literal.get("Value"))
        ):
            yield f"{literal.get('Value')} is no literal"
        for value in content.values():
            yield from _literals(value)
    elif isinstance(content, list):
        for value in content:
            yield from _literals(value)
