"""Who of a mapped shop is found and recognised: by which key, spelling, record and file; small maps that make it hard."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest

from ecom_lake.engine.build.bronze.delivered_rows import kind_rows
from ecom_lake.engine.build.bronze.deliveries import held_deliveries
from ecom_lake.engine.build.bronze.ingest import ingest, landed_files, take
from ecom_lake.engine.build.erasure.person_rows import NewIds
from ecom_lake.engine.build.erasure.source_rows import unlinked_source
from ecom_lake.engine.build.erasure.unsafe_map import refuse_unsafe_map
from ecom_lake.engine.build.mapped.make_mapped import make_mapped
from ecom_lake.engine.build.shop_context import Site
from ecom_lake.engine.contracts.table_id import TableId
from ecom_lake.engine.forget.request import Request, resolve
from ecom_lake.engine.forget.steps import erasure_list, record, refuse_unsafe, refuse_unsafe_list, run, steps
from ecom_lake.engine.store.erasure_list import ErasureList, Mode
from ecom_lake.errors import UserError
from ecom_lake_tests.builders.mapped_shop import MappedShop

KEYS = {"ECOM_LAKE_ERASURE_KEY": "a secret that is long enough", "ECOM_LAKE_PSEUDONYM_KEY": "another secret"}
HEADER = "number,mail,phone,placed"
ROWS = ("1,bob@x.example,0555,2024-01-05", "2,,0555,2024-01-06", "3,ann@x.example,0777,2024-01-07")


@dataclass(frozen=True)
class Shop:
    """A shop of one kind of file, and of others that its map names."""

    mapped: MappedShop

    @property
    def site(self) -> Site:
        return self.mapped.site

    def land(self, name: str, header: str, *rows: str) -> Path:
        self.mapped.land(name, "\n".join([header, *rows]) + "\n")
        return self.mapped.root / "mine" / "landing" / name

    def deliver(self, name: str, header: str, *rows: str) -> list[str]:
        """The records of the landed file after its ingest."""
        landed = self.land(name, header, *rows)
        ingest(self.site)
        return landed.read_text("utf-8").splitlines()[1:]

    def asked(self, *ids: str) -> Request:
        return resolve(self.site, self.site.lake.log.head(), ids)

    def list_ids(self, *ids: str) -> None:
        """Put the persons on the erasure list, and name it in the log."""
        record(self.site, self.asked(*ids).ids, "remove")
        run(self.site, *next(steps(self.site)))


def a_shop(folder: Path, customer: str, more: str = "", rows: tuple[str, ...] = ROWS, per: str = "") -> Shop:
    """`customer`: the cell of the customer's id; `more`: further sections of the map."""
    shop = Shop(MappedShop(folder, environment=KEYS))
    folder.mkdir(exist_ok=True)
    shop.mapped.write(f"""
[files.sales]
names = ["sales*"]
columns = {{ number = "number", mail = "mail", phone = "phone", placed = "placed" }}

[orders]
from = "sales"
{per}
order_id = "{"first(number)" if per else "number"}"
customer_id = "{customer}"
ordered_at = "{"first(placed)" if per else "placed"}"
{more}""")
    shop.land("sales-1.csv", HEADER, *rows)
    ingest(shop.site)
    return shop


def numbers(shop: Shop, *ids: str) -> set[str]:
    """The numbers of the orders that the ids lead to."""
    return set(shop.asked(*ids).ids.get("order", ()))


# ------------------------------------------------------------------------------------------------------------------- keys


@pytest.mark.parametrize("accepted", [False, True])
def test_nothing_is_taken_under_another_pseudonym_key(tmp_path: Path, accepted: bool) -> None:
    shop = a_shop(tmp_path, "hashed(lower(mail))")
    make_mapped(shop.site)
    shop.list_ids("ann@x.example")
    landed = shop.land("sales-2.csv", HEADER, "4,ANN@x.example,0777,2024-01-08")
    before = shop.site.lake.log.head().number
    with pytest.raises(UserError, match="erased persons would not be recognised under another one"):
        ingest(replace(shop.site, pseudonym_key=b"a mistyped secret", accept_settings=accepted))
    assert shop.site.lake.log.head().number == before
    ingest(shop.site)
    assert landed.read_text("utf-8").splitlines() == [HEADER]


def test_a_build_between_an_erasure_and_the_next_one_stops_under_another_pseudonym_key(tmp_path: Path) -> None:
    """The rewriting removes the mapped tables, which state their key."""
    shop = a_shop(tmp_path, "hashed(lower(mail))")
    make_mapped(shop.site)
    record(shop.site, shop.asked("ann@x.example").ids, "remove")
    for name, step in steps(shop.site):
        run(shop.site, name, step)
        if name == "landing":
            break  # the process is killed
    assert not shop.site.lake.log.head().parts(TableId("mapped", "orders"))
    landed = shop.land("sales-2.csv", HEADER, "4,ANN@x.example,0777,2024-01-08")
    mistyped = replace(shop.site, pseudonym_key=b"a mistyped secret", accept_settings=True)
    for step_of_build in (ingest, make_mapped):
        with pytest.raises(UserError, match="erased persons would not be recognised under another one"):
            step_of_build(mistyped)
    ingest(shop.site)
    assert landed.read_text("utf-8").splitlines() == [HEADER]


