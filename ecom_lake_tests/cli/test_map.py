"""`map`: a draft is written once, with a report for people and for programs."""

from __future__ import annotations

import csv
import resource
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from ecom_lake.cli.map_trial import shipped_maps
from ecom_lake.engine.contracts.delivered import Delivered
from ecom_lake.engine.landing.header import Header
from ecom_lake.engine.landing.snake_case import snake_case
from ecom_lake.engine.landing.table_recognition import recognise, spellings
from ecom_lake.engine.mapping.map_file import delivered
from ecom_lake.synth.options import SynthOptions
from ecom_lake.synth.shapes.every_shape import SHAPES
from ecom_lake.synth.shapes.shape_shop import generate_shape
from ecom_lake_tests.cli.conftest import Run

FILES = {
    "orders.csv": "Order No;Customer No;Order Date;Status\n"
    + "".join(f"o{n};c{n % 7};{n % 28 + 1:02d}.03.2021;{('new', 'odd')[n % 2]}\n" for n in range(30)),
    "lines.csv": "Order No;SKU;Qty;Price;Total\n"
    + "".join(
        f"o{n // 2};s{n % 5};{n % 3 + 1};{5 + n % 5},50;{(5.5 + n % 5) * (n % 3 + 1):.2f}\n".replace(".", ",") for n in range(60)
    ),
}


@pytest.fixture
def export(run: Run, tmp_path: Path) -> Path:
    """A project folder, and the files of an export."""
    assert run("init", str(tmp_path / "project")).code == 0
    folder = tmp_path / "export"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text, "utf-8")
    return folder


def test_a_draft_is_written_into_the_project_and_reported(run: Run, export: Path, tmp_path: Path) -> None:
    at = ("--project", str(tmp_path / "project"))
    ran = run("map", str(export), "--shop", "mine", *at)
    assert (ran.code, ran.err) == (0, "")
    written = tomllib.loads((tmp_path / "project/maps/mine.toml").read_text("utf-8"))
    assert written["draft"] is True and written["order_items"]["unit_price"] == "num(price)"
    assert written["files"]["lines"]["decimal"] == ","
    assert "num(price) * qty" not in ran.out
    for piece in (
        "price * qty = total in all 60 rows",
        "net sales of this draft",
        "'odd' in 15 rows",
        "orders.order_date is %d.%m.%Y",
    ):
        assert piece in ran.out


def test_the_report_as_json(run: Run, export: Path, tmp_path: Path) -> None:
    ran = run("map", str(export), "--shop", "mine", "--json", "--project", str(tmp_path / "project"))
    report = ran.json
    assert report["map"].endswith("maps/mine.toml")
    assert report["words_not_known"] == {"orders.orders_status": {"odd": 15}}
    assert report["net_sales"] == pytest.approx(sum((5.5 + n % 5) * (n % 3 + 1) for n in range(60)))
    assert {one["column"] for one in report["money"]} == {"price", "total"}


