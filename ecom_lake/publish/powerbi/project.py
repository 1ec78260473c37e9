"""All files of a Power BI project of a release: path and text. The same release and options give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.store.entry import Entry
from ecom_lake.publish.powerbi import report, tmdl
from ecom_lake.publish.powerbi.json_text import json_text, schema
from ecom_lake.publish.powerbi.keys import refuse_equal_keys
from ecom_lake.publish.powerbi.locations import source_of
from ecom_lake.publish.powerbi.model import READ_TABLES, Facts, Model, model_of
from ecom_lake.publish.powerbi.naming import tag
from ecom_lake.publish.powerbi.refresh import History
from ecom_lake.publish.powerbi.released_columns import released_columns
from ecom_lake.publish.powerbi.sources import Kind
from ecom_lake.publish.powerbi.tables import DATE, ORDERS

NAME = "EcomLake"
MODEL, REPORT = f"{NAME}.SemanticModel", f"{NAME}.Report"
UNDATED = "undated"


@dataclass(frozen=True)
class Options:
    source: Kind
    location: str | None = None
    """The folder or address that Power BI reads; None for a first value that the user replaces."""
    with_personal: bool = False


def project(site: Site, entry: Entry, options: Options) -> dict[str, str]:
    model = released_model(site, entry, options)
    source = source_of(site, options.source, options.location)
    refuse_equal_keys(site, entry, model)
    definition = tmdl.files(model, source, history_of(entry, model), site.shop.name)
    return {
        f"{NAME}.pbip": _shortcut(),
        ".gitignore": "**/.pbi/localSettings.json\n**/.pbi/cache.abf\n",
        f"{MODEL}/.platform": _platform("SemanticModel", site.shop.name),
        f"{MODEL}/definition.pbism": json_text({"$schema": schema("model"), "version": "4.2", "settings": {}}),
        f"{REPORT}/.platform": _platform("Report", site.shop.name),
        **{f"{MODEL}/definition/{path}": text for path, text in definition.items()},
        **{f"{REPORT}/{path}": text for path, text in report.files(model, site.shop.name, MODEL).items()},
    }


def released_model(site: Site, entry: Entry, options: Options) -> Model:
    numbers = site.shop.numbers
    known = released_columns(site, entry, READ_TABLES)
    currency = str(numbers.currency) if numbers.currency else None
    return model_of(Facts(site.registry.gold, known, currency, float(numbers.cost_coverage), options.with_personal))


def history_of(entry: Entry, model: Model) -> History | None:
    """The months of the orders; None where the model has no calendar."""
    months = [part.month for part, file in entry.parts(TableId("gold", ORDERS)).items() if file.rows]
    dated = sorted(month for month in months if month and month != UNDATED)
    if not dated or not any(table.definition.gold == DATE for table in model.tables):
        return None
    return History(date.fromisoformat(f"{dated[0]}-01"), datetime.fromisoformat(entry.at).date())


def _shortcut() -> str:
    artifacts = [{"report": {"path": REPORT}}]
    content = {"$schema": schema("shortcut"), "version": "1.0", "artifacts": artifacts, "settings": {"enableAutoRecovery": True}}
    return json_text(content)


def _platform(kind: str, shop: str) -> str:
    metadata: Mapping[str, str] = {"type": kind, "displayName": f"{NAME} {shop}"}
    config = {"version": "2.0", "logicalId": tag("platform", shop, kind)}
    return json_text({"$schema": schema("platform"), "metadata": metadata, "config": config})
