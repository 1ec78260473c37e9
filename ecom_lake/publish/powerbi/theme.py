"""The themes of the report: a built-in one of Power BI as the base, and on it the colours of the dashboard's light pages."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

NAME = "EcomLake.json"
"""Of the theme and of its file: Power BI finds the file by the name."""
BASE = "CY26SU10"
"""The built-in theme of October 2026. Its file comes from Microsoft's npm package `powerbi-report-authoring-cli`."""
_BASE_FILE = Path(__file__).with_name("base_theme") / f"{BASE}.json"
_TOKENS = Path(__file__).parents[1] / "dashboard" / "styles" / "tokens.css"


@cache
def light_colours() -> dict[str, str]:
    """The value of each token on light pages, with six digits."""
    tokens = re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{3,6}),", _TOKENS.read_text(encoding="utf-8"))
    return {name: value if len(value) == 7 else "#" + "".join(2 * digit for digit in value[1:]) for name, value in tokens}


def base_theme() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(_BASE_FILE.read_text(encoding="utf-8"))
    return content


def theme() -> dict[str, Any]:
    colour = light_colours()
    data = ("main", "forecast", "good", "pale", "bad", "off", "warn", "soft")
    return {
        "name": NAME,
        "dataColors": [colour[name] for name in data],
        "foreground": colour["ink"],
        "background": colour["card"],
        "tableAccent": colour["main"],
        "good": colour["good"],
        "neutral": colour["warn"],
        "bad": colour["bad"],
        "maximum": colour["main"],
        "center": colour["pale"],
        "minimum": colour["raised"],
        "textClasses": {
            "label": {"fontFace": "Segoe UI", "fontSize": 10, "color": colour["ink"]},
            "title": {"fontFace": "Segoe UI Semibold", "fontSize": 11, "color": colour["ink"]},
            "callout": {"fontFace": "Segoe UI Semibold", "fontSize": 22, "color": colour["ink"]},
        },
        "visualStyles": {
            "*": {
                "*": {
                    "background": [{"show": True, "color": {"solid": {"color": colour["card"]}}, "transparency": 0}],
                    "border": [{"show": True, "color": {"solid": {"color": colour["line"]}}, "radius": 8}],
                }
            },
            "page": {"*": {"background": [{"color": {"solid": {"color": colour["paper"]}}, "transparency": 0}]}},
        },
    }