def test_a_map_is_never_overwritten(run: Run, export: Path, tmp_path: Path) -> None:
    target = tmp_path / "project/maps/mine.toml"
    target.parent.mkdir(exist_ok=True)
    target.write_text("mine", "utf-8")
    ran = run("map", str(export), "--shop", "mine", "--project", str(tmp_path / "project"))
    assert ran.code == 2 and "exists already: delete it" in ran.err and target.read_text("utf-8") == "mine"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "Nothing to map: name the files of an export"),
        (("export",), "Name the shop of the map"),
        (("export", "--shop", "My Shop"), "cannot name a shop"),
        (("nowhere", "--shop", "mine"), "There is no nowhere"),
    ],
)
def test_wrong_usage_is_a_sentence(run: Run, export: Path, tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    ran = run("map", *arguments, "--project", str(tmp_path / "project"))
    assert ran.code == 2 and sentence in ran.err


def test_without_a_project_folder_nothing_is_written(run: Run, export: Path, tmp_path: Path) -> None:
    ran = run("map", str(export), "--shop", "mine")
    assert ran.code == 2 and "ecom-lake init" in ran.err and not (tmp_path / "maps").exists()


def test_a_file_that_is_refused_is_named_and_the_others_are_mapped(run: Run, export: Path, tmp_path: Path) -> None:
    (export / "broken.csv").write_text('{"orders": []}', "utf-8")
    ran = run("map", str(export), "--shop", "mine", "--project", str(tmp_path / "project"))
    assert ran.code == 1 and "broken.csv is JSON" in ran.err
    assert (tmp_path / "project/maps/mine.toml").exists()


def _drafted(run: Run, export: Path, tmp_path: Path) -> tuple[str, ...]:
    at = ("--shop", "mine", "--project", str(tmp_path / "project"))
    assert run("map", str(export), *at).code == 0
    return at


def test_check_shows_the_ledger_to_come_and_the_rows_before_and_after(run: Run, export: Path, tmp_path: Path) -> None:
    at = _drafted(run, export, tmp_path)
    ran = run("map", str(export), "--check", *at)
    assert ran.code == 1, "a word is not understood"
    assert "'odd' is not in words.orders_status, in 15 rows" in ran.out and "It is a draft" in ran.out
    assert "01.03.2021" in ran.out and "2021-03-01 00:00:00" in ran.out


def test_check_closes_the_ledger_and_counts_what_the_contracts_refuse(run: Run, export: Path, tmp_path: Path) -> None:
    at = _drafted(run, export, tmp_path)
    with (export / "lines.csv").open("a", encoding="utf-8") as file:
        file.write("o1;s1;many;5,50;5,50\nnowhere;s1;1;5,50;5,50\n")
    report = run("map", str(export), "--check", "--json", *at).json
    ledger = {table["table"]: table for table in report["tables"]}
    lines = ledger["order_items"]
    assert lines["rules"] == {"quantity_unreadable": 1}
    fates = ("published", "refused", "superseded", "pending", "collapsed", "left_out")
    assert [lines[fate] for fate in fates] == [60, 1, 0, 1, 0, 0]
    for table in ledger.values():
        assert table["delivered"] == sum(table[fate] for fate in fates)
    assert lines["before"][0] == {"order_no": "o0", "sku": "s0", "qty": "1", "price": "5,50"}
    assert lines["after"][0] == {"order_id": "o0", "line": "1", "product_id": "s0", "quantity": "1", "unit_price": "5.5"}


def test_check_reads_what_was_landed(run: Run, export: Path, tmp_path: Path) -> None:
    at = _drafted(run, export, tmp_path)
    nowhere = run("map", "--check", *at)
    assert nowhere.code == 2 and "mine is no shop of" in nowhere.err
    settings = tmp_path / "project/lake.toml"
    settings.write_text(
        settings.read_text("utf-8") + '\n[shops.mine]\nconnector = "canonical"\nfirst_month = "2021-01"\n', "utf-8"
    )
    assert run("land", str(export), *at).code == 0
    report = run("map", "--check", "--json", *at).json
    assert {table["table"]: table["delivered"] for table in report["tables"]} == {"orders": 30, "order_items": 60}


def _with_map(export: Path, tmp_path: Path, map_: str, text: str) -> tuple[str, str]:
    """The shop `mine` names a map in lake.toml, and is its only shop."""
    project = tmp_path / "project"
    if text:
        (project / map_).write_text(text, "utf-8")
    (project / "lake.toml").write_text(f'[shops.mine]\nmap = "{map_}"\nfirst_month = "2021-01"\n', "utf-8")
    return "--project", str(project)


def test_check_runs_the_map_that_the_shop_names(run: Run, export: Path, tmp_path: Path) -> None:
    _drafted(run, export, tmp_path)
    drafted = tmp_path / "project/maps/mine.toml"
    at = _with_map(export, tmp_path, "maps/named.toml", drafted.read_text("utf-8"))
    drafted.write_text("not this one", "utf-8")
    for shop in ((), ("--shop", "mine")):
        report = run("map", "--check", str(export), "--json", *at, *shop).json
        assert report["map"] == "maps/named.toml" and report["is_draft"]
        assert {table["table"]: table["delivered"] for table in report["tables"]} == {"orders": 30, "order_items": 60}
    assert run("map", "--sql", "orders", "--json", *at).code == 0


def test_check_of_files_that_the_map_does_not_read_is_a_sentence(run: Run, export: Path, tmp_path: Path) -> None:
    at = _with_map(export, tmp_path, "four_tables", "")
    ran = run("map", "--check", str(export), *at)
    assert (ran.code, ran.out) == (1, "")
    assert "orders.csv: the map four_tables does not read it" in ran.err and "known tables" not in ran.err
    assert "None of these files fits the map four_tables, which reads order_detail, customer_detail" in ran.err
    landed = run("map", "--check", *at)
    assert landed.code == 1 and "No landed file fits the map four_tables" in landed.err and "map --check FILES" in landed.err


@pytest.mark.parametrize("shape", SHAPES)
def test_check_finds_the_orders_of_each_shape_also_without_its_optional_columns(run: Run, tmp_path: Path, shape: str) -> None:
    """Seven shapes, each made and checked twice."""
    export, settings = tmp_path / "export", tmp_path / "lake.toml"
    settings.write_text(f'[shops.mine]\nmap = "{shape}"\nfirst_month = "2017-01"\n', "utf-8")
    truths = generate_shape(export, SynthOptions(orders=100, first_month="2017-01", last_month="2017-02", shape=shape))
    map_ = next(map_ for map_ in shipped_maps() if map_.name == shape)
    for _ in range(2):
        report = run("map", "--check", str(export), "--json").json
        assert (report["files_refused"], report["kinds_without_files"]) == ([], [])
        assert {table["table"]: table["published"] for table in report["tables"]}["orders"] == truths.totals.orders
        for file in export.iterdir():
            _keep_required_columns(file, delivered(map_))


def test_check_leaves_out_the_tables_of_files_that_are_not_there_and_looks_nothing_up_in_them(run: Run, tmp_path: Path) -> None:
    (tmp_path / "lake.toml").write_text('[shops.mine]\nmap = "four_tables"\nfirst_month = "2017-01"\n', "utf-8")
    map_ = next(map_ for map_ in shipped_maps() if map_.name == "four_tables")
    (table,) = (table for table in delivered(map_) if table.name == "order_detail")
    line = {"id": "1", "order_date": "2017-01-05", "is_valid": "1", "qty_ordered": "2", "sku_id": "s", "payment_id": "p"}
    text = "".join(f"{','.join(row)}\n" for row in (table.required, [line.get(name, "3") for name in table.required]))
    (tmp_path / "order_detail.csv").write_text(text, "utf-8")
    ran = run("map", "--check", "order_detail.csv")
    assert ran.err == ""
    assert "No file is customer_detail or sku_detail or payment_detail: tables from it are left out here." in ran.out
    tables = {table["table"]: table["after"] for table in run("map", "--check", "order_detail.csv", "--json").json["tables"]}
    assert set(tables) == {"orders", "order_items", "payments"}
    assert tables["payments"][0]["method"] is None


def _keep_required_columns(file: Path, tables: Sequence[Delivered]) -> None:
    text = file.read_text("latin-1").removeprefix("ï»¿")
    separator = max(",;\t", key=text.partition("\n")[0].count)
    header, *rows = csv.reader(text.splitlines(keepends=True), delimiter=separator)
    table = recognise(file.name, Header(tuple(header), separator, 0, 1), tables)
    required = {spelled for spelled, name in spellings(table).items() if name in table.required}
    kept = [position for position, name in enumerate(header) if snake_case(name) in required]
    with file.open("w", encoding="latin-1", newline="") as target:
        csv.writer(target, delimiter=separator).writerows([row[position] for position in kept] for row in (header, *rows))


def test_check_names_a_file_that_the_map_does_not_read_and_what_to_do(run: Run, export: Path, tmp_path: Path) -> None:
    at = _drafted(run, export, tmp_path)
    (export / "Price List.csv").write_text("colour;weight\nred;3\n", "utf-8")
    ran = run("map", "--check", str(export), *at)
    assert ran.code == 1 and "was tried on 90 records" in ran.out
    assert ran.err.strip() == (
        "Price List.csv: the map maps/mine.toml does not read it, as no [files] of it has its name or its columns. "
        "Leave the file out, or add [files.price_list] and a table that reads it to the map."
    )


def test_check_names_the_setting_when_the_first_shop_has_no_map(run: Run, export: Path, tmp_path: Path) -> None:
    ran = run("map", "--check", str(export), "--project", str(tmp_path / "project"))
    assert ran.code == 2 and "Shop 'demo' has no map. Name the shop of the map: add --shop NAME." in ran.err


def test_check_opens_one_landed_file_at_a_time(run: Run, export: Path, tmp_path: Path) -> None:
    _drafted(run, export, tmp_path)
    at = _with_map(export, tmp_path, "maps/named.toml", (tmp_path / "project/maps/mine.toml").read_text("utf-8"))
    landing = tmp_path / "project/data/mine/landing"
    landing.mkdir(parents=True)
    for night in range(60):
        (landing / f"orders-{night}.csv").write_text(FILES["orders.csv"].replace("o1;", f"n{night};"), "utf-8")
    assert run("map", "--check", "--json", *at).json["records_rejected"] == {}
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(list(Path("/proc/self/fd").iterdir())) + 40, hard))
    try:
        report = run("map", "--check", "--json", *at).json
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert [table["delivered"] for table in report["tables"]] == [60 * 30]


