"""What a map makes unsafe is refused with one sentence before anything is written; the rules for its columns, by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ecom_lake.engine.build.bronze.ingest import ingest
from ecom_lake.engine.build.erasure.person_rows import NewIds
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.forget.request import resolve
from ecom_lake.engine.forget.steps import refuse_unsafe, refuse_unsafe_rows
from ecom_lake.engine.mapping.source_columns import source_columns
from ecom_lake.engine.store.erasure_list import Mode
from ecom_lake.errors import UserError
from ecom_lake_tests.builders.mapped_shop import MappedShop

HEADER = "number,customer,placed,state,town,kind,sku,price"
ROWS = ("1,ann,2024-01-05,RM,Rome,sale,x,10", "2,bob,2024-01-05,RM,Rome,sale,x,7", "3,ann,2024-01-06,RM,Rome,test,x,5")
MAP = """
[files.sales]
names = ["sales*"]

[orders]
from = "sales"
order_id = "number"
customer_id = "customer"
ordered_at = "placed"
state = "state"
city = "town"

[order_items]
from = "sales"
order_id = "number"
line = 1
product_id = "sku"
unit_price = "price"
"""


def a_site(folder: Path, map_: str, rows: Sequence[str] = ROWS) -> Site:
    shop = MappedShop(folder, environment={"ECOM_LAKE_ERASURE_KEY": "a secret that is long enough"})
    shop.write(map_)
    shop.land("sales-1.csv", "\n".join([HEADER, *rows]) + "\n")
    ingest(shop.site)
    return shop.site


def checked(site: Site, person: str = "ann", mode: Mode = "unlink") -> None:
    request = resolve(site, site.lake.log.head(), [person])
    refuse_unsafe_rows(site, request.ids, mode)


def of_orders(map_: str, **cells: str) -> str:
    """The map with other cells of orders; they come in place of those that it has."""
    for name, cell in cells.items():
        kept = [line for line in map_.splitlines() if not line.startswith(f"{name} =")]
        map_ = "\n".join(kept).replace("[orders]", f'[orders]\n{name} = "{cell}"', 1)
    return map_


def test_columns_are_sorted_by_the_cells_that_read_them(tmp_path: Path) -> None:
    site = a_site(tmp_path, MAP)
    assert site.map is not None
    columns = source_columns(site.map, "sales")
    assert {name: (led.kind, led.is_alone) for name, led in columns.ids.items()} == {
        "customer": ("person", True),
        "number": ("order", True),
    }
    assert columns.kept == {"placed", "state", "sku", "price"}
    checked(site)


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"city": "state"}, r"city of \[orders\] would stay, because it is read from state, which another cell needs"),
        ({"channel": "town"}, r"city of \[orders\] would stay, because it is read from town"),
        ({"channel": "customer"}, "1 person id would stay"),
        ({"where": "kind = 'sale'"}, r"\[orders\] in the map selects or groups records by a column that would be emptied"),
        ({"where": "town = 'Rome'"}, r"\[orders\] in the map selects or groups records by a column that would be emptied"),
        ({"channel": "case when customer = 'ann' then 'a' else 'b' end"}, "1 person id would stay"),
        ({"status": "case when length(number) = 1 then 'created' end"}, "order ids would stay"),
        (
            {"customer_id": "case when customer in ('ann', 'bob') then customer else 'guest' end"},
            "would be split, joined, or become ids of others",
        ),
    ],
)
def test_a_map_that_would_make_other_rows_is_refused(tmp_path: Path, cells: dict[str, str], sentence: str) -> None:
    site = a_site(tmp_path, of_orders(MAP, **cells), (*ROWS, "4,zed,2024-01-07,RM,Rome,sale,x,1"))
    with pytest.raises(UserError, match=sentence):
        checked(site)


def test_a_column_that_selects_rows_stays_if_another_cell_reads_it(tmp_path: Path) -> None:
    checked(a_site(tmp_path, of_orders(MAP, where="kind = 'sale'", channel="kind")))


def test_removing_is_possible_where_unlinking_is_not(tmp_path: Path) -> None:
    checked(a_site(tmp_path, of_orders(MAP, where="kind = 'sale'")), mode="remove")


def test_a_city_of_one_country_only_is_no_kept_value(tmp_path: Path) -> None:
    checked(a_site(tmp_path, of_orders(MAP, city="case when state = 'RM' then town end")))


@pytest.mark.parametrize("mode", ["unlink", "remove"])
def test_numbers_over_the_records_of_several_persons_are_refused(tmp_path: Path, mode: Mode) -> None:
    """Without Ann's record, Bob's order would get her number when the file comes again."""
    map_ = of_orders(MAP, per="placed", order_id="placed || '-' || nth()").split("[order_items]")[0]
    with pytest.raises(UserError, match=r"1 group of \[orders\] in the map has records of these persons and of others"):
        checked(a_site(tmp_path, map_), mode=mode)


def test_files_that_replace_all_before_are_refused_unless_the_rows_go(tmp_path: Path) -> None:
    site = a_site(tmp_path, MAP.replace('names = ["sales*"]', 'names = ["sales*"]\nwhole = "file"'))
    with pytest.raises(UserError, match=r"Files of the kind sales hold everything.*Use --mode remove"):
        checked(site)
    checked(site, mode="remove")


def test_an_id_in_a_packed_line_is_refused(tmp_path: Path) -> None:
    map_ = """
[files.sales]
names = ["sales*"]

[files.packed]
header = ["order_no", "code"]
unfold = { of = "sales", column = "sku", by = "|", fields = ":" }

[orders]
from = "sales"
order_id = "number"
customer_id = "customer"
ordered_at = "placed"

[order_items]
from = "packed"
per = "number"
order_id = "order_no"
line = "nth()"
product_id = "code"
unit_price = "num(price)"
"""
    site = a_site(tmp_path, map_, ["1,ann,2024-01-05,RM,Rome,sale,1:lamp|1:bulb,10", "2,bob,2024-01-05,RM,Rome,sale,2:lamp,7"])
    with pytest.raises(UserError, match="1 order id would stay"):
        checked(site)


def test_the_pseudonym_key_must_be_the_former_one(tmp_path: Path) -> None:
    site = a_site(tmp_path, of_orders(MAP, customer_id="hashed(customer)"))
    with pytest.raises(UserError, match="ECOM_LAKE_PSEUDONYM_KEY"):
        refuse_unsafe(replace(site, pseudonym_key=b""))


def test_a_number_stays_a_number_with_its_signs() -> None:
    new = NewIds()
    note = new.of_same_form("order", "C536379")
    assert note[0] == "C" and note[1:].isdigit() and len(note) == 19
    assert note == new.of_same_form("order", "C536379")
    assert new.of_same_form("order", "536379").isdigit()
    assert len(new.of_same_form("person", "ann1@canary.example")) == 32
