"""Flows from one set of groups to another, as bands as thick as the flows are large, in percent of the plot.

Here: positions. Not here: markup and colours (templates/charts/flows.html.jinja).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecom_lake.publish.dashboard.labels import spread

LABEL_GAP = 6.2
_NAMED = 0.02
"""Groups with a smaller share of a side have no label."""
_GAP = 1.6
"""Between two groups of a side, in percent of the height."""


@dataclass(frozen=True)
class Flow:
    source: str
    target: str
    size: int


@dataclass(frozen=True)
class Band:
    path: str
    colour: int
    text: str


@dataclass(frozen=True)
class Node:
    name: str
    size: int
    y: float
    height: float
    label_y: float | None
    """None for no label."""
    colour: int


@dataclass(frozen=True)
class Flows:
    title: str
    bands: Sequence[Band]
    sources: Sequence[Node]
    targets: Sequence[Node]


def flows(title: str, given: Sequence[Flow], order: Sequence[str], noun: str) -> Flows | None:
    """`order` has the groups from the top to the bottom, and their colours; a band has the colour of its target."""
    places = {name: place for place, name in enumerate(order)}
    given = sorted((flow for flow in given if flow.size > 0), key=lambda flow: (places[flow.source], places[flow.target]))
    if not given:
        return None
    scale = _room(given) / sum(flow.size for flow in given)
    sources = _nodes({name: sum(f.size for f in given if f.source == name) for name in order}, order, scale)
    targets = _nodes({name: sum(f.size for f in given if f.target == name) for name in order}, order, scale)
    left, right = {node.name: node.y for node in sources}, {node.name: node.y for node in targets}
    used: dict[tuple[str, str], float] = defaultdict(float)
    bands = []
    for flow in given:
        thick = scale * flow.size
        start, end = left[flow.source] + used["left", flow.source], right[flow.target] + used["right", flow.target]
        used["left", flow.source] += thick
        used["right", flow.target] += thick
        text = f"{flow.size:,} {noun} from {flow.source} to {flow.target}"
        bands.append(Band(_path(start, end, thick), order.index(flow.target), text))
    return Flows(title, bands, sources, targets)


def _room(given: Sequence[Flow]) -> float:
    """The height that the bands of a side share: what the gaps leave on the side with more groups."""
    most = max(len({flow.source for flow in given}), len({flow.target for flow in given}))
    return 100 - _GAP * (most - 1)


def _nodes(sizes: Mapping[str, int], order: Sequence[str], scale: float) -> list[Node]:
    present = [name for name in order if sizes[name]]
    tops, top = [], 0.0
    for name in present:
        tops.append(top)
        top += scale * sizes[name] + _GAP
    heights = [scale * sizes[name] for name in present]
    total = sum(sizes.values())
    large = [i for i, name in enumerate(present) if sizes[name] >= _NAMED * total]
    labels = dict(zip(large, spread([tops[i] + heights[i] / 2 for i in large], LABEL_GAP, 2, 98), strict=True))
    return [
        Node(name, sizes[name], round(top, 2), round(height, 2), labels.get(i), order.index(name))
        for i, (name, top, height) in enumerate(zip(present, tops, heights, strict=True))
    ]


def _path(start: float, end: float, thick: float) -> str:
    a, b, c, d = (round(y, 2) for y in (start, end, end + thick, start + thick))
    return f"M0 {a:g}C50 {a:g} 50 {b:g} 100 {b:g}V{c:g}C50 {c:g} 50 {d:g} 0 {d:g}Z"
