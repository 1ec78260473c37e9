"""Files that nobody described: grouped by their columns, named after what their names have in common."""

from __future__ import annotations

import tomllib
import zipfile
from pathlib import Path

import pytest

from ecom_lake.engine.mapping.draft.draft import make_draft
from ecom_lake.engine.mapping.draft.draft_text import draft_text
from ecom_lake.engine.mapping.draft.read_files import own_name, read_files
from ecom_lake.shop.connectors.canonical.drafting import draft_targets


def _write(folder: Path, **files: str) -> list[Path]:
    paths = [folder / f"{name}.csv" for name in files]
    for path, text in zip(paths, files.values(), strict=True):
        path.write_text(text, "utf-8")
    return paths


def test_files_with_the_same_columns_are_one_kind(tmp_path: Path) -> None:
    paths = _write(tmp_path, orders_2017="Order ID,Total\n1,5\n2,6\n", orders_2018="total;order id\n7;3\n", people="name\nAnn\n")
    found = read_files(paths).kinds
    assert [(kind.name, kind.files, kind.rows) for kind in found] == [
        ("orders", ("orders_2017.csv", "orders_2018.csv"), 3),
        ("people", ("people.csv",), 1),
    ]
    assert found[0].frame.to_dicts()[2] == {"order_id": "3", "total": "7"}


def test_folders_and_zips_are_read_and_values_are_trimmed(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr("inner/Kunden.csv", "Name;Straße\n Ann ;  \n")
    (kind,) = read_files([tmp_path]).kinds
    assert kind.name == "kunden" and kind.frame.to_dicts() == [{"name": "Ann", "strasse": None}]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Order ID", "order_id"),
        ("Lineitem compare at price", "lineitem_compare_at_price"),
        ("PreçoUnitário (R$)", "preco_unitario_r"),
        ("2017", "column_2017"),
        ("%", "column_"),
    ],
)
def test_headers_in_snake_case(header: str, name: str) -> None:
    assert own_name(header) == name


def test_a_file_with_two_headers_of_the_same_snake_case_is_refused_as_a_build_refuses_it(tmp_path: Path) -> None:
    read = read_files(_write(tmp_path, x="Price,Price ($)\n1,2\n", y="Order ID\n1\n"))
    assert read.refused == (
        "x.csv has the columns Price and Price ($), which a map cannot distinguish, as both are 'price' in snake case: "
        "rename or remove one of them.",
    )
    assert [kind.name for kind in read.kinds] == ["y"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("17,2017-10-02,12.50,Ann\n18,2017-10-03,12.50,Bob\n", "seems to have no header"),
        ("order_id,total\n", "has no rows"),
        ("", "has no rows"),
        ('{"order": 1}', "is JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence_and_the_others_are_read(
    tmp_path: Path, text: str, sentence: str
) -> None:
    read = read_files(_write(tmp_path, bad=text, good="name\nAnn\n"))
    assert [kind.name for kind in read.kinds] == ["good"]
    assert len(read.refused) == 1 and sentence in read.refused[0] and "bad.csv" in read.refused[0]


def test_records_that_cannot_be_read_are_counted(tmp_path: Path) -> None:
    read = read_files(_write(tmp_path, orders="order_id,total\n1,5\n2,6,7\n"))
    assert read.rejected == {"orders.csv": 1} and read.kinds[0].rows == 1


@pytest.mark.parametrize("names", [("orders-20240201T100000.000000Z",), ("orders-20240201T100000Z", "orders-20240301T110000Z")])
def test_files_that_a_pull_landed_are_of_the_kind_of_their_table_and_so_are_later_ones(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    texts = {name: f"order_id,customer_id,ordered_at\n{number},ann,2024-01-01\n" for number, name in enumerate(names)}
    draft = make_draft(read_files(_write(tmp_path, **texts)).kinds, draft_targets())
    (files,) = tomllib.loads(draft_text(draft, "mine"))["files"].items()
    assert files == ("orders", {"names": ["orders*"]})