def test_a_drafted_map_of_files_without_dates_can_be_checked(run: Run, export: Path, tmp_path: Path) -> None:
    survey = tmp_path / "survey.csv"
    rows = "".join(f"{n},{20 + n},{('Shoes', 'Hat')[n % 2]},{30 + n}.50\n" for n in range(20))
    survey.write_text("Customer ID,Age,Item Purchased,Purchase Amount (USD)\n" + rows, "utf-8")
    at = ("--shop", "survey", "--project", str(tmp_path / "project"))
    drafted = run("map", str(survey), *at)
    assert drafted.code == 0 and 'without = ["orders.ordered_at"]' in drafted.out
    report = run("map", str(survey), "--check", "--json", *at).json
    published = {table["table"]: table["published"] for table in report["tables"]}
    assert published == {"orders": 20, "order_items": 20, "customers": 20, "products": 2}


def test_a_column_whose_header_is_a_word_of_sql_is_drafted_and_checked(run: Run, export: Path, tmp_path: Path) -> None:
    for file in export.iterdir():
        file.write_text(file.read_text("utf-8").replace("Order No;", "Order;"), "utf-8")
    at = _drafted(run, export, tmp_path)
    report = run("map", str(export), "--check", "--json", *at).json
    assert {table["table"]: table["published"] for table in report["tables"]} == {"orders": 30, "order_items": 60}
    assert report["tables"][0]["before"][0]["column_order"] == "o0"


