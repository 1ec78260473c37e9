"""Tables of a map on rows that are computed by hand: row by row, one row of a group, looked at from a record, left out."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence

import polars as pl
import pytest

from ecom_lake.engine.mapping import run_facet
from ecom_lake.engine.mapping.definitions import MapError
from ecom_lake.engine.mapping.run_facet import facet_sql, map_rows
from ecom_lake_tests.builders.small_map import KEY, delivery, mapped, small_map

EXPORT = """
    [files.export]
    [orders]
    from = "export"
    order_id = "id"
"""


def column(result: pl.DataFrame, name: str) -> list[str | None]:
    return result[name].to_list()


def test_n_records_give_n_rows() -> None:
    result = mapped(
        EXPORT + 'status = "lower(state)"', delivery([{"id": " 1 ", "state": "PAID"}, {"id": "1", "state": " "}, {"id": ""}])
    )
    assert result.rows.rows() == [
        ("1", None, None, "paid", None, 1, 1),
        ("1", None, None, None, None, 1, 2),
        (None, None, None, None, None, 1, 3),
    ]
    assert (result.collapsed, result.left_out, result.not_listed, result.records) == ({}, {}, {}, {1: 3})
    assert result.rows.columns == ["order_id", "customer_id", "ordered_at", "status", "note", "source_sequence", "source_record"]


def test_white_space_and_texts_without_a_value_are_no_value_also_in_what_is_looked_up() -> None:
    map_ = """
        [files.export]
        null = ["N/A"]
        [files.people]
        null = ["none"]
        [lookups.person]
        from = "people"
        on = "key"
        [orders]
        from = "export"
        join = { person = "buyer" }
        order_id = "id"
        customer_id = "person.name"
        note = "comment"
    """
    people = delivery([{"key": "\u00a0ana ", "name": " Ana\ufeff"}, {"key": "bob", "name": " none\t"}])
    rows = delivery(
        [
            {"id": "\ufeff1\n", "buyer": "ana\r", "comment": "\u00a0N/A "},
            {"id": "2", "buyer": "bob", "comment": "N/A or n/a"},
        ]
    )
    result = mapped(map_, rows, kinds={"people": people})
    assert result.rows.select("order_id", "customer_id", "note").rows() == [("1", "Ana", None), ("2", None, "N/A or n/a")]


def test_a_literal_may_be_bare() -> None:
    result = mapped(EXPORT + "status = 1\nnote = true\ncustomer_id = -2.5", delivery([{"id": "1"}]))
    assert result.rows.row(0)[:5] == ("1", "-2.5", None, "1", "true")


def test_numbers_are_exact_and_without_trailing_zeros() -> None:
    cells = """
        status = "num(price) * num(quantity)"
        note = "per(num(price), num(quantity))"
        customer_id = "round(num(price), 0)"
    """
    result = mapped(
        EXPORT + cells, delivery([{"id": "1", "price": "0.1", "quantity": "3"}, {"id": "2", "price": "100", "quantity": "0"}])
    )
    assert result.rows.select("status", "note", "customer_id").rows() == [("0.3", "0.03333333", "0"), ("0", None, "100")]


@pytest.mark.parametrize(
    ("a", "b", "quotient"),
    [
        ("2", "3", "0.66666667"),
        ("-2", "3", "-0.66666667"),
        ("2", "-3", "-0.66666667"),
        ("-2", "-3", "0.66666667"),
        ("1", "200000000", "0.00000001"),  # 0.000000005: a half is rounded away from zero
        ("-1", "200000000", "-0.00000001"),
        ("1", "200000001", "0"),
        ("0", "-3", "0"),
    ],
)
def test_a_quotient_is_rounded_to_the_nearest_eighth_decimal(a: str, b: str, quotient: str) -> None:
    result = mapped(EXPORT + 'note = "per(num(a), num(b))"', delivery([{"id": "1", "a": a, "b": b}]))
    assert column(result.rows, "note") == [quotient]


def test_an_unreadable_text_is_handed_on() -> None:
    cells = """
        status = "coalesce(num(price), 0) + 1"
        ordered_at = "day(placed)"
        note = "flag(paid)"
        customer_id = "cast(age as integer)"
    """
    result = mapped(
        EXPORT + cells, delivery([{"id": "1", "price": "abc", "placed": "yesterday", "paid": "perhaps", "age": "old"}])
    )
    assert result.rows.row(0)[:5] == ("1", "old", "yesterday", "abc", "perhaps")


def test_a_number_that_is_too_large_is_handed_on_as_such() -> None:
    big = "9999999999999"
    result = mapped(
        EXPORT + 'status = "num(a) * num(a) * num(a) * num(a)"', delivery([{"id": "1", "a": big}, {"id": "2", "a": "2"}])
    )
    assert column(result.rows, "status") == ["out of range", "16"]


@pytest.mark.parametrize(
    ("decimal", "text", "number"),
    [
        ("", "1234.50", "1234.5"),
        ("", "12,5", "12.5"),
        ("", "1,234", "1,234"),  # ambiguous, and therefore refused by every contract
        ("", "1.234,50", "1234.5"),
        ("", "1,234.50", "1234.5"),
        ("", "1 234,50 €", "1234.5"),
        ("", "R$ 12,50", "12.5"),
        ("", "-$5", "-5"),
        ("", "12 apples", "12 apples"),
        ("", "19.989999999999998", "19.99"),
        (".", "1,234", "1234"),
        (".", "12,5", "12,5"),
        (".", "1,234.567", "1234.567"),
        (",", "1.234", "1234"),
        (",", "1.234,5", "1234.5"),
        (",", "12.5", "12.5"),  # no group of thousands: handed on as it is
        (",", "12,345", "12.345"),
        (",", "1234", "1234"),
    ],
)
def test_num(decimal: str, text: str, number: str) -> None:
    option = f'decimal = "{decimal}"' if decimal else ""
    result = mapped(
        EXPORT.replace("[orders]", f"{option}\n[orders]") + 'note = "num(price)"', delivery([{"id": "1", "price": text}])
    )
    assert column(result.rows, "note") == [number]


@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("2024-03-01 10:00:00 +0300", "2024-03-01 10:00:00"),
        ("2024-03-01T07:00:00Z", "2024-03-01 10:00:00"),
        ("2024-03-01T10:00:00.25+03:00", "2024-03-01 10:00:00.25"),
        ("2024-02-29 22:00:00 -0500", "2024-03-01 06:00:00"),
        ("2024-03-01 10:00:00 UTC", "2024-03-01 13:00:00"),
        ("2024-03-01 10:00", "2024-03-01 10:00:00"),
        ("2024-03-01", "2024-03-01 00:00:00"),
        ("01.03.2024", "01.03.2024"),
    ],
)
def test_local(text: str, local: str) -> None:
    result = mapped(EXPORT + 'ordered_at = "local(placed)"', delivery([{"id": "1", "placed": text}]))
    assert column(result.rows, "ordered_at") == [local]


def times(helper: str, texts: Sequence[str]) -> list[str | None]:
    result = mapped(EXPORT + f'ordered_at = "{helper}(placed)"', delivery([{"id": "1", "placed": text} for text in texts]))
    return column(result.rows, "ordered_at")


@pytest.mark.parametrize("helper", ["day", "local"])
def test_a_time_of_which_only_a_part_would_be_read_is_handed_on(helper: str) -> None:
    """DuckDB casts each of them, and ignores what follows the time."""
    hour = "2024-03-01 10:00"
    texts = [f"{hour} PM", f"{hour} pm", f"{hour} EST", f"{hour}:00 America/New_York", f"{hour}:00 GMT+1", f"{hour}:00 foo"]
    texts += ["epoch", "infinity", "2024-03-01 (BC)", "24-03-01"]
    assert times(helper, texts) == texts


@pytest.mark.parametrize("helper", ["day", "local"])
def test_a_time_without_a_zone_may_be_written_in_several_ways(helper: str) -> None:
    texts = ["2024-3-1", "2024/03/01 9:05", "2024-03-01T10:00:07", "2024-03-01  10:00:07.250", " 2024-03-01 10:00:00. "]
    assert times(helper, texts) == [
        "2024-03-01 00:00:00",
        "2024-03-01 09:05:00",
        "2024-03-01 10:00:07",
        "2024-03-01 10:00:07.25",
        "2024-03-01 10:00:00",
    ]


def test_a_pseudonym_is_an_hmac() -> None:
    result = mapped(
        EXPORT + 'customer_id = "hashed(email)"', delivery([{"id": "1", "email": "ada@example.org"}, {"id": "2", "email": None}])
    )
    expected = hmac.new(KEY, b"ada@example.org", hashlib.sha256).hexdigest()[:32]
    assert column(result.rows, "customer_id") == [expected, None]


def test_a_pseudonym_needs_a_key() -> None:
    """An empty key would give pseudonyms that anyone can compute."""
    map_ = small_map(EXPORT + 'customer_id = "lower(hashed(email))"')
    with pytest.raises(MapError, match=r"\[orders\] from export calls hashed\(\), and there is no pseudonym key\."):
        map_rows(map_, map_.facets[0], delivery([{"id": "1", "email": "x"}]), {}, "UTC", b"")


def test_the_pseudonym_key_is_in_no_query() -> None:
    map_ = small_map(EXPORT + 'customer_id = "hashed(email)"')
    assert "hashed(email)" in facet_sql(map_, map_.facets[0])


def test_demojibake() -> None:
    texts = ["SÃ£o Paulo", "São Paulo", "â‚¬ 5", "Ã", "ĞÜŞ", "plain"]
    result = mapped(EXPORT + 'note = "demojibake(town)"', delivery([{"id": "1", "town": text} for text in texts]))
    assert column(result.rows, "note") == ["São Paulo", "São Paulo", "€ 5", "Ã", "ĞÜŞ", "plain"]


# -------------------------------------------------------------------------------------------------------------------- groups

LINES = [
    {"id": "A", "price": "10.00", "quantity": "1", "shipping": "1.00", "placed": "2024-01-01"},
    {"id": "A", "price": "10.00", "quantity": "1"},
    {"id": "B", "price": "5", "quantity": "2", "shipping": "0.03"},
    {"id": "A", "price": "10.00", "quantity": "1"},
    {"id": "B", "price": "0", "quantity": "1", "placed": "2024-01-02"},
    {"price": "7", "quantity": "1"},
    {"price": "8", "quantity": "1"},
]


def test_a_group_becomes_one_row() -> None:
    """A plain column is the first value stated; a record without a key is not in a group."""
    cells = """
        per = "id"
        ordered_at = "day(placed)"
        note = "sum(num(price) * num(quantity))"
        status = "count(*)"
        customer_id = "last(price)"
    """
    result = mapped(EXPORT + cells, delivery(LINES))
    assert result.rows.rows() == [
        ("A", "10.00", "2024-01-01 00:00:00", "3", "30", 1, 1),
        ("B", "0", "2024-01-02 00:00:00", "2", "10", 1, 3),
        (None, "7", None, "1", "7", 1, 6),
        (None, "8", None, "1", "8", 1, 7),
    ]
    assert result.collapsed == {1: 3}


def test_groups_do_not_span_deliveries() -> None:
    result = mapped(EXPORT + 'per = "id"\nnote = "sum(num(price))"', delivery(LINES[:1], 1), delivery(LINES[:2], 2))
    assert result.rows.select("order_id", "note", "source_sequence").rows() == [("A", "10", 1), ("A", "20", 2)]
    assert result.collapsed == {2: 1}


def test_an_unreadable_number_of_a_group_is_handed_on() -> None:
    rows = [{"id": "A", "price": "1"}, {"id": "A", "price": "one"}, {"id": "B", "price": "2"}]
    result = mapped(EXPORT + 'per = "id"\nnote = "sum(num(price))"', delivery(rows))
    assert column(result.rows, "note") == ["one", "2"]


ITEMS = """
    [files.export]
    [order_items]
    from = "export"
    per = "id"
    order_id = "id"
    line = "nth()"
