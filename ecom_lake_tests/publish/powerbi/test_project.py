"""A whole project: it passes every check, whatever the shop lacks, and is the same each time."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

from ecom_lake.engine.contracts.table import Table
from ecom_lake.engine.serve.released import released
from ecom_lake.engine.store.entry import Entry
from ecom_lake.errors import UsageError
from ecom_lake.publish.powerbi import report, tmdl
from ecom_lake.publish.powerbi.locations import source_of
from ecom_lake.publish.powerbi.model import Facts, model_of
from ecom_lake.publish.powerbi.project import MODEL, REPORT, Options, history_of, project
from ecom_lake.publish.powerbi.released_columns import released_columns
from ecom_lake.publish.powerbi.sources import Kind, Source
from ecom_lake.publish.powerbi.tables import DEFINITIONS
from ecom_lake_tests.builders.built_lake import BuiltLake
from ecom_lake_tests.publish.powerbi.checks import problems
from ecom_lake_tests.publish.powerbi.conftest import KINDS
from ecom_lake_tests.publish.powerbi.mutations import MUTATIONS, mutated

Projects = Mapping[Kind, Mapping[str, str]]
Contracts = Mapping[str, Table]
PAGES = ("Overview", "Sales", "Customers", "Products", "Delivery", "Trust")


@pytest.mark.parametrize("kind", KINDS)
def test_a_project_passes_every_check(projects: Projects, contracts: Contracts, kind: Kind) -> None:
    assert problems(projects[kind], contracts) == []


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_wrong_edit_is_found(projects: Projects, contracts: Contracts, name: str) -> None:
    assert problems(mutated(projects["local"], MUTATIONS[name]), contracts)


def test_the_same_release_gives_the_same_bytes(built_lake: BuiltLake, projects: Projects) -> None:
    again = built_lake.site()
    assert project(again, released(again), Options("local")) == projects["local"]
    assert not any("\r" in text or "\ufeff" in text for text in projects["local"].values())


def test_the_report_has_the_pages_of_the_dashboard_in_its_order(projects: Projects) -> None:
    assert tuple(_pages(projects["local"])) == PAGES


def test_the_kinds_of_source_differ_in_their_queries_only(projects: Projects) -> None:
    reports = [{path: text for path, text in files.items() if path.startswith(REPORT)} for files in projects.values()]
    assert all(one == reports[0] for one in reports)
    readers = ("File.Contents", "AzureStorage.DataLake", "AzureStorage.Blobs", "Web.Contents")
    for kind, reader in zip(KINDS, readers, strict=True):
        model = "".join(text for path, text in projects[kind].items() if path.startswith(MODEL))
        assert [one for one in readers if one in model] == [reader]


# ------------------------------------------------------------------------------------------------ what the shop does not have


def test_without_any_one_column_the_project_is_still_good(built_lake: BuiltLake, contracts: Contracts) -> None:
    """Each column of the model in turn is one that the shop does not know."""
    facts = _facts(built_lake)
    for table, columns in facts.columns.items():
        for column in sorted(_used(table) & columns):
            files = _files(built_lake, _lacking(facts, f"{table}.{column}"))
            assert problems(files, contracts) == [], f"without {table}.{column}"
            assert f"sourceColumn: {column}\n" not in files.get(f"{MODEL}/definition/tables/{_name(table)}.tmdl", "")


@pytest.mark.parametrize(
    "table",
    [one.gold for one in DEFINITIONS if one.gold not in ("dim_product", "dim_customer", "dim_seller", "fct_orders", "fct_sales")],
)
def test_without_a_table_the_project_is_still_good(built_lake: BuiltLake, contracts: Contracts, table: str) -> None:
    facts = _facts(built_lake)
    columns = {name: known for name, known in facts.columns.items() if name != table}
    files = _files(built_lake, _with_columns(facts, columns))
    assert problems(files, contracts) == []
    assert f"{MODEL}/definition/tables/{_name(table)}.tmdl" not in files


def test_a_shop_without_dates_has_no_calendar_and_no_growth(built_lake: BuiltLake, contracts: Contracts) -> None:
    facts = _facts(built_lake)
    undated = ("dim_date", "rfm", "cohort_retention", "sales_forecast", "payment_mix", "fct_refunds")
    columns = {name: known - {"order_date"} for name, known in facts.columns.items() if name not in undated}
    files = _files(built_lake, _with_columns(facts, columns))
    model = "".join(text for path, text in files.items() if path.startswith(MODEL))
    assert problems(files, contracts) == []
    assert "refreshPolicy" not in model and "RangeStart" not in model and "'Date'[" not in model
    assert tuple(_pages(files)) == PAGES


@pytest.mark.parametrize("kind", KINDS)
def test_orders_that_come_later_are_loaded_whatever_their_date(projects: Projects, kind: Kind) -> None:
    """They may be older than all orders of now, or have no date, which no order of the release lacks."""
    shared = projects[kind][f"{MODEL}/definition/expressions.tmdl"]
    starts = {name: re.search(rf"expression {name} =\s#datetime\((\d+),", shared) for name in ("RangeStart", "FirstMonth")}
    assert {name: found[1] for name, found in starts.items() if found} == {"RangeStart": "1900", "FirstMonth": "2017"}
    for table in ("Orders", "Sales"):
        text = projects[kind][f"{MODEL}/definition/tables/{table}.tmdl"]
        queries = text.count("RowsOf(")
        assert (queries, text.count('{"month:is:null"}')) == ((4, 2) if kind == "api" else (0, 0)), "of policy and partition"


def test_personal_columns_are_left_out_unless_they_are_asked_for(built_lake: BuiltLake, contracts: Contracts) -> None:
    site = built_lake.site()
    with_personal = project(site, released(site), Options("local", with_personal=True))
    without = project(site, released(site), Options("local"))
    path = f"{MODEL}/definition/tables/Customer.tmdl"
    assert "sourceColumn: city" in with_personal[path] and "sourceColumn: city" not in without[path]
    assert problems(with_personal, contracts) == []


def test_locations_become_the_first_values_of_the_parameters(built_lake: BuiltLake) -> None:
    site = built_lake.site()
    assert source_of(site, "local", "D:\\lake\\olist\\").parameters == {"ShopFolder": "D:\\lake\\olist"}
    blob = source_of(site, "blob", "https://a.blob.core.windows.net/lakes/ours/olist").parameters
    assert blob == {"AccountUrl": "https://a.blob.core.windows.net", "ContainerName": "lakes", "ShopPrefix": "ours/olist/"}
    assert source_of(site, "adls", None).parameters == {"ShopUrl": "https://<account>.dfs.core.windows.net/<container>/olist"}
    for kind, wrong in (("adls", "C:\\lake"), ("blob", "https://a.blob.core.windows.net"), ("api", "lake.example.com")):
        with pytest.raises(UsageError, match="--location"):
            source_of(site, kind, wrong)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------------- published schemas


@pytest.fixture(scope="session")
def schemas() -> Registry[object]:
    """Microsoft's schemas, which the project does not distribute: `ECOM_LAKE_POWERBI_SCHEMAS`, or the default folder."""
    default = Path(__file__).parents[4] / "shared" / "powerbi" / "schemas"
    folder = Path(os.environ.get("ECOM_LAKE_POWERBI_SCHEMAS") or default)
    if not folder.is_dir():
        pytest.skip("the schemas of Power BI are not on this machine: set ECOM_LAKE_POWERBI_SCHEMAS to their folder")
    base = "https://developer.microsoft.com/json-schemas"
    read = {file: json.loads(file.read_text(encoding="utf-8-sig")) for file in folder.rglob("*.json")}
    resources = {f"{base}/{file.relative_to(folder).as_posix()}": content for file, content in read.items()}
    return Registry().with_resources(
        (url, Resource.from_contents(content, default_specification=DRAFT7)) for url, content in resources.items()
    )


