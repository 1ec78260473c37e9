"""Regenerates what is derived from the code: the SQL of the KPI tables, the data dictionary, the canonical page, the personal
columns, the snapshot of the Dagster definitions, the addresses of the API, and the table of schema changes in the changelog."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.publish import personal_page
from ecom_lake.publish.api.app import api
from ecom_lake.publish.api.reference import in_page
from ecom_lake.publish.canonical_page import canonical_page
from ecom_lake.publish.dashboard.served_release import Releases
from ecom_lake.publish.dictionary import dictionary_page
from ecom_lake.settings import load
from ecom_lake.shop.domain import SHOP
from ecom_lake.shop.kpis import kpi_sql
from ecom_lake_tests.engine.dagster.snapshot import SNAPSHOT, snapshot
from ecom_lake_tests.project import PROJECT
from tools import schema_changes

for path, sql in kpi_sql.files().items():
    path.write_text(sql)
with tempfile.TemporaryDirectory() as folder:
    SNAPSHOT.write_text(snapshot(Path(folder)))
(PROJECT / "docs/data_dictionary.md").write_text(dictionary_page(Registry(SHOP)))
(PROJECT / "docs/canonical.md").write_text(canonical_page())
PERSONAL = PROJECT / "docs/personal-data.md"
PERSONAL.write_text(personal_page.in_page(PERSONAL.read_text(), Registry(SHOP)))
API = PROJECT / "docs/api.md"
API.write_text(in_page(API.read_text(), api(Releases(load(environment={}))).openapi()))
schema_changes.renew()
