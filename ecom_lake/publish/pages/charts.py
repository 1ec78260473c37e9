"""The shapes of the page's charts, as numbers: paths, places and lengths. Colours and words are the template's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

WIDTH, HEIGHT, EDGE = 260.0, 80.0, 5.0
FLOW_HEIGHT, FLOW_GAP, LEAST_BAND = 200.0, 14.0, 1.5
SUMS = ("gross_sales", "net_sales", "gmv", "payments")


def history(points: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A measure through the months, with the band of what was expected, as far as it fits."""
    low, high = _range(points)
    step = (WIDTH - 2 * EDGE) / max(len(points) - 1, 1)

    def place(number: int, value: float) -> tuple[float, float]:
        share = (min(max(value, low), high) - low) / (high - low)
        return round(EDGE + number * step, 1), round(HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE), 1)

    told = [(number, point) for number, point in enumerate(points) if point["expected"] is not None]
    band = [place(i, point["high"]) for i, point in told] + [place(i, point["low"]) for i, point in reversed(told)]
    return {
        "band": _path(band) + ("Z" if band else ""),
        "line": _path([place(i, point["value"]) for i, point in enumerate(points)]),
        "strikes": [(*place(i, point["value"]), point["sentence"]) for i, point in enumerate(points) if point["is_anomaly"]],
        "first": points[0]["month"],
        "last": points[-1]["month"],
    }


def _range(points: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    values = [point["value"] for point in points] + [point["expected"] for point in points if point["expected"] is not None]
    margin = 0.25 * (max(values) - min(values)) or 0.05 * abs(max(values)) or 1.0
    return min(values) - margin, max(values) + margin


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "".join(f"{'L' if i else 'M'}{x:g} {y:g}" for i, (x, y) in enumerate(places))


def flow(parts: Sequence[tuple[str, int]]) -> dict[str, Any]:
    """What came, on the left, parts into bands of its fates, on the right. The thinnest are drawn a little too thick."""
    there = [(name, rows) for name, rows in parts if rows]
    total = sum(rows for _, rows in there) or 1
    bands, left, right = [], 0.0, 0.0
    for name, rows in there:
        thick = max(FLOW_HEIGHT * rows / total, LEAST_BAND)
        bands.append(
            {"name": name, "rows": rows, "share": rows / total, "path": _band(left, right, thick), "middle": right + thick / 2}
        )
        left, right = left + thick, right + max(thick, 12) + FLOW_GAP
    return {"bands": bands, "left": round(left, 1), "height": round(max(right - FLOW_GAP, 1) + 14, 1)}


def _band(left: float, right: float, thick: float) -> str:
    a, b, c, d = (round(y, 1) for y in (left, right, right + thick, left + thick))
    return f"M14 {a:g}C90 {a:g} 90 {b:g} 160 {b:g}V{c:g}C90 {c:g} 90 {d:g} 14 {d:g}Z"


def waterfall(steps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each step with its bar, in percent of the greatest sum: a sum stands on nought, another step on what came before.

    What lies between two sums leads from one to the next; the outcomes part the net sales that stand above them.
    """
    most = max([abs(step["amount"]) for step in steps if step["step"] in SUMS] or [0]) or 1
    level, drawn = 0, list[dict[str, Any]]()
    for step in steps:
        is_sum, is_first_outcome = step["step"] in SUMS, bool(drawn) and drawn[-1]["step"] == "net_sales"
        if is_first_outcome:
            level = 0
        start, end = (0, step["amount"]) if is_sum else (level, level + step["amount"])
        level = end
        left, width = (float(100 * value / most) for value in (min(start, end), abs(end - start)))
        drawn.append({**step, "is_sum": is_sum, "left": round(max(left, 0), 2), "width": round(max(width, 0.15), 2)})
    return drawn
