"""Reading a map: its parts, the files that it delivers to bronze, and one sentence for everything that is wrong."""

from __future__ import annotations

import pytest

from ecom_lake.engine.contracts.definition_error import DefinitionError
from ecom_lake.engine.contracts.delivered import FileFormat
from ecom_lake.engine.mapping.map_file import Facet, Kind, MapCheck, MapLookup, Unfold, Words, columns_used, delivered, kinds_read
from ecom_lake_tests.builders.small_map import small_map

WHOLE = """
    meaning = "A shop of two files."
    draft = true

    [files.sales]
    names = ["sales*"]
    columns = { price = ["Unit Price", "Preis"], quantity = "Qty" }
    optional = ["note"]
    separator = ";"
    decimal = ","
    null = ["N/A"]
    date_formats = ["%d.%m.%Y"]
    whole = "order"
    drop = ["address"]

    [files.people]

    [files.gifts]
    header = ["sku", "count"]
    unfold = { of = "sales", column = "gifts", by = "|", fields = ":" }

    [lookups.customer]
    from = "people"
    on = "customer_no"

    [words.methods]
    else = "refuse"
    CARD = "card"

    [[orders]]
    from = "sales"
    per = "order_no"
    where = "order_no is not null"
    join = { customer = "buyer" }
    order_id = "order_no"
    customer_id = "customer.email"
    ordered_at = "day(placed)"
    status = 1

    [[orders]]
    from = "people"
    order_id = "customer_no"

    [order_items]
    from = "gifts"
    order_id = "order_no"
    line = "nth()"
    per = "order_no"
    product_id = "sku"

    [payments]
    from = "sales"
    order_id = "order_no"
    amount = "num(price) * num(quantity)"
    method = "words.methods(paid_by)"

    [[checks]]
    file = "sales"
    holds = "num(price) >= 0"
    says = "Prices are not negative."
"""


def test_a_whole_map() -> None:
    map_ = small_map(WHOLE)
    assert (map_.name, map_.meaning, map_.draft) == ("shop", "A shop of two files.", True)
    assert map_.kinds["sales"] == Kind(
        "sales",
        file_names=("sales*",),
        columns={"price": ("Unit Price", "Preis"), "quantity": ("Qty",)},
        optional=("note",),
        separator=";",
        decimal=",",
        null=("N/A",),
        date_formats=("%d.%m.%Y",),
        whole="order",
        drop=("address",),
    )
    assert map_.kinds["gifts"].unfold == Unfold("sales", "gifts", "|", ":")
    assert [facet.name for facet in map_.facets] == [
        "orders from sales",
        "orders from people",
        "order_items from gifts",
        "payments from sales",
    ]
    assert map_.facets[1] == Facet("orders", "people", {"order_id": "customer_no"})
    assert map_.facets[0].cells["status"] == "1"
    assert map_.lookups == {"customer": MapLookup("customer", "customer_no", kind="people")}
    assert map_.words == {"methods": Words("methods", {"CARD": "card"}, "refuse")}
    assert map_.checks == (MapCheck("sales", "num(price) >= 0", "Prices are not negative."),)


def test_the_columns_that_a_map_uses() -> None:
    map_ = small_map(WHOLE)
    assert columns_used(map_, "sales") == {"order_no", "buyer", "placed", "price", "quantity", "paid_by", "gifts"}
    assert columns_used(map_, "people") == {"customer_no", "email"}
    assert columns_used(map_, "gifts") == {"order_no", "sku"}
    assert [kinds_read(map_, facet) for facet in map_.facets] == [{"people"}, set(), set(), set()]


def test_the_files_of_a_map() -> None:
    """Unfolded kinds are no files. Columns are required if they are used and not optional."""
    sales, people = delivered(small_map(WHOLE.replace('optional = ["note"]', 'optional = ["paid_by"]')))
    assert sales.required == ("price", "quantity", "buyer", "gifts", "order_no", "placed")
    assert sales.optional == ("paid_by",)
    assert sales.file_names == ()
    headers = {"price": ("unit_price", "preis"), "quantity": ("qty",)}
    assert sales.file_format == FileFormat(("sales*",), headers, ";", (), ("address",))
    assert (people.required, people.file_names, people.file_format) == (("customer_no", "email"), ("people",), FileFormat())


