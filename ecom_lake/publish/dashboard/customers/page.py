"""The page "Customers": who they are, whether they come back, what they are worth, and how they are grouped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ecom_lake.publish.dashboard.customers.as_of import as_of_text
from ecom_lake.publish.dashboard.customers.clusters import Clusters, clusters
from ecom_lake.publish.dashboard.customers.cohorts import Cohorts, cohorts
from ecom_lake.publish.dashboard.customers.concentration import Concentration, concentration
from ecom_lake.publish.dashboard.customers.personas import Personas, personas
from ecom_lake.publish.dashboard.customers.repeat import Repeat, repeat
from ecom_lake.publish.dashboard.customers.rfm_section import Rfm, rfm
from ecom_lake.publish.dashboard.figures import Figure, figures
from ecom_lake.publish.dashboard.view import View

OPTIONS: Mapping[str, Sequence[str]] = {
    "grid": ("frequency", "spend"),
    "cohort": ("retention", "ever"),
    "value": ("net-sales", "gross-profit"),
}
_FIGURES = ("customers", "orders", "aov", "net_sales")


@dataclass(frozen=True)
class Customers:
    figures: Sequence[Figure]
    as_of: str
    """Whose charts the filters do not change."""
    rfm: Rfm
    cohorts: Cohorts
    repeat: Repeat
    concentration: Concentration | None
    clusters: Clusters
    personas: Personas


def customers(view: View) -> Customers:
    shown = {figure.name: figure for figure in figures(view)}
    return Customers(
        [shown[name] for name in _FIGURES if name in shown],
        as_of_text(view),
        rfm(view),
        cohorts(view),
        repeat(view),
        concentration(view),
        clusters(view),
        personas(view),
    )
