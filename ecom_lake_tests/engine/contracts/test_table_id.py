"""Identifiers of tables and parts, and their text form in the log."""

from __future__ import annotations

import pytest

from ecom_lake.engine.contracts.table_id import WHOLE, Part, TableId


@pytest.mark.parametrize("text", ["gold/rfm", "quarantine/order_items"])
def test_a_table_is_read_back_from_its_string(text: str) -> None:
    assert str(TableId.parse(text)) == text


def test_a_table_has_a_layer_and_a_name() -> None:
    assert TableId.parse("gold/rfm") == TableId("gold", "rfm")
    assert TableId("gold", "rfm") != TableId("silver", "rfm")


@pytest.mark.parametrize("text", ["", "rfm", "gold/", "/rfm"])
def test_a_string_that_is_not_a_table_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not the layer and the name of a table"):
        TableId.parse(text)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", WHOLE),
        ("month=2018-08", Part(month="2018-08")),
        ("month=undated", Part(month="undated")),
        ("00000012", Part(batch="00000012")),
        ("unplaced", Part(batch="unplaced")),
    ],
)
def test_a_part_is_read_back_from_its_string(text: str, part: Part) -> None:
    assert (Part.parse(text), str(part)) == (part, text)


def test_parts_are_sorted_as_their_strings_are() -> None:
    """The version of a table is computed in this order; another order would change the version of every table."""
    texts = ["unplaced", "month=2018-08", "month=2017-12", "", "00000012"]
    assert [str(part) for part in sorted(map(Part.parse, texts))] == sorted(texts)
