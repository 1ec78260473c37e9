"""Drafts of maps, from files to cells: what is sure, what is not, and why."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from ecom_lake.engine.mapping.draft.draft_text import draft_text
from ecom_lake.engine.mapping.draft.report import first_month, report_of
from ecom_lake.engine.mapping.map_file import read_map
from ecom_lake.engine.mapping.run_facet import check_types
from ecom_lake.shop.connectors.canonical import CANONICAL
from ecom_lake.shop.connectors.canonical.drafting import draft_targets
from ecom_lake_tests.engine.mapping.draft.drafts import Rows
from ecom_lake_tests.engine.mapping.draft.drafts import cell as _cell
from ecom_lake_tests.engine.mapping.draft.drafts import draft as _draft


def _four_files(**changes: tuple[str, Rows]) -> dict[str, tuple[str, Rows]]:
    """A shop of 40 orders with two lines each, in four files with other names than the canonical ones."""
    orders: Rows = [(f"b{n}", f"k{n % 25}", f"{n % 28 + 1:02d}.03.2021", ("neu", "geliefert")[n % 2]) for n in range(40)]
    lines: Rows = [
        (f"b{n // 2}", f"a{n % 9}", n % 3 + 1, f"{9.5 + n % 9:.2f}", f"{(9.5 + n % 9) * (n % 3 + 1):.2f}") for n in range(80)
    ]
    customers: Rows = [(f"k{n}", ("w", "m")[n % 2], f"0{n}123") for n in range(25)]
    products: Rows = [(f"a{n}", f"Artikel {n}", ("Schuhe", "Hemden")[n % 2]) for n in range(9)]
    return {
        "bestellungen": ("Bestellnr,Kundennr,Bestelldatum,Status", orders),
        "bestellpositionen": ("Bestellnummer,Artikelnr,Menge,Einzelpreis,Gesamtpreis", lines),
        "kunden": ("Kundennummer,Geschlecht,PLZ", customers),
        "artikel": ("Artikelnummer,Bezeichnung,Kategorie", products),
        **changes,
    }


def test_four_files_with_german_names(tmp_path: Path) -> None:
    draft = _draft(tmp_path, **_four_files())
    assert {facet.table: facet.kind for facet in draft.facets} == {
        "orders": "bestellungen",
        "order_items": "bestellpositionen",
        "customers": "kunden",
        "products": "artikel",
    }
    cells = {f"{facet.table}.{cell.target}": (cell.expression, cell.confidence) for facet in draft.facets for cell in facet.cells}
    assert cells == {
        "orders.order_id": ("bestellnr", "sure"),
        "orders.customer_id": ("kundennr", "sure"),
        "orders.ordered_at": ("day(bestelldatum, '%d.%m.%Y')", "sure"),
        "orders.status": ("words.orders_status(status)", "sure"),
        "order_items.order_id": ("bestellnummer", "sure"),
        "order_items.line": ("nth()", "likely"),
        "order_items.product_id": ("artikelnr", "sure"),
        "order_items.unit_price": ("einzelpreis", "sure"),
        "order_items.quantity": ("menge", "sure"),
        "customers.customer_id": ("kundennummer", "sure"),
        "customers.gender": ("words.customers_gender(geschlecht)", "sure"),
        "customers.zip": ("plz", "sure"),
        "products.product_id": ("artikelnummer", "sure"),
        "products.name": ("bezeichnung", "sure"),
        "products.category": ("kategorie", "sure"),
    }
    assert draft.sales is not None and draft.sales.net_sales == pytest.approx(sum((9.5 + n % 9) * (n % 3 + 1) for n in range(80)))


def _lines(wrong: int) -> Rows:
    """80 lines; the price of the first `wrong` is not the total divided by the quantity."""
    return [
        (f"b{n // 2}", f"a{n % 9}", n % 3 + 1, f"{9.5 + n % 9 + 4 * (n < wrong):.2f}", f"{(9.5 + n % 9) * (n % 3 + 1):.2f}")
        for n in range(80)
    ]


def test_a_price_that_contradicts_the_total_in_more_than_a_handful_of_rows_is_not_believed(tmp_path: Path) -> None:
    header = "Bestellnummer,Artikelnr,Menge,Einzelpreis,Gesamtpreis"
    draft = _draft(tmp_path, **_four_files(bestellpositionen=(header, _lines(wrong=6))))
    price = _cell(draft, "order_items", "unit_price")
    assert (price.expression, price.confidence) == ("per(gesamtpreis, menge)", "likely")
    assert "differs from gesamtpreis in 6 rows of 80" in price.reason
    assert "einzelpreis * menge = gesamtpreis not in 6 of 80 rows" in report_of(draft)["arithmetic"]
    assert draft.sales is not None and draft.sales.net_sales == pytest.approx(sum((9.5 + n % 9) * (n % 3 + 1) for n in range(80)))


def test_a_handful_of_wrong_rows_does_not_change_the_price(tmp_path: Path) -> None:
    header = "Bestellnummer,Artikelnr,Menge,Einzelpreis,Gesamtpreis"
    draft = _draft(tmp_path, **_four_files(bestellpositionen=(header, _lines(wrong=3))))
    assert _cell(draft, "order_items", "unit_price").expression == "einzelpreis"


def test_a_price_that_has_nothing_to_do_with_the_total_is_a_guess(tmp_path: Path) -> None:
    header = "Bestellnummer,Artikelnr,Menge,Einzelpreis,Gesamtpreis"
    draft = _draft(tmp_path, **_four_files(bestellpositionen=(header, _lines(wrong=80))))
    assert _cell(draft, "order_items", "unit_price").confidence == "guess"


def test_a_price_that_nothing_confirms_is_not_sure(tmp_path: Path) -> None:
    rows: Rows = [row[:4] for row in _lines(wrong=0)]
    draft = _draft(tmp_path, **_four_files(bestellpositionen=("Bestellnummer,Artikelnr,Menge,Einzelpreis", rows)))
    price = _cell(draft, "order_items", "unit_price")
    assert (price.expression, price.confidence) == ("einzelpreis", "likely")


def test_lines_that_add_up_to_the_payments_confirm_the_price(tmp_path: Path) -> None:
    rows: Rows = [row[:4] for row in _lines(wrong=0)]
    paid: Rows = [(f"b{n}", "Karte", f"{sum((9.5 + k % 9) * (k % 3 + 1) for k in (2 * n, 2 * n + 1)):.2f}") for n in range(40)]
    draft = _draft(
        tmp_path,
        **_four_files(
            bestellpositionen=("Bestellnummer,Artikelnr,Menge,Einzelpreis", rows),
            zahlungen=("Bestellnummer,Zahlungsart,Betrag", paid),
        ),
    )
    price = _cell(draft, "order_items", "unit_price")
    assert price.confidence == "sure" and "adds up to zahlungen.betrag for all 40 orders" in price.reason
    assert _cell(draft, "payments", "sequence").expression == "1"


def test_dates_that_nobody_can_decide_are_a_guess(tmp_path: Path) -> None:
    orders: Rows = [(f"b{n}", f"k{n % 25}", f"{n % 12 + 1:02d}/{n % 7 + 1:02d}/2021", "neu") for n in range(40)]
    draft = _draft(tmp_path, **_four_files(bestellungen=("Bestellnr,Kundennr,Bestelldatum,Status", orders)))
    cell = _cell(draft, "orders", "ordered_at")
    assert cell.confidence == "guess" and "no value decides between the formats" in cell.reason
    assert "no value decides" in " ".join(report_of(draft)["dates"])


def _orders_dated(*days: str) -> dict[str, tuple[str, Rows]]:
    orders: Rows = [(f"b{n}", f"k{n % 25}", days[n % len(days)], "neu") for n in range(40)]
    return _four_files(bestellungen=("Bestellnr,Kundennr,Bestelldatum,Status", orders))


def test_iso_dates_with_and_without_a_time_are_the_time_of_the_orders(tmp_path: Path) -> None:
    made = _draft(tmp_path, **_orders_dated("2021-03-01", "2021-03-02 10:11:12", "2021-03-03T10:11"))
    assert _cell(made, "orders", "ordered_at").expression == "bestelldatum"
    assert (made.undated, first_month(made)) == ((), "2021-03")


def test_orders_whose_dates_have_several_formats_are_not_called_undated(tmp_path: Path) -> None:
    made = _draft(tmp_path, **_orders_dated("01.03.2021", "13.03.2021 10:11"))
    assert made.undated == () and made.missing == (
        "bestellungen.bestelldatum has dates in several formats, so that no orders.ordered_at is proposed: 20 values as "
        "%d.%m.%Y, 20 values as %d.%m.%Y %H:%M. If each file has one of them, list them in date_formats and write "
        "day(bestelldatum); otherwise export the column in one format.",
    )


def test_orders_without_a_date_are_undated(tmp_path: Path) -> None:
    made = _draft(tmp_path, **_orders_dated("heute", "gestern"))
    assert made.undated == ("orders.ordered_at",)
    assert made.missing == ('The files have no dates: write without = ["orders.ordered_at"] for the shop in lake.toml.',)


def test_words_that_are_not_known_are_reported_with_their_rows(tmp_path: Path) -> None:
    orders: Rows = [(f"b{n}", f"k{n % 25}", f"{n % 28 + 1:02d}.03.2021", ("neu", "quarkig")[n % 2]) for n in range(40)]
    draft = _draft(tmp_path, **_four_files(bestellungen=("Bestellnr,Kundennr,Bestelldatum,Status", orders)))
    assert _cell(draft, "orders", "status").confidence == "guess"
    assert report_of(draft)["words_not_known"] == {"orders.orders_status": {"quarkig": 20}}
    assert '# "quarkig" = ? # not known, in 20 rows' in draft_text(draft, "x")


def test_the_draft_is_toml_that_is_marked_as_a_draft_and_gives_every_reason(tmp_path: Path) -> None:
    draft = _draft(tmp_path, **_four_files())
    text = draft_text(draft, "laden")
    written = tomllib.loads(text)
    assert written["draft"] is True
    assert written["files"]["artikel"]["names"] == ["artikel*"]
    assert written["order_items"]["per"] == "bestellnummer" and written["files"]["bestellpositionen"]["whole"] == "order"
    assert written["words"]["customers_gender"] == {"w": "female", "m": "male", "else": "keep"}
    for facet in draft.facets:
        for cell in facet.cells:
            assert str(written[facet.table][cell.target]) == cell.expression
            assert f"# {cell.confidence}: {cell.reason}" in text


def test_a_sheet_with_a_row_for_each_order_and_no_order_number(tmp_path: Path) -> None:
    rows: Rows = [
        (
            f"c{n % 30}",
            "Ann",
            f"2021-03-{n % 28 + 1:02d}",
            f"Shirt {n % 7}",
            "Clothes",
            n % 3 + 1,
            f"{(8 + n % 7) * (n % 3 + 1)}.00",
        )
        for n in range(60)
    ]
    header = "Customer ID,Customer Name,Order Date,Product Name,Category,Quantity,Total Price"
    draft = _draft(tmp_path, sales=(header, rows))
    assert {facet.table for facet in draft.facets} >= {"orders", "order_items", "products"}
    key = _cell(draft, "orders", "order_id")
    assert key.confidence == "guess" and "customer_id" in key.columns and "order_date" in key.columns
    assert _cell(draft, "order_items", "product_id").expression == "product_name"
    assert _cell(draft, "order_items", "unit_price").expression == "per(total_price, quantity)"
    assert _cell(draft, "order_items", "line").expression == "1"


def test_amounts_of_the_order_are_shared_over_its_lines(tmp_path: Path) -> None:
    """The id, the freight and the total are on the first row of each order only, and the name in every row."""
    rows: Rows = []
    for n in range(30):
        total = 2 * (10 + n) + 3 * (5 + n) + 4
        rows += [
            (f"#{n}", n + 1000, f"2021-03-{n % 28 + 1:02d}", f"s{n % 5}", 2, f"{10 + n}.00", "4.00", f"{total}.00"),
            (f"#{n}", "", "", f"s{n % 5 + 1}", 3, f"{5 + n}.00", "", ""),
        ]
    header = "Reference,Order ID,Order Date,SKU,Quantity,Price,Shipping,Order Total"
    draft = _draft(tmp_path, export=(header, rows))
    assert _cell(draft, "orders", "order_id").expression == "reference"
    assert next(facet for facet in draft.facets if facet.table == "orders").per == "reference"
    assert _cell(draft, "order_items", "freight").expression == "share(of(num(shipping)), num(price) * num(quantity))"
    assert _cell(draft, "order_items", "unit_price").confidence == "sure"


def test_files_without_orders_are_reported_as_incomplete(tmp_path: Path) -> None:
    draft = _draft(tmp_path, people=("name,town", [("Ann", "Rio"), ("Bob", "Rio")]))
    assert not draft.facets
    assert draft.missing == (
        "No file has orders: write [orders] by hand, or give the file that has them.",
        "No file has order items with prices: without them there are no sales.",
    )
    assert report_of(draft)["not_used"] == {"people": ["name", "town"]}


def test_a_column_whose_rows_belong_to_several_customers_is_not_the_order(tmp_path: Path) -> None:
    rows: Rows = [(n // 8, f"c{n}", f"2021-03-{n % 28 + 1:02d}", f"s{n}", f"{n + 5}.00") for n in range(80)]
    draft = _draft(tmp_path, export=("Order,Customer ID,Order Date,SKU,Price", rows))
    assert _cell(draft, "orders", "order_id").columns != ("column_order",)
    rows = [(n // 8, f"c{n // 16}", f"2021-03-{n % 28 + 1:02d}", f"s{n}", f"{n + 5}.00") for n in range(80)]
    draft = _draft(tmp_path, export=("Order,Customer ID,Order Date,SKU,Price", rows))
    assert _cell(draft, "orders", "order_id").columns == ("column_order",)


@pytest.mark.parametrize("header", ["Item Purchased", "Purchase Amount", "Ordered by"])
def test_the_word_order_in_a_name_does_not_make_it_the_order_s_id(tmp_path: Path, header: str) -> None:
    rows: Rows = [(f"c{n % 9}", ("Shoe", "Hat")[n % 2], f"2021-03-{n % 28 + 1:02d}", f"{n + 5}.00") for n in range(40)]
    draft = _draft(tmp_path, export=(f"Customer ID,{header},Order Date,Price", rows))
    for facet in draft.facets:
        for cell in facet.cells:
            assert cell.target != "order_id" or cell.confidence == "guess"


def test_every_draft_is_a_valid_map(tmp_path: Path) -> None:
    draft = _draft(tmp_path, **_four_files(group=("Order,select,2021,Table", [(n, n, n, n) for n in range(5)])))
    check_types(read_map(draft_text(draft, "laden"), "maps/laden.toml", CANONICAL.delivered))


def test_orders_without_a_customer_are_guests_and_no_customers(tmp_path: Path) -> None:
    rows: Rows = [
        (f"o{n}", f"a{n % 7}@b.c" if n % 3 else "", f"2021-03-{n % 28 + 1:02d}", "yes", "f", f"s{n % 5}", f"{n + 5}.00")
        for n in range(60)
    ]
    draft = _draft(tmp_path, export=("Order ID,Email,Order Date,Accepts Marketing,Gender,SKU,Price", rows))
    may_be_anonymous = draft_targets()["orders"]["customer_id"].column.nullable
    expected = "hashed(email)" if may_be_anonymous else "coalesce(hashed(email), 'guest-' || order_id)"
    assert _cell(draft, "orders", "customer_id").expression == expected
    customers = next(facet for facet in draft.facets if facet.table == "customers")
    assert (customers.per, customers.where) == ("hashed(email)", "email is not null")


def test_the_column_that_other_files_refer_to_is_the_id_whatever_its_name(tmp_path: Path) -> None:
    orders: Rows = [(f"x{n}", f"k{n % 25}", f"2021-03-{n % 28 + 1:02d}", f"n-{n}") for n in range(40)]
    lines: Rows = [(f"x{n // 2}", f"m{n % 9}", n % 3 + 1, f"{9.5 + n % 9:.2f}") for n in range(80)]
    menu: Rows = [(f"m{n}", f"Dish {n}", ("Soup", "Salad")[n % 2], f"{9.5 + n:.2f}") for n in range(9)]
    draft = _draft(
        tmp_path,
        sales_order=("entity_id,customer_id,created_at,increment", orders),
        sales_order_item=("order_id,menu_item_id,qty,price", lines),
        menu_items=("id,name,category,price", menu),
    )
    assert _cell(draft, "orders", "order_id").expression == "entity_id"
    assert _cell(draft, "order_items", "product_id").expression == "menu_item_id"
    assert _cell(draft, "products", "product_id").expression == "id"


def test_the_total_of_an_order_is_no_payment(tmp_path: Path) -> None:
    rows: Rows = [
        (f"t{n}", f"c{n % 9}", f"2021-03-{n % 28 + 1:02d}", "Beauty", n % 3 + 1, f"{(n % 3 + 1) * 5}.50") for n in range(60)
    ]
    header = "Transaction ID,Customer ID,Date,Product Category,Quantity,Total Amount"
    draft = _draft(tmp_path, sales=(header, rows))
    assert {facet.table for facet in draft.facets} >= {"orders", "order_items"}
    assert "payments" not in {facet.table for facet in draft.facets}
    assert _cell(draft, "orders", "ordered_at").expression == "date"


def test_a_flag_is_no_amount_and_a_table_that_may_not_be_there_has_no_sure_key(tmp_path: Path) -> None:
    rows: Rows = [
        (f"o{n}", f"c{n % 9}", f"2021-03-{n % 28 + 1:02d}", n % 2, ("Card", "Cash")[n % 2], f"{n + 5}.50") for n in range(60)
    ]
    draft = _draft(tmp_path, orders=("order_id,customer_id,order_date,paid,payment_method,order_total", rows))
    assert _cell(draft, "payments", "amount").expression == "order_total"
    assert _cell(draft, "payments", "order_id").confidence == "likely"
    assert _cell(draft, "orders", "order_id").confidence == "sure"


def test_the_first_month_is_that_of_the_orders_whatever_placeholders_other_dates_have(tmp_path: Path) -> None:
    rows: Rows = [
        (f"o{n}", f"c{n % 9}", f"2021-03-{n % 28 + 1:02d}", "1970-01-01" if n == 7 else "2021-04-02") for n in range(40)
    ]
    made = _draft(tmp_path, orders=("Order No,Customer No,Order Date,Shipped Date", rows))
    assert any("shipped_date" in one.columns for facet in made.facets for one in facet.cells)
    assert first_month(made) == "2021-03"