# -------------------------------------------------------------------------------------------------------------- spellings


def test_the_phone_of_a_guest_does_not_lead_to_the_orders_of_another_person(tmp_path: Path) -> None:
    """Bob is his e-mail, and the guest is a phone number, which is Bob's too."""
    shop = a_shop(tmp_path, "coalesce(lower(mail), phone)")
    assert numbers(shop, "0555") == {"2"}
    assert numbers(shop, "BOB@x.example") == {"1"}
    shop.list_ids("0555")
    assert shop.deliver("sales-2.csv", HEADER, "4,bob@x.example,0555,2024-01-08", "5,,0555,2024-01-09") == [
        "4,bob@x.example,0555,2024-01-08"
    ]


def test_a_raw_id_leads_to_its_person_where_another_cell_reads_the_column_too(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, "hashed(lower(mail))", more="channel = \"split_part(mail, '@', 2)\"")
    assert numbers(shop, "ANN@x.example") == {"3"}
    shop.list_ids("ANN@x.example")
    assert shop.deliver("sales-2.csv", HEADER, "4,Ann@x.example,0777,2024-01-08") == []


def test_a_raw_id_leads_to_its_person_where_the_first_one_of_a_group_counts(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, "hashed(lower(first(mail)))", per='per = "number"', rows=(*ROWS, "3,,,2024-01-07"))
    assert numbers(shop, "ANN@x.example") == {"3"}
    assert shop.asked("ANN@x.example").rows == 2
    shop.list_ids("ANN@x.example")
    assert shop.deliver("sales-2.csv", HEADER, "4,Ann@x.example,0777,2024-01-08", "4,,,2024-01-08") == []


def test_a_person_of_a_malformed_record_is_recognised_in_a_later_row(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, "hashed(lower(mail))", rows=(*ROWS, "4,Cem@x.example,0888,2024-01-07,surplus"))
    request = shop.asked("Cem@x.example")
    assert (request.rows, request.unknown) == (1, ())
    shop.list_ids("Cem@x.example")
    assert shop.deliver("sales-2.csv", HEADER, "5,cem@x.example,0888,2024-01-08") == []


def test_an_order_of_a_malformed_record_is_listed_as_an_order(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, "hashed(lower(mail))", rows=(*ROWS, "4,,,2024-01-07,surplus"))
    assert shop.asked("order:4").ids["order"] == {"4"}
    shop.list_ids("order:4")
    assert shop.deliver("sales-2.csv", HEADER, "4,,,2024-01-08") == []


# ------------------------------------------------------------------------------------------------------------------ files

PEOPLE = """
[files.people]
names = ["people*"]

[lookups.who]
from = "people"
on = "login"
"""


@pytest.mark.parametrize(
    ("customer", "more", "sentence"),
    [
        ("mail", 'city = "who.town"\njoin = { who = "mail" }', r"\[files.people\] in the map may hold persons"),
        ("mail", 'channel = "who.town"\njoin = { who = "mail" }', r"\[files.people\] in the map may hold persons"),
        ("mail", 'city = "who.town"\njoin = { who = "phone" }', r"\[files.people\] in the map may hold persons"),
        ("who.mail", 'join = { who = "phone" }', r"customer_id of \[orders\] in the map is looked up in another file"),
        ("mail", 'channel = "who.town"\njoin = { who = "phone" }', None),
    ],
)
def test_persons_in_files_that_are_only_looked_up_are_refused(
    tmp_path: Path, customer: str, more: str, sentence: str | None
) -> None:
    shop = a_shop(tmp_path, customer, more + PEOPLE)
    with pytest.raises(UserError, match=sentence) if sentence else nullcontext():
        refuse_unsafe(shop.site)
    shop.site.lake.log.commit(lambda head: replace(head, erasure=1), "test", "an erasure before the map was changed")
    erasure_list(shop.site).add("remove", {"person": {"ann@x.example"}})
    shop.land("people-1.csv", "login,mail,town", "0777,ann@x.example,Rome")
    with pytest.raises(UserError, match=sentence) if sentence else nullcontext():
        ingest(shop.site)


@pytest.mark.parametrize("name", ["flat_orders", "four_tables", "invoices", "shop_database", "shopify", "woocommerce"])
def test_persons_are_searched_in_all_files_of_the_maps_of_the_package(tmp_path: Path, name: str) -> None:
    shop = MappedShop(tmp_path, environment=KEYS)
    shop.write(setting=f'map = "{name}"')
    assert shop.site.map is not None
    refuse_unsafe_map(shop.site.map)


