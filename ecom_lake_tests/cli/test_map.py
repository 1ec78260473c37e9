"""`map`: a draft is written once, with a report for people and for programs."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

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
    target.parent.mkdir()
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
