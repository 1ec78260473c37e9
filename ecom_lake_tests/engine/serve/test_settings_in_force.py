"""Every setting of lake.toml is shown with the value in force, and no secret is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ecom_lake.engine.config import Settings
from ecom_lake.engine.serve.settings_in_force import as_written, settings_in_force
from ecom_lake.settings import LAKE_SETTINGS, SHOP_SETTINGS, load

TOML = """
readers = "analysts"
[engine]
gold = "spark"
memory = "4g"
[channels.team]
kind = "mail"
host = "smtp.example.com"
user = "lake"
password_env = "MAIL_PASSWORD"
sender = "lake@example.com"
to = ["team@example.com"]
[shops.web]
keep_days = 40
without = ["reviews"]
numbers.repeat_days = 60
retention.landing_days = 90
alerts.anomaly = false
alerts.freshness.no_delivery = "36 hours"
alerts.kpi.late_rate.above = 0.1
scheduled_report = { schedule = "0 7 * * 1", channels = ["team"] }
database.url_env = "SHOP_URL"
database.tables.orders.since = "updated_at"
publish.warehouse = { url_env = "WAREHOUSE_URL", tables = ["rfm"] }
[shops.sheet]
map = "flat_orders"
"""
SECRETS = {"MAIL_PASSWORD": "hunter2", "SHOP_URL": "postgresql://u:hunter2@h/d", "WAREHOUSE_URL": "postgresql://u:hunter2@h/w"}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "lake.toml").write_text(TOML, "utf-8")
    return load(environment={**SECRETS, "ECOM_LAKE_MEMORY": "3GB"}, project=str(tmp_path))


@pytest.mark.parametrize(
    ("name", "value", "default"),
    [
        ("memory_limit", "3GB", "2GB"),
        ("query_timeout", 300, 300),
        ("server.sql_seconds", 10, 10),
        ("engine.gold", "spark", "duckdb"),
        ("channels.team.password_env", "MAIL_PASSWORD", ""),
        ("channels.team.to", ["team@example.com"], None),
        ("shops.web.connector", "olist", "olist"),
        ("shops.web.first_month", "2016-09", "2016-09"),
        ("shops.web.keep_days", 40, 30),
        ("shops.web.keep_releases", 10, 10),
        ("shops.web.without", ["reviews"], []),
        ("shops.web.numbers.repeat_days", 60, 90),
        ("shops.web.mining.min_lift", 1.0, 1.0),
        ("shops.web.retention.landing_days", 90, None),
        ("shops.web.alerts.anomaly", False, True),
        ("shops.web.alerts.freshness.no_delivery", "36 hours", None),
        ("shops.web.alerts.kpi.late_rate.above", 0.1, None),
        ("shops.web.scheduled_report.schedule", "0 7 * * 1", None),
        ("shops.web.database.url_env", "SHOP_URL", None),
        ("shops.web.database.tables.orders.overlap", "1 day", "1 day"),
        ("shops.web.publish.warehouse.tables", ["rfm"], []),
        ("shops.sheet.map", "flat_orders", None),
    ],
)
def test_a_setting_has_its_value_in_force_and_its_default(settings: Settings, name: str, value: Any, default: Any) -> None:
    [found] = [one for one in settings_in_force(settings, settings.shops) if one.name == name]
    assert (found.value, found.default, found.is_default) == (value, default, value == default)


def test_every_setting_is_shown(settings: Settings) -> None:
    found = settings_in_force(settings, settings.shops)
    names = {one.name for one in found}
    assert len(names) == len(found)
    assert {name.split(".")[0] for name in names} == set(LAKE_SETTINGS)
    assert {name.split(".")[2] for name in names if name.startswith("shops.")} == set(SHOP_SETTINGS)


def test_no_secret_is_shown(settings: Settings) -> None:
    assert "hunter2" not in repr(settings_in_force(settings, settings.shops))


def test_one_shop_is_shown_without_the_others(settings: Settings) -> None:
    names = [one.name for one in settings_in_force(settings, ["web"])]
    assert "shops.web.keep_days" in names and not any(name.startswith("shops.sheet.") for name in names)


@pytest.mark.parametrize(
    ("value", "written"),
    [(None, ""), ("", ""), (True, "true"), (30, "30"), (0.5, "0.5"), ("2GB", '"2GB"'), (["a", "b"], '["a", "b"]'), ([], "[]")],
)
def test_a_value_is_shown_as_lake_toml_writes_it(value: Any, written: str) -> None:
    assert as_written(value) == written
