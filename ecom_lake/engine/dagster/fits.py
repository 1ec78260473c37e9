"""What the Dagster UI shows of a fitted model: its card, the results of its rivals, and its charts."""

import base64
from collections.abc import Mapping
from typing import Any

import dagster as dg
import polars as pl

from ecom_lake.engine.contracts.model_fit import CARD, RIVAL
from ecom_lake.engine.dagster import markdown
from ecom_lake.engine.serve.plots import plots

LONGEST = 2_000
"""Characters of a cell: the reason in a card has several sentences."""


def shown_fit(fit: pl.DataFrame) -> Mapping[str, Any]:
    """The metadata of a model's `…_fit` table."""
    return {
        "card": dg.MetadataValue.md(_table(fit.filter(kind=CARD), "name", "value", "said")),
        "rivals": dg.MetadataValue.md(_table(fit.filter(kind=RIVAL), "name", "series", "value", "low", "high")),
        **{name: dg.MetadataValue.md(_image(name, svg)) for name, svg in plots(fit).items()},
    }


def _image(name: str, svg: str) -> str:
    return f"![{markdown.text(name)}](data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()})"


def _table(rows: pl.DataFrame, *columns: str) -> str:
    shown = [{column: _shown(row[column]) for column in columns} for row in rows.to_dicts()]
    return markdown.table(shown, columns, longest=LONGEST)


def _shown(value: object) -> object:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1_000 or value.is_integer() else f"{value:.4g}"
    return value
