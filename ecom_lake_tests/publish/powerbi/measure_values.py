"""The SQL of a measure and what the marts publish, run on a release and compared."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.serve.query import Session, session
from ecom_lake.engine.store.entry import Entry
from ecom_lake.publish.powerbi.model import Model, ModelMeasure

MARTS = ("kpi_monthly", "delivery_performance", "cohort_retention")
"""Marts that some shops do not have: their months are then compared with nothing."""


def differences(site: Site, entry: Entry, model: Model) -> Iterator[str]:
    """A sentence for each value that differs, or that only one side has."""
    with session(site, entry) as opened:
        for one in model.measures:
            available = _available(opened, one.measure.published)
            computed, published = _values(opened, one.sql), _values(opened, available)
            if available != one.measure.published:
                computed = {label: value for label, value in computed.items() if label in published}
            elif not computed and any(value is not None for value in published.values()):
                yield f"{one.measure.name} has no value to compare"
            for label in sorted(computed.keys() | published.keys()):
                if not _agree(one, computed.get(label), published, label):
                    yield f"{one.measure.name} of {label}: {computed.get(label)} is not {published.get(label, 'published')}"


def _available(opened: Session, published: str) -> str:
    """The part of a query that a shop without some marts can answer."""
    missing = [mart for mart in MARTS if mart not in opened.tables["gold"]]
    parts = [part for part in published.split(" union all ") if not any(mart in part for mart in missing)]
    return " union all ".join(parts)


def _values(opened: Session, sql: str) -> Mapping[str, float | None]:
    rows = list(opened.ask(f"select label, value::double as value from ({sql}) as found(label, value)").rows()) if sql else []
    labels = [label for label, _ in rows]
    assert len(labels) == len(set(labels)), f"two values with one label: {sql}"
    return dict(rows)


def _agree(one: ModelMeasure, computed: float | None, published: Mapping[str, float | None], label: str) -> bool:
    expected = published.get(label)
    if computed is None or expected is None:
        is_sum = one.measure.column.unit in ("money", "count")
        return computed == expected or (is_sum and not computed and not expected)
    return math.isclose(computed, expected, rel_tol=1e-9, abs_tol=1e-9)