"""


def test_a_record_looks_at_its_group() -> None:
    cells = """
        product_id = "of(placed)"
        unit_price = "total(num(price))"
        discount = "share(num(shipping), num(price) * num(quantity))"
    """
    result = mapped(ITEMS + cells, delivery(LINES))
    assert result.rows.select("order_id", "line", "product_id", "unit_price", "discount").rows() == [
        ("A", "1", "2024-01-01", "30", "0.34"),  # the cent that is left goes to the first of equal remainders
        ("A", "2", "2024-01-01", "30", "0.33"),
        ("B", "1", "2024-01-02", "5", "0.03"),
        ("A", "3", "2024-01-01", "30", "0.33"),
        ("B", "2", "2024-01-02", "5", "0"),
        (None, "1", None, "7", None),
        (None, "1", None, "8", None),
    ]
    assert result.collapsed == {}


@pytest.mark.parametrize("columns", [("discount", "unit_price"), ("unit_price", "discount")])
def test_amounts_with_the_same_weights(columns: tuple[str, str]) -> None:
    """One of the amounts looks at the group itself, so that it is computed a step later than the other."""
    plain, deep = columns
    weight = "num(price) * num(quantity)"
    cells = f'{plain} = "share(num(shipping), {weight})"\n{deep} = "share(of(num(shipping)) - total(num(quantity)), {weight})"'
    result = mapped(ITEMS + cells, delivery(LINES[:2]))
    assert column(result.rows, plain) == ["0.5", "0.5"]
    assert column(result.rows, deep) == ["-0.5", "-0.5"]


def test_share_without_weights_is_equal_and_keeps_its_sign() -> None:
    rows = [{"id": "A", "shipping": "-0.05", "weight": "0"}, {"id": "A"}, {"id": "A", "weight": "-3"}]
    result = mapped(ITEMS + 'discount = "share(num(shipping), num(weight))"', delivery(rows))
    assert column(result.rows, "discount") == ["-0.02", "-0.02", "-0.01"]


def test_an_unreadable_weight_is_handed_on_for_the_whole_group() -> None:
    rows = [
        {"id": "A", "shipping": "1", "weight": "2"},
        {"id": "A", "weight": "two"},
        {"id": "B", "shipping": "1", "weight": "2"},
    ]
    result = mapped(ITEMS + 'discount = "coalesce(share(num(shipping), num(weight)), 0)"', delivery(rows))
    assert column(result.rows, "discount") == ["two", "two", "1"]


def test_left_out_records_are_counted() -> None:
    rows = [{"id": "A", "total": "1"}, {"id": "A"}, {"id": "A", "total": "2"}, {"id": "B"}]
    result = mapped(EXPORT + 'per = "id"\nwhere = "total is not null"\nnote = "sum(num(total))"', delivery(rows, 4))
    assert result.rows.select("order_id", "note", "source_record").rows() == [("A", "3", 1)]
    assert (result.left_out, result.collapsed, result.records) == ({4: 2}, {4: 1}, {4: 4})


def test_a_record_is_not_left_out_for_a_value_that_cannot_be_read() -> None:
    """The contract refuses it, and shows the value."""
    rows = [{"id": "A", "a": "2"}, {"id": "B", "a": "two"}, {"id": "C", "a": "0"}, {"id": "D"}]
    result = mapped(EXPORT + 'where = "num(a) > 0"\nnote = "num(a)"', delivery(rows))
    assert result.rows.select("order_id", "note").rows() == [("A", "2"), ("B", "two")]
    assert result.left_out == {1: 2}


# --------------------------------------------------------------------------------------------------------------------- words


@pytest.mark.parametrize(("otherwise", "other"), [("keep", "Barter"), ("null", None), ("refuse", "Barter")])
def test_words(otherwise: str, other: str | None) -> None:
    words = f'[words.methods]\nelse = "{otherwise}"\n"Credit Card" = "card"\nCOD = ""'
    rows = [{"id": "1", "method": "CREDIT card"}, {"id": "2", "method": "cod"}, {"id": "3", "method": "Barter"}, {"id": "4"}]
    result = mapped(EXPORT + f'status = "words.methods(method)"\n{words}', delivery(rows))
    assert column(result.rows, "status") == ["card", None, other, None]
    assert result.not_listed == {"methods": {"Barter": 1}}


def test_two_word_lists_for_one_column() -> None:
    words = '[words.one]\na = "1"\n[words.two]\nb = "2"'
    result = mapped(
        EXPORT + f'status = "words.one(x)"\nnote = "words.two(x)"\n{words}', delivery([{"id": "1", "x": "a"}, {"x": "b"}])
    )
    assert result.rows.select("status", "note").rows() == [("1", "a"), ("b", "2")]
    assert result.not_listed == {"one": {"b": 1}, "two": {"a": 1}}


def test_values_of_the_records_of_a_group_that_are_not_listed_are_counted() -> None:
    """Each record once for each text that is looked up, whether in an aggregate, in the key, in the condition, or in several."""
    rows = [
        {"id": "A", "s": "a", "k": "x"},
        {"id": "A", "s": "zzz", "k": "x"},
        {"id": "A", "s": "zzz", "k": "y"},
        {"id": "B", "s": "yyy", "k": "x"},
        {"id": "C", "k": "out"},
    ]
    cells = """
        per = "id || words.keys(k)"
        where = "words.keys(k) <> 'out'"
        status = "last(words.st(s))"
        note = "max(words.st(s)) || words.keys(k)"
        [words.st]
        else = "null"
        a = "A"
        [words.keys]
        y = "x"
    """
    result = mapped(EXPORT + cells, delivery(rows))
    assert result.rows.select("order_id", "status", "note", "source_record").rows() == [("A", "A", "Ax", 1), ("B", None, None, 4)]
    assert result.not_listed == {"st": {"yyy": 1, "zzz": 2}, "keys": {"x": 3}}
    assert (result.collapsed, result.left_out) == ({1: 2}, {1: 1})


# --------------------------------------------------------------------------------------------------------------------- dates

DATES = EXPORT.replace("[orders]", 'date_formats = ["%d/%m/%Y", "%m/%d/%Y"]\n[orders]') + 'ordered_at = "day(placed)"'


def test_one_format_reads_every_value_of_a_delivery() -> None:
    days = [{"id": "1", "placed": "01/02/2024"}, {"id": "2", "placed": "01/13/2024"}]
    result = mapped(DATES, delivery(days, 1), delivery(days[:1], 2))
    assert column(result.rows, "ordered_at") == ["2024-01-02 00:00:00", "2024-01-13 00:00:00", "01/02/2024"]


def test_two_formats_that_give_different_days_decide_nothing() -> None:
    """The second row would be the same day in both, and the two days together are the same in both."""
    days = [{"id": "1", "placed": "05/11/2026"}, {"id": "2", "placed": "03/03/2026"}, {"id": "3", "placed": "11/05/2026"}]
    assert column(mapped(DATES, delivery(days)).rows, "ordered_at") == ["05/11/2026", "03/03/2026", "11/05/2026"]
    assert column(mapped(DATES, delivery(days[1:2])).rows, "ordered_at") == ["2026-03-03 00:00:00"]


def test_a_year_of_two_digits_is_none_of_the_first_century() -> None:
    formats = EXPORT.replace("[orders]", 'date_formats = ["%Y-%m-%d", "%d-%m-%Y", "%d-%m-%y"]\n[orders]')
    result = mapped(formats + 'ordered_at = "day(placed)"', delivery([{"id": "1", "placed": "05-11-24"}]))
    assert column(result.rows, "ordered_at") == ["2024-11-05 00:00:00"]


def test_a_value_that_no_format_reads_does_not_decide() -> None:
    days = [{"id": "1", "placed": "13/02/2024"}, {"id": "2", "placed": "soon"}]
    assert column(mapped(DATES, delivery(days)).rows, "ordered_at") == ["2024-02-13 00:00:00", "soon"]


def test_a_delivery_with_both_orders_of_day_and_month_is_not_guessed() -> None:
    days = [{"id": "1", "placed": "13/02/2024"}, {"id": "2", "placed": "02/13/2024"}]
    assert column(mapped(DATES, delivery(days)).rows, "ordered_at") == ["13/02/2024", "02/13/2024"]


def test_the_format_of_a_group_is_that_of_its_delivery() -> None:
    days = [{"id": "1"}, {"id": "1", "placed": "01/02/2024"}, {"id": "2", "placed": "01/13/2024"}]
    result = mapped(DATES + '\nper = "id"', delivery(days))
    assert column(result.rows, "ordered_at") == ["2024-01-02 00:00:00", "2024-01-13 00:00:00"]


def test_a_stated_format() -> None:
    result = mapped(
        EXPORT + """ordered_at = "day(placed, '%d.%m.%Y %H:%M')" """, delivery([{"id": "1", "placed": "31.12.2023 23:59"}])
    )
    assert column(result.rows, "ordered_at") == ["2023-12-31 23:59:00"]


# ------------------------------------------------------------------------------------------------------------------- lookups

PEOPLE = """
    [files.people]
    [lookups.customer]
    from = "people"
    on = "customer_no"
