"""The whole site: it builds without a broken link or a foreign request, and nothing that exists lacks its page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ecom_lake.cli import app
from ecom_lake.engine.contracts.registry import Registry
from ecom_lake.errors import UserError
from ecom_lake.publish.api.app import api
from ecom_lake.publish.dashboard.served_release import Releases
from ecom_lake.settings import load
from ecom_lake.shop.domain import SHOP
from ecom_lake_tests.builders.built_lake import BuiltLake
from tools.docs_site.build import build
from tools.docs_site.command_pages import commands, subcommands


@pytest.fixture(scope="module")
def html(built_lake: BuiltLake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built once; `build` refuses one with a broken link or a foreign request. It takes some seconds of CPU."""
    return build(tmp_path_factory.mktemp("docs"), built_lake.site())


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry(SHOP)


def _text(html: Path, page: str) -> str:
    return (html / page).read_text(encoding="utf-8")


def test_every_table_has_a_page_that_the_dictionary_links_to(html: Path, registry: Registry) -> None:
    dictionary = _text(html, "tables/index.html")
    for name, table in registry.tables.items():
        page = _text(html, f"tables/{name}.html")
        assert f'href="{name}.html"' in dictionary, name
        assert all(column in page for column in table.columns), name
        assert all(rule.name in page for rule in table.rules), name


def test_an_identity_is_on_the_page_of_each_table_that_it_reads(html: Path) -> None:
    name = "everybody_is_scored_once"  # of rfm, about customer_metrics
    assert name in _text(html, "tables/rfm.html")
    assert name in _text(html, "tables/customer_metrics.html")
    assert name not in _text(html, "tables/ledger.html")


def test_a_page_leads_to_inputs_readers_questions_and_the_dashboard(html: Path) -> None:
    page = _text(html, "tables/rfm_segments.html")
    for target in ("../tables/rfm.html", "../questions.html#segments", "../dashboard.html#customers"):
        assert f'href="{target}"' in page, target


def test_example_rows_are_of_the_synthetic_shop_without_personal_columns(html: Path) -> None:
    rows = _text(html, "tables/fct_orders.html").partition('id="example-rows"')[2].partition("<h2")[0]
    assert "<td>net_sales</td>" in rows
    assert "customer_id" not in rows


def test_every_command_and_option_has_its_page(html: Path) -> None:
    for name, command in commands(app).items():
        page = _text(html, f"commands/{name}.html")
        assert all(f'id="ecom-lake-{name}-{one}"' in page for one in subcommands(command)), name
        assert f"ecom-lake {name}" in page and " -m " not in re.sub(r"<[^>]+>", "", page).partition("Previous")[0]
    assert "--accept-settings" in _text(html, "commands/build.html")
    assert "--project" in _text(html, "commands/index.html")


def test_every_question_and_address_is_described(html: Path, registry: Registry) -> None:
    questions, addresses = _text(html, "questions.html"), _text(html, "api-reference.html")
    assert all(f'id="{question.name}"' in questions for question in registry.questions)
    assert all(path in addresses for path in api(Releases(load(environment={}))).openapi()["paths"])


@pytest.mark.parametrize("line", ["zzzzzzz = 1", "[shops.mine]\nzzzzzzz = 1", "[server]\nzzzzzzz = 1"])
def test_every_setting_is_described(html: Path, tmp_path: Path, line: str) -> None:
    (tmp_path / "lake.toml").write_text(line, encoding="utf-8")
    try:
        message = " ".join(load(environment={}, project=str(tmp_path)).invalid.values())
    except UserError as error:
        message = str(error)
    known = re.findall(r"\w+", message.partition("the settings are ")[2])
    assert known
    page = _text(html, "settings.html")
    assert [name for name in known if f"<code>{name}</code>" not in page] == [], (
        "describe them in tools/docs_site/settings_page.py"
    )


@pytest.mark.parametrize("layer", ["silver", "gold"])
def test_a_diagram_has_a_title_and_a_link_for_each_table(html: Path, layer: str) -> None:
    drawn = _text(html, f"entities/{layer}.html").partition("<svg viewBox")[2].partition("</svg>")[0]
    assert "<title>" in drawn and "<desc>" in drawn
    assert drawn.count("<a href=") == drawn.count('class="entity"') > 5


def test_a_browser_requests_nothing_foreign(html: Path, chromium: str) -> None:
    from playwright.sync_api import sync_playwright

    requested: list[str] = []
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("request", lambda request: requested.append(request.url))
        for name in ("index.html", "tables/rfm.html", "entities/gold.html"):
            page.goto((html / name).as_uri())
        browser.close()
    assert len(requested) > 3
    assert [url for url in requested if not url.startswith(html.as_uri()) and not url.startswith("data:")] == []
