"""The shapes of the quality page's charts, as numbers: paths, positions and lengths. Colours and words are in the template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

WIDTH, HEIGHT, EDGE = 260.0, 80.0, 5.0
FLOW_HEIGHT, FLOW_GAP, LEAST_BAND = 200.0, 14.0, 1.5
SUMS = ("gross_sales", "net_sales", "gmv", "payments", "net_sales_after_refunds")


def history(points: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A measure by month, its expected range as a band, and its anomalies; values outside the scale are drawn at its edge."""
    low, high = _range(points)
    step = (WIDTH - 2 * EDGE) / max(len(points) - 1, 1)

    def place(number: int, value: float) -> tuple[float, float]:
        share = (min(max(value, low), high) - low) / (high - low)
        return round(EDGE + number * step, 1), round(HEIGHT - EDGE - share * (HEIGHT - 2 * EDGE), 1)

    expected = [(number, point) for number, point in enumerate(points) if point["expected"] is not None]
    band = [place(i, point["high"]) for i, point in expected] + [place(i, point["low"]) for i, point in reversed(expected)]
    return {
        "band": _path(band) + ("Z" if band else ""),
        "line": _path([place(i, point["value"]) for i, point in enumerate(points)]),
        "anomalies": [(*place(i, point["value"]), point["sentence"]) for i, point in enumerate(points) if point["is_anomaly"]],
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
    """The delivered rows, on the left, split into one band for each fate, on the right. A band has a minimum width."""
    present = [(name, rows) for name, rows in parts if rows]
    total = sum(rows for _, rows in present) or 1
    bands, left, right = [], 0.0, 0.0
    for name, rows in present:
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
    """Each step with its bar, in percent of the largest sum: a sum starts at zero, another step where the one before ended.

    The steps between two sums lead from one to the next; the outcomes after net sales split the net sales, refunds reduce them.
    """
    net_sales = sum(step["amount"] for step in steps if step["step"] == "net_sales")
    most = max([abs(step["amount"]) for step in steps if step["step"] in SUMS] or [0]) or 1
    level, drawn = 0, list[dict[str, Any]]()
    for step in steps:
        is_sum, is_first_outcome = step["step"] in SUMS, bool(drawn) and drawn[-1]["step"] == "net_sales"
        if is_first_outcome:
            level = 0
        if step["step"] == "refunds":
            level = net_sales
        start, end = (0, step["amount"]) if is_sum else (level, level + step["amount"])
        level = end
        left, width = (float(100 * value / most) for value in (min(start, end), abs(end - start)))
        drawn.append({**step, "is_sum": is_sum, "left": round(max(left, 0), 2), "width": round(max(width, 0.15), 2)})
    return drawn