def test_the_query_of_a_table(run: Run, export: Path, tmp_path: Path) -> None:
    at = _drafted(run, export, tmp_path)
    ran = run("map", "--sql", "order_items", *at)
    assert ran.code == 0 and "-- order_items from lines" in ran.out and "select" in ran.out
    assert list(run("map", "--sql", "orders", "--json", *at).json) == ["orders from orders"]
    absent = run("map", "--sql", "reviews", *at)
    assert absent.code == 2 and "has no table reviews; it has order_items, orders" in absent.err


def test_a_wrong_map_is_a_sentence(run: Run, export: Path, tmp_path: Path) -> None:
    at = _drafted(run, export, tmp_path)
    path = tmp_path / "project/maps/mine.toml"
    path.write_text(path.read_text("utf-8").replace("num(price)", "read_csv('secret')"), "utf-8")
    ran = run("map", str(export), "--check", *at)
    assert ran.code == 2 and "maps/mine.toml: [order_items] unit_price" in ran.err
    absent = run("map", str(export), "--check", "--shop", "other", "--project", str(tmp_path / "project"))
    assert absent.code == 2 and "draft it with ecom-lake map FILES --shop other" in absent.err


def test_a_new_map_is_valid_and_its_test_passes(run: Run, export: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    assert run("new", "map", "web_shop", "--project", str(project)).code == 0
    again = run("new", "map", "web_shop", "--project", str(project))
    assert again.code == 2 and "exists already" in again.err
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/test_web_shop_map.py"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout
    assert "cannot name a map" in run("new", "map", "Web Shop", "--project", str(project)).err