"""


def test_the_latest_row_of_a_key_is_looked_up() -> None:
    people = pl.concat(
        [
            delivery([{"customer_no": "7", "city": "Oslo"}, {"customer_no": "7", "city": "Bergen"}, {"city": "Nowhere"}], 1),
            delivery([{"customer_no": "7", "city": "Tromsø"}, {"customer_no": "8", "city": "Paris"}], 3),
        ]
    )
    text = PEOPLE + EXPORT + 'join = {customer = "buyer"}\nnote = "upper(customer.city)"'
    result = mapped(text, delivery([{"id": "1", "buyer": "7"}, {"id": "2", "buyer": "9"}, {"id": "3"}]), kinds={"people": people})
    assert column(result.rows, "note") == ["TROMSØ", None, None]


MEDIAN = """
    [lookups.usual]
    on = "category"
    sql = "select category, median(num(rating)) as rating from export group by category"
"""


def test_a_gap_is_filled_with_the_median_of_its_group() -> None:
    rows = [
        {"id": "1", "category": "a", "rating": "3"},
        {"id": "2", "category": "a", "rating": "4"},
        {"id": "3", "category": "a"},
    ]
    text = (
        MEDIAN + EXPORT + 'join = {usual = "category"}\nnote = "coalesce(num(rating), usual.rating)"\nstatus = "rating is null"'
    )
    result = mapped(text, delivery(rows), kinds={"export": delivery(rows)})
    assert result.rows.select("note", "status").rows() == [("3", "false"), ("4", "false"), ("3.5", "true")]


def test_a_lookup_in_the_own_kind_reads_the_deliveries_that_are_not_mapped_now_too() -> None:
    """A credit note of today finds its invoice of an earlier delivery."""
    earlier, today = delivery([{"id": "1", "buyer": "ann"}], 1), delivery([{"id": "C2", "buyer": "ann"}], 2)
    text = """
        [lookups.invoice]
        on = "buyer"
        sql = "select buyer, max(id) as number from export where id not like 'C%' group by buyer"
    """
    cells = 'join = {invoice = "buyer"}\nnote = "invoice.number"'
    result = mapped(text + EXPORT + cells, today, kinds={"export": pl.concat([earlier, today])})
    assert result.rows.select("order_id", "note").rows() == [("C2", "1")]


def test_the_key_of_a_query_must_be_unique() -> None:
    text = MEDIAN.replace(" group by category", "").replace("median(num(rating))", "num(rating)")
    rows = [{"id": "1", "category": "a", "rating": "3"}, {"id": "2", "category": "a", "rating": "4"}]
    with pytest.raises(MapError) as wrong:
        mapped(
            text + EXPORT + 'join = {usual = "category"}\nnote = "usual.rating"', delivery(rows), kinds={"export": delivery(rows)}
        )
    assert str(wrong.value) == (
        "maps/shop.toml: [lookups.usual] sql gives several rows for 1 value of category: group the query by category."
    )


def test_a_doubled_record_stops_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    """Should a lookup ever have a key twice, no row is handed on."""
    monkeypatch.setattr(run_facet, "_check_unique", lambda *_: None)
    text = MEDIAN.replace(" group by category", "").replace("median(num(rating))", "num(rating)")
    rows = [{"id": "1", "category": "a", "rating": "3"}, {"id": "2", "category": "a", "rating": "4"}]
    joined = text + EXPORT + 'join = {usual = "category"}\nnote = "usual.rating"'
    with pytest.raises(AssertionError, match=r"\[orders\] loses or doubles records of the deliveries \[1\]\."):
        mapped(joined, delivery(rows), kinds={"export": delivery(rows)})


# ----------------------------------------------------------------------------------------------------------------- unfolding

PACKED = """
    [files.export]
    [files.lines]
    header = ["sku", "quantity"]
    unfold = {of = "export", column = "items", by = ";", fields = ":"}
    [order_items]
    from = "lines"
    order_id = "id"
    line = "nth()"
    per = "id"
    product_id = "sku"
    quantity = "quantity"