SMALL = """
    [files.sales]
    [files.people]
    [lookups.customer]
    from = "people"
    on = "customer_no"
    [words.methods]
    [orders]
    from = "sales"
    order_id = "order_no"
    join = { customer = "buyer" }
    customer_id = "customer.email"
"""
HEADERLESS = '[files.sales]\nnames = ["sales"]\nheader = ["order_no", "buyer"]\n'


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("[orders]", "[orders",
         "It is not valid TOML: Expected ']' at the end of a table declaration (at line 8, column 12). Fix that line."),
        ("[orders]", "[ordrs]", "There is no [ordrs] in a map; did you mean orders?"),
        ("[files.sales]", "", "[orders] from names sales, which is no kind of file here; there is people."),
        ("[files.sales]", "[files.sales]\nseperator = ';'", "[files.sales] has no entry seperator; did you mean separator?"),
        ("[files.sales]", "[files.sales]\nseparator = ';;'",
         "[files.sales] separator must be one character or spaces, not ';;'."),
        ("[files.sales]", "[files.sales]\nwhole = 'day'", "[files.sales] whole must be one of rows, order, file, not 'day'."),
        ("[files.sales]", "[files.sales]\noptional = 3", "[files.sales] optional must be a list of texts, not 3."),
        ("[files.sales]", "[files.sales]\ndate_formats = ['%d/%q']",
         "[files.sales] date_formats contains '%d/%q', which is no format"),
        ("[files.sales]", "[files.sales]\ndrop = ['buyer']", "[orders] join.customer uses buyer, which is never stored"),
        ("[files.sales]", "[files.sales]\ncolumns = {Price = 'X'}", "small letters, digits and _, such as price, not Price."),
        ("[files.sales]", "[files.Sales]", "The name of a kind is in small letters, digits and _, not Sales."),
        ("[files.sales]", "[files.sales]\nheader = ['a']", "[files.sales] needs names: a file without a header"),
        ("[files.sales]", "[files.sales]\noptional = ['order_no', 'buyer']",
         "[files.sales] needs names: all its columns are optional"),
        ("[files.sales]", "[files.sales]\n[files.other]",
         "[files.other] is read by no table: remove it, or add a table from it."),
        ("[files.sales]\n", HEADERLESS.replace("buyer", "buyr"),
         "[orders] join.customer uses buyer, which sales does not have; did you mean buyr?"),
        ('from = "sales"', "", "[orders] needs from."),
        ('from = "sales"', 'from = "sale"', "[orders] from names sale, which is no kind of file here; did you mean sales?"),
        ('order_id = "order_no"', "", "[orders] from sales needs a cell for order_id."),
        ('order_id = "order_no"', 'order_id = "order_no"\nstatuss = "x"', "[orders] has no entry statuss; did you mean status?"),
        ('order_id = "order_no"', "order_id = [1]", "[orders] order_id must be an expression in quotes, not [1]."),
        ('order_id = "order_no"', "order_id = 2024-01-01", "[orders] order_id must be an expression in quotes, not"),
        ('order_id = "order_no"', 'order_id = "now()"', "[orders] order_id calls now(), which a cell may not."),
        ('order_id = "order_no"', 'order_id = "nth()"',
         "[orders] order_id calls nth(), which needs `per` and belongs in a column."),
        ('order_id = "order_no"', 'order_id = "words.method(x)"',
         "[orders] order_id names method, which is no word list here; did you mean methods?"),
        ('order_id = "order_no"', 'per = "order_no"\norder_id = "of(order_no)"\nnote = "sum(num(x))"',
         "[orders] calls sum(), which makes one row of a group, and of(), which keeps its rows: use one of the two."),
        ("customer.email", "custmer.email",
         "[orders] customer_id uses custmer.email, but custmer is not joined; did you mean customer?"),
        ('{ customer = "buyer" }', '{ people = "buyer" }',
         "[orders] join names people, which is no lookup here; there is customer."),
        ('{ customer = "buyer" }', '{ customer = "customer.x" }',
         "[orders] join.customer uses customer.x, but customer is not joined."),
        ('from = "people"', "", "[lookups.customer] needs either from, a kind of file, or sql, a query."),
        ('from = "people"', 'sql = "select a from b"', "[lookups.customer] sql reads b, which is no kind of file here."),
        ('from = "people"', 'sql = "copy people to \'x\'"', "[lookups.customer] sql is not valid SQL"),
        ('from = "people"', 'sql = "select * from people"', "[lookups.customer] sql contains *, which a lookup may not."),
        ('from = "people"', 'sql = "select a from read_csv(\'x\')"', "[lookups.customer] sql contains a table function"),
        ('from = "people"', 'sql = "select a from people, sales"',
         "[lookups.customer] sql reads a from several tables: write TABLE.a."),
        ("[words.methods]", "[words.methods]\nelse = 'drop'",
         "[words.methods] else must be one of keep, null, refuse, not 'drop'."),
        ("[words.methods]", "[[checks]]\nfile = 'x'\nholds = 'y'\nsays = 'z'",
         "[[checks]] file names x, which is no kind of file here"),
        ("[words.methods]", "[[checks]]\nfile = 'sales'\nholds = '('\nsays = 'z'", "[[checks]] holds is not valid SQL"),
        ("[words.methods]", "[[payments]]\nfrom = 'sales'\norder_id = 'a'\namount = 'b'\n" * 2,
         "There are two tables [payments from sales]: join them into one, or give them different files."),
        ("[words.methods]", "draft = 1", "[lookups.customer] has no entry draft"),
    ],
)  # fmt: skip
def test_everything_that_is_wrong_is_one_sentence(old: str, new: str, sentence: str) -> None:
    assert old in SMALL
    with pytest.raises(DefinitionError) as wrong:
        small_map(SMALL.replace(old, new, 1))
    assert str(wrong.value).startswith("maps/shop.toml: ")
    assert sentence in str(wrong.value)
    assert "\n" not in str(wrong.value)


def test_a_map_without_files() -> None:
    with pytest.raises(DefinitionError, match=r"It names no files: add a table \[files.KIND\] for each kind of file\."):
        small_map("meaning = ''")


@pytest.mark.parametrize(
    ("unfold", "sentence"),
    [
        ("of = 'x', column = 'c', by = ';'", "unfold.of names x, which is no kind of file here"),
        ("of = 'lines', column = 'c', by = ';'", "unfold.of is lines, which is unfolded itself: name a kind of file."),
        ("of = 'sales', column = 'c'", "[files.lines.unfold] needs by."),
        ("of = 'sales', column = 'c', by = ';', name = ':'", "needs fields, the text between the fields of a line."),
    ],
)
def test_unfolding_that_is_wrong(unfold: str, sentence: str) -> None:
    table = "[order_items]\nfrom = 'lines'\norder_id = 'a'\nline = 1"
    text = f"{SMALL}\n[files.lines]\nheader = ['sku']\nunfold = {{{unfold}}}\n{table}"
    with pytest.raises(DefinitionError) as wrong:
        small_map(text)
    assert sentence in str(wrong.value)
