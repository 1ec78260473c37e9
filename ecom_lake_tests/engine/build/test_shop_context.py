"""Connectors are found by their packages' names."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

import ecom_lake.shop.connectors
from ecom_lake.engine.config import month_name
from ecom_lake.engine.dagster.partitions import months_of
from ecom_lake.errors import UserError
from ecom_lake.shop.connectors.canonical import CANONICAL
from ecom_lake.shop.connectors.olist import OLIST
from ecom_lake_tests.builders.mapped_shop import MappedShop
from ecom_lake_tests.catalog import registry

ANOTHER = """
from dataclasses import replace
from ecom_lake.shop.connectors.olist import OLIST
ANOTHER = replace(OLIST, name="another_kind")
"""


@pytest.fixture
def another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for more connectors."""
    monkeypatch.setattr(ecom_lake.shop.connectors, "__path__", [*ecom_lake.shop.connectors.__path__, str(tmp_path)])
    return tmp_path


def add(folder: Path, name: str, code: str) -> None:
    (folder / name).mkdir()
    (folder / name / "__init__.py").write_text(code, encoding="utf-8")


def test_the_built_in_connectors_are_found() -> None:
    assert registry().connector("olist", "here") is OLIST
    assert registry().connector("canonical", "here") is CANONICAL
    with pytest.raises(
        UserError, match=r"here names the connector .merging., which does not exist; known are: canonical, olist\."
    ):
        registry().connector("merging", "here")


def test_the_files_of_a_connector_are_known_without_it() -> None:
    assert registry().delivered("olist", "here") == registry().delivered("olist", "here", is_undated=True) == OLIST.delivered
    assert registry().delivered("canonical", "here") == CANONICAL.delivered
    assert CANONICAL.undated and registry().delivered("canonical", "here", is_undated=True) == CANONICAL.undated.delivered
    with pytest.raises(UserError, match=r"here names the connector .merging., which does not exist"):
        registry().delivered("merging", "here")


def test_a_new_connector_needs_only_a_package(another: Path) -> None:
    add(another, "another_kind", ANOTHER)
    assert registry().connector("another_kind", "here").name == "another_kind"
    assert registry().delivered("another_kind", "here") == OLIST.delivered


def test_a_package_must_define_the_connector_of_its_name(another: Path) -> None:
    add(another, "misnamed_kind", ANOTHER)
    with pytest.raises(TypeError, match="must define one Connector called 'misnamed_kind', and defines 0"):
        registry().connector("misnamed_kind", "here")


def test_today_is_the_day_in_the_time_zone_of_the_shop(tmp_path: Path) -> None:
    """The two zones are 26 hours apart: at any time, their days differ."""
    days = []
    for zone in ("Pacific/Kiritimati", "Etc/GMT+12"):
        shop = MappedShop(tmp_path)
        shop.write(setting=f'map = "maps/mine.toml"\ntimezone = "{zone}"')
        days.append(shop.site.today)
    assert days[0] > days[1]


def test_the_last_month_of_an_open_shop_is_that_of_dagster(tmp_path: Path) -> None:
    """From the first of a month in Kiritimati until 14:00 there, it is another month in UTC."""
    shop = MappedShop(tmp_path)
    shop.write(setting='map = "maps/mine.toml"\ntimezone = "Pacific/Kiritimati"')
    config = shop.config.read_text(encoding="utf-8").replace('last_month = "2024-03"\n', "")
    shop.config.write_text(config, encoding="utf-8")
    site = shop.site
    for now in (datetime(2026, 1, 31, 9, tzinfo=UTC), datetime(2026, 1, 31, 11, tzinfo=UTC)):
        vars(site)["today"] = now.astimezone(ZoneInfo(site.shop.timezone)).date()
        with dg.partition_loading_context(effective_dt=now):
            assert month_name(site.months()[-1]) == months_of(site.shop).get_last_partition_key()
