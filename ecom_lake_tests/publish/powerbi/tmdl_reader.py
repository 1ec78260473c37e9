"""A strict reader of the TMDL that the project writes: unknown words, wrong indentation and missing parts are errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_OBJECT = re.compile(r"(\w+)(?: ('(?:[^']|'')+'|[^'\s:=]+))?(?: = ?(.*)| =)?$")
_REFERENCE = re.compile(r"ref (table|cultureInfo) ('(?:[^']|'')+'|\w[\w-]*)$")
_PROPERTY = re.compile(r"(\w+): (.+)$")
_FLAGS = frozenset(("isHidden", "isKey", "discourageImplicitMeasures", "legacyRedirects", "returnErrorValuesAsNull"))
CHILDREN = {
    "": {"model", "database", "table", "relationship", "expression", "cultureInfo", "annotation"},
    "model": {"dataAccessOptions"},
    "table": {"measure", "column", "hierarchy", "partition", "annotation", "refreshPolicy"},
    "column": {"annotation"},
    "hierarchy": {"level"},
    "partition": {"source"},
    "refreshPolicy": {"sourceExpression"},
    "expression": {"annotation"},
}
PROPERTIES = {
    "database": {"compatibilityLevel"},
    "model": {"culture", "defaultPowerBIDataSourceVersion", "sourceQueryCulture", "discourageImplicitMeasures"},
    "dataAccessOptions": {"legacyRedirects", "returnErrorValuesAsNull"},
    "table": {"lineageTag", "dataCategory"},
    "measure": {"formatString", "displayFolder", "lineageTag"},
    "column": {
        *("dataType", "isHidden", "isKey", "formatString", "lineageTag", "summarizeBy", "sourceColumn", "sortByColumn"),
    },
    "hierarchy": {"lineageTag"},
    "level": {"lineageTag", "column"},
    "partition": {"mode"},
    "relationship": {"fromColumn", "toColumn", "crossFilteringBehavior", "fromCardinality"},
    "expression": {"lineageTag"},
    "refreshPolicy": {
        *("policyType", "rollingWindowGranularity", "rollingWindowPeriods", "incrementalGranularity", "incrementalPeriods"),
    },
}


class TmdlError(Exception):
    pass


@dataclass
class Node:
    kind: str
    name: str = ""
    value: str = ""
    """The expression after the equals sign."""
    description: str = ""
    properties: dict[str, str] = field(default_factory=dict)
    children: list[Node] = field(default_factory=list)

    def of(self, kind: str) -> list[Node]:
        return [child for child in self.children if child.kind == kind]


def read(text: str) -> Node:
    """The objects of a file. Raises `TmdlError` with the number of the line."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1)]
    reader = _Reader(lines)
    root = Node("")
    reader.fill(root, 0)
    return root


def unquoted(name: str) -> str:
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


class _Reader:
    def __init__(self, lines: list[tuple[int, str]]) -> None:
        self._lines, self._at = lines, 0

    def fill(self, parent: Node, level: int) -> None:
        described = ""
        for number, depth, content in self._ahead():
            if depth < level:
                break
            if depth > level:
                raise TmdlError(f"line {number}: it is indented too far")
            self._at += 1
            if content.startswith("/// "):
                described = content[4:]
                continue
            self._add(parent, content, level, described, number)
            described = ""
        if described:
            raise TmdlError(f"a description belongs to nothing: {described}")

    def _ahead(self) -> Iterator[tuple[int, int, str]]:
        while self._at < len(self._lines):
            number, line = self._lines[self._at]
            if line.strip():
                yield number, len(line) - len(line.lstrip("\t")), line.strip("\t")
            else:
                self._at += 1

    def _add(self, parent: Node, content: str, level: int, described: str, number: int) -> None:
        if match := _PROPERTY.fullmatch(content):
            self._property(parent, match[1], match[2], number)
        elif content in _FLAGS:
            self._property(parent, content, "true", number)
        elif match := _REFERENCE.fullmatch(content):
            parent.children.append(Node("ref", unquoted(match[2]), match[1]))
        elif match := _OBJECT.fullmatch(content):
            self._object(parent, match, content, level, described, number)
        else:
            raise TmdlError(f"line {number}: it is no TMDL: {content}")

    def _property(self, parent: Node, name: str, value: str, number: int) -> None:
        if name not in PROPERTIES.get(parent.kind, ()):
            raise TmdlError(f"line {number}: a {parent.kind or 'file'} has no {name}")
        if name in parent.properties:
            raise TmdlError(f"line {number}: {name} is there twice")
        parent.properties[name] = value

    def _object(self, parent: Node, match: re.Match[str], content: str, level: int, described: str, number: int) -> None:
        kind, name = match[1], unquoted(match[2] or "")
        if kind not in CHILDREN.get(parent.kind, ()):
            raise TmdlError(f"line {number}: a {parent.kind or 'file'} has no {kind}")
        node = Node(kind, name, (match[3] or "").strip(), described)
        if content.endswith("="):
            node.value = self._block(level)
            if not node.value:
                raise TmdlError(f"line {number}: {kind} {name} has no expression")
        parent.children.append(node)
        self.fill(node, level + 1)

    def _block(self, level: int) -> str:
        """The lines of an expression: they are indented by at least two levels more, in `source` of a policy by one."""
        found: list[str] = []
        for _, line in self._lines[self._at :]:
            depth = len(line) - len(line.lstrip("\t"))
            is_expression = depth >= level + 2 or (depth == level + 1 and (not found or found[-1].startswith("\t" * (level + 1))))
            if not line.strip() or not is_expression or _is_property(line, level):
                break
            found.append(line)
            self._at += 1
        return "\n".join(line.strip("\t") for line in found)


def _is_property(line: str, level: int) -> bool:
    return bool(re.match("\t" * (level + 1) + r"(formatString|displayFolder|lineageTag|annotation|mode)\b", line))