def test_every_file_conforms_to_its_published_schema(projects: Projects, schemas: Registry[object]) -> None:
    checked = 0
    for path, text in projects["local"].items():
        if path.startswith(f"{MODEL}/definition/") or path == ".gitignore" or "StaticResources" in path:
            continue
        content = json.loads(text)
        validator = Draft7Validator(schemas.contents(content["$schema"]), registry=schemas)
        assert [error.message for error in validator.iter_errors(content)] == [], path
        checked += 1
    assert checked > 40


# ----------------------------------------------------------------------------------------------------------------- helpers


def _facts(lake: BuiltLake) -> Facts:
    site = lake.site()
    known = released_columns(site, released(site), [one.gold for one in DEFINITIONS])
    return Facts(site.registry.gold, known, None, 0.95, with_personal=False)


def _with_columns(facts: Facts, columns: Mapping[str, frozenset[str]]) -> Facts:
    return Facts(facts.contracts, columns, facts.currency, facts.cost_coverage, facts.with_personal)


def _lacking(facts: Facts, column: str) -> Facts:
    table, name = column.split(".")
    return _with_columns(facts, {**facts.columns, table: facts.columns[table] - {name}})


def _used(table: str) -> frozenset[str]:
    """The columns that a shop may lack: keys and what identifies a row are always there."""
    definition = next(one for one in DEFINITIONS if one.gold == table)
    always = {"is_valid", "order_id", "product_id", "customer_id", "date", "seller_id", "order_date"} | (
        {*definition.shown, *definition.hidden} if table == "dim_date" else set()
    )
    return frozenset({*definition.shown, *definition.hidden} - always)


def _name(table: str) -> str:
    return next(one.name for one in DEFINITIONS if one.gold == table)


def _files(lake: BuiltLake, facts: Facts) -> dict[str, str]:
    """The files of a project with these facts, and otherwise those of the lake."""
    base, source, entry = _base(lake)
    model = model_of(facts)
    definition = tmdl.files(model, source, history_of(entry, model), "olist")
    return {
        **base,
        **{f"{MODEL}/definition/{path}": text for path, text in definition.items()},
        **{f"{REPORT}/{path}": text for path, text in report.files(model, "olist", MODEL).items()},
    }


_BASES: dict[Path, tuple[dict[str, str], Source, Entry]] = {}


def _base(lake: BuiltLake) -> tuple[dict[str, str], Source, Entry]:
    """The files that do not depend on what the shop has, made once."""
    if lake.folder not in _BASES:
        site = lake.site()
        files = project(site, released(site), Options("local"))
        kept = {path: text for path, text in files.items() if "/definition/" not in path and "StaticResources" not in path}
        _BASES[lake.folder] = (kept, source_of(site, "local", None), released(site))
    return _BASES[lake.folder]


def _pages(files: Mapping[str, str]) -> list[str]:
    folder = f"{REPORT}/definition/pages"
    order = json.loads(files[f"{folder}/pages.json"])["pageOrder"]
    return [json.loads(files[f"{folder}/{page}/page.json"])["displayName"] for page in order]