def test_a_value_of_which_its_cell_makes_no_id_is_emptied(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, "case when mail like '%@%' then lower(mail) end", rows=(*ROWS, "3,ann of x,0777,2024-01-07"))
    [delivered] = shop.site.connector.delivered
    rows = kind_rows(shop.site, shop.site.lake.log.head(), "sales").collect().filter(pl.col("number") == "3")
    unlinked = unlinked_source(shop.site, delivered, rows, shop.asked("ann@x.example").ids, NewIds())
    first, second = unlinked["mail"]
    assert (len(first), second) == (32, None)


class _ReplacedMeanwhile(ErasureList):
    """A list that replaces a landed file as soon as its records are compared."""

    landed: Path

    def listed(self, kind: str, values: Iterable[str]) -> set[str]:
        self.landed.write_text(f"{HEADER}\n9,zoe@x.example,0999,2024-01-09\n", "utf-8")
        return super().listed(kind, values)


def test_a_file_that_is_replaced_before_it_is_rewritten_is_left_for_the_next_ingest(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, "lower(mail)")
    shop.list_ids("ann@x.example")
    landed = shop.land("sales-2.csv", HEADER, "4,ann@x.example,0777,2024-01-08")
    site = shop.site
    listed = _ReplacedMeanwhile(site.lake.store, site.shop.name, site.erasure_key)
    listed.landed = landed
    files = [info for info in landed_files(site) if info.path.endswith("sales-2.csv")]
    assert take(site, files, {}, listed=listed) == ({}, [])
    ingest(site)
    assert numbers(shop, "zoe@x.example") == {"9"}


# ------------------------------------------------------------------------------------------------------------------- modes


def test_an_erasure_that_unlinking_cannot_end_is_carried_through_as_a_removal(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, "lower(mail)", more="where = \"phone like '0%'\"")
    record(shop.site, shop.asked("ann@x.example").ids, "unlink")
    with pytest.raises(UserError, match="Use --mode remove"):
        rewrite(shop.site)
    rewrite(shop.site, "remove")
    assert (tmp_path / "data" / "mine" / "landing" / "sales-1.csv").read_text("utf-8").splitlines() == [HEADER, *ROWS[:2]]


def rewrite(site: Site, mode: Mode | None = None) -> None:
    for name, step in steps(site, mode):
        run(site, name, step)
        if name == "landing":
            return


def test_a_list_is_not_copied_to_a_lake_that_cannot_carry_it_through(tmp_path: Path) -> None:
    where = "where = \"phone like '0%'\""
    lake, copy = (a_shop(tmp_path / name, "lower(mail)", where) for name in ("lake", "copy"))
    record(lake.site, lake.asked("ann@x.example").ids, "unlink")
    with pytest.raises(UserError, match="Use --mode remove"):
        refuse_unsafe_list(copy.site, lake.site)
    refuse_unsafe_list(copy.site, lake.site, "remove")


def test_persons_are_not_forgotten_while_bronze_holds_a_kind_that_the_map_does_not_have(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, "lower(mail)")
    refuse_unsafe(shop.site)
    (shop.mapped.root / "mine" / "landing" / "sales-1.csv").unlink()
    kind = tmp_path / "maps" / "mine.toml"
    kind.write_text(
        kind.read_text("utf-8").replace("files.sales", "files.trade").replace('from = "sales"', 'from = "trade"'), "utf-8"
    )
    with pytest.raises(UserError, match="Bronze holds deliveries of sales, and no kind of files has that name any more"):
        refuse_unsafe(shop.site)


def test_an_erased_person_in_a_delivery_that_moves_to_another_kind_goes_on_the_way(tmp_path: Path) -> None:
    shop = a_shop(tmp_path, "lower(mail)")
    shop.list_ids("ann@x.example")
    map_ = tmp_path / "maps" / "mine.toml"
    plain = map_.read_text("utf-8")
    notes = '[files.notes]\nnames = ["sales-notes*"]\n[products]\nfrom = "notes"\nproduct_id = "number"\n'
    map_.write_text(plain + notes, "utf-8")
    rows = ("4,ann@x.example,0777,2024-01-08", "5,bob@x.example,0555,2024-01-09")
    assert shop.deliver("sales-notes.csv", HEADER, *rows) == list(rows)
    map_.write_text(plain, "utf-8")
    ingest(shop.site)
    found = [(one.table, one.delivery.sequence, one.rows) for one in held_deliveries(shop.site.lake.log.head())]
    assert found == [("sales", 1, 3), ("sales", 2, 1)]  # the list alone rewrites nothing that is in its table
    assert shop.deliver("sales-2.csv", HEADER, *rows) == list(rows[1:]), "recognised as the delivery that moved"
    assert len(list(held_deliveries(shop.site.lake.log.head()))) == 2