"""


def test_packed_lines_become_records() -> None:
    rows = [{"id": "A", "items": "S1:2; S2:1;"}, {"id": "B"}, {"id": "C", "items": "S3"}]
    result = mapped(PACKED, delivery(rows, 5))
    assert result.rows.select("order_id", "line", "product_id", "quantity", "source_sequence", "source_record").rows() == [
        ("A", "1", "S1", "2", 5, 1001),
        ("A", "2", "S2", "1", 5, 1002),
        ("C", "1", "S3", None, 5, 3001),
    ]
    assert result.records == {5: 3}


def test_fields_of_a_line_may_have_names() -> None:
    text = PACKED.replace('by = ";", fields = ":"', 'by = ";", fields = " | ", name = "=>"')
    text = text.replace('header = ["sku", "quantity"]', 'header = ["Product SKU", "quantity"]').replace('"sku"', '"product_sku"')
    rows = [{"id": "A", "items": "name=>Mug | Product sku => S1 | quantity=>2;quantity=>1 | total=>5"}]
    assert mapped(text, delivery(rows)).rows.select("product_id", "quantity").rows() == [("S1", "2"), (None, "1")]


def test_a_record_has_at_most_999_lines() -> None:
    assert len(mapped(PACKED, delivery([{"id": "A", "items": ";".join(["S:1"] * 999)}])).rows) == 999
    rows = [{"id": "A", "items": ";".join(["S:1"] * 1000)}, {"id": "B", "items": "S2:1"}]
    result = mapped(PACKED, delivery(rows)).rows
    assert result.select("order_id", "product_id", "quantity", "source_record").rows() == [
        ("A", None, None, 1001),
        ("B", "S2", "1", 2001),
    ]


# ----------------------------------------------------------------------------------------------- values that cannot be computed

HUGE = [{"id": "1", "a": "9999999999999"}, {"id": "2", "a": "2"}]
PRODUCT = "num(a) * num(a) * num(a)"
"""Of the first record, it has too many digits."""


def test_a_record_whose_condition_cannot_be_computed_is_kept_for_the_contract_to_refuse() -> None:
    result = mapped(EXPORT + f'where = "{PRODUCT} < 9"\nnote = "a"', delivery([*HUGE, {"id": "3", "a": "3"}, {"id": "4"}]))
    assert column(result.rows, "order_id") == ["1", "2"]
    assert result.left_out == {1: 2}


def test_a_record_whose_group_cannot_be_computed_stops_no_other() -> None:
    result = mapped(EXPORT + f'per = "{PRODUCT}"', delivery(HUGE))
    assert column(result.rows, "order_id") == ["1", "2"]


def test_a_key_that_cannot_be_computed_finds_nothing() -> None:
    join = f'join = {{customer = "{PRODUCT} = 8"}}\ncustomer_id = "customer.email"'
    joined = EXPORT.replace("[orders]", f"{PEOPLE}\n[orders]") + join
    people = delivery([{"customer_no": "true", "email": "ann@shop"}])
    assert column(mapped(joined, delivery(HUGE), kinds={"people": people}).rows, "customer_id") == [None, "ann@shop"]


def test_a_message_quotes_no_delivered_value() -> None:
    lookup = """
        [lookups.spent]
        on = "id"
        sql = "select id, sum(cast(secret as integer)) as total from export group by id"
    """
    wanted = EXPORT.replace("[orders]", f"{lookup}\n[orders]") + 'join = {spent = "id"}\nnote = "spent.total"'
    rows = delivery([{"id": "1", "secret": "ann@shop"}])
    with pytest.raises(MapError, match=r"cannot be computed because of a value that was delivered \(conversion error\)") as wrong:
        mapped(wanted, rows, kinds={"export": rows})
    assert "ann@shop" not in str(wrong.value)


def test_a_lookup_sees_no_lineage() -> None:
    lookup = '[lookups.last]\non = "id"\nsql = "select id, max(source_sequence) as at from export group by id"\n'
    with pytest.raises(MapError, match="reads source_sequence, which is no column of a file"):
        mapped(
            EXPORT.replace("[orders]", f"{lookup}\n[orders]") + 'join = {last = "id"}\nnote = "last.at"', delivery([{"id": "1"}])
        )


# ----------------------------------------------------------------------------------------------------------------- sentences


def test_a_column_that_the_file_does_not_have() -> None:
    with pytest.raises(MapError) as wrong:
        mapped(EXPORT + 'ordered_at = "day(created_att)"', delivery([{"id": "1", "created_at": "2024-01-01"}]))
    assert str(wrong.value) == (
        "maps/shop.toml: [orders] ordered_at uses created_att, which export does not have; did you mean created_at?"
    )


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("num(a) + lower(b)", "note from export cannot be computed: No function matches the given name and argument types"),
        ("day(a) - day(b)", "note from export cannot be computed: it is of the type INTERVAL, which no column has"),
    ],
)
def test_types_that_do_not_fit(cell: str, problem: str) -> None:
    with pytest.raises(MapError) as wrong:
        mapped(EXPORT + f'note = "{cell}"', delivery([{"id": "1", "a": "1", "b": "2"}]))
    assert problem in str(wrong.value)
    assert "\n" not in str(wrong.value)


def test_no_rows() -> None:
    map_ = small_map(EXPORT + 'per = "id"\nnote = "sum(num(a))"')
    result = map_rows(map_, map_.facets[0], delivery([{"id": "1", "a": "1"}]).clear(), {}, "UTC", b"")
    assert (len(result.rows), result.records) == (0, {})
