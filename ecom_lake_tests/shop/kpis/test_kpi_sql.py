"""kpi_monthly and kpi_summary are generated from one list of KPIs, and the files are up to date."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecom_lake.shop.kpis.kpi_sql import SUMMARY, files
from ecom_lake.shop.vocabulary import KPIS
from ecom_lake_tests import catalog


@pytest.mark.parametrize(("path", "sql"), files().items(), ids=lambda value: value.stem if isinstance(value, Path) else "")
def test_the_file_is_up_to_date(path: Path, sql: str) -> None:
    assert path.read_text(encoding="utf-8") == sql, "run `make snapshot`, and look at the difference"


def test_every_column_of_kpi_monthly_has_the_definition_of_its_kpi() -> None:
    columns = catalog.gold()["kpi_monthly"].columns
    assert set(columns) - KPIS.keys() == {"month", "is_complete", "net_sales_mom", "net_sales_yoy"}
    worded = {name: (column.kind, column.meaning, column.unit) for name, column in columns.items() if name in KPIS}
    assert worded == {name: (KPIS[name].column.kind, KPIS[name].column.meaning, KPIS[name].column.unit) for name in worded}


def test_every_kpi_is_published_and_has_a_unit() -> None:
    assert KPIS.keys() == {*SUMMARY, *catalog.gold()["kpi_monthly"].columns} & KPIS.keys()
    assert [name for name, kpi in KPIS.items() if kpi.column.unit is None] == []
    assert {kpi.column.unit for kpi in KPIS.values()} <= set(catalog.gold()["kpi_summary"].columns["unit"].one_of)
